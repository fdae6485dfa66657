import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ClusterConfig, TransportConfig } from '../../src/config/config.ts';
import { oauth2Config } from '../auth/oauth2-config.ts';
import { expiredCertificate } from '../check/expired-certificate.ts';
import { clusterConfig } from '../polls.ts';
import { loopbackCertificate } from '../simulator/loopback-certificate.ts';
import { otherHostCertificate } from './certificates.ts';
import { type Endpoint, goodBodies, wholeToken } from './endpoint-documents.ts';
import { keepAliveOptions } from './faulty-server.ts';

interface Running {
  readonly origin: string;
  readonly close: () => Promise<void>;
}

async function serve(scheme: 'http' | 'https', server: Server): Promise<Running> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { origin: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** Starts a healthy cluster. It calls `asked` with the path of each request, and requires the token below `/guarded/`. */
export function startHealthyCluster(asked: (path: string) => void): Promise<Running> {
  const topology = goodBodies.cluster('', '');
  const server = createServer(keepAliveOptions, ({ url = '', headers }, response) => {
    asked(url);
    const refused = url.startsWith('/guarded/') && headers.authorization !== `Bearer ${wholeToken.access_token}`;
    response.writeHead(refused ? 401 : 200, { 'content-type': 'application/json' }).end(refused ? '' : topology);
  });
  return serve('http', server);
}

/** Starts an identity provider with https, since an issuer with https must not name a token endpoint with http. */
export function startHealthyProvider(): Promise<Running> {
  const token = goodBodies.token('', '');
  const server = createHttpsServer({ ...keepAliveOptions, ...loopbackCertificate }, (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(token);
  });
  return serve('https', server);
}

/** Trusts the certificates that are invalid for another reason than their CA. */
const transport: TransportConfig = {
  tls: {
    insecureSkipVerify: false,
    ca: [loopbackCertificate, expiredCertificate, otherHostCertificate].map(({ cert }) => cert).join(''),
  },
  enableHttp2: false,
};

/** Returns the configuration of a cluster whose endpoint is at `origin`, and which otherwise uses the healthy `cluster`. */
export function clusterConfigFor(
  endpoint: Endpoint,
  origin: string,
  cluster: string,
  config: Partial<ClusterConfig>,
): ClusterConfig {
  const guarded = new URL(`${cluster}/guarded/`);
  switch (endpoint) {
    case 'cluster':
      return clusterConfig({ ...config, address: new URL(`${origin}/`), transport });
    case 'token': {
      const tokenEndpoint = { tokenUrl: new URL(`${origin}/token`) };
      return clusterConfig({
        ...config,
        address: guarded,
        authentication: oauth2Config({ endpoint: tokenEndpoint, transport }),
      });
    }
    case 'discovery': {
      const tokenEndpoint = { issuerUrl: new URL(origin) };
      return clusterConfig({
        ...config,
        address: guarded,
        authentication: oauth2Config({ endpoint: tokenEndpoint, transport }),
      });
    }
  }
}
