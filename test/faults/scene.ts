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
import { type Door, goodBodies, wholeToken } from './documents.ts';
import { patient } from './gate.ts';

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

/** A cluster that is well, tells who asks by the path, and at the paths below `/guarded/` wants the token. */
export function goodCluster(asked: (path: string) => void): Promise<Running> {
  const topology = goodBodies.cluster('', '');
  const server = createServer(patient, ({ url = '', headers }, response) => {
    asked(url);
    const refused = url.startsWith('/guarded/') && headers.authorization !== `Bearer ${wholeToken.access_token}`;
    response.writeHead(refused ? 401 : 200, { 'content-type': 'application/json' }).end(refused ? '' : topology);
  });
  return serve('http', server);
}

/** Over https: an issuer that has it may name no other token endpoint. */
export function goodProvider(): Promise<Running> {
  const token = goodBodies.token('', '');
  const server = createHttpsServer({ ...patient, ...loopbackCertificate }, (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(token);
  });
  return serve('https', server);
}

/** Trusts the certificates that are wrong only for another reason. */
const transport: TransportConfig = {
  tls: {
    insecureSkipVerify: false,
    ca: [loopbackCertificate, expiredCertificate, otherHostCertificate].map(({ cert }) => cert).join(''),
  },
  enableHttp2: false,
};

/** A cluster that is watched through the door at `origin`; what is not behind the door is the good cluster's. */
export function watchedThrough(
  door: Door,
  origin: string,
  cluster: string,
  config: Partial<ClusterConfig>,
): ClusterConfig {
  const guarded = new URL(`${cluster}/guarded/`);
  switch (door) {
    case 'cluster':
      return clusterConfig({ ...config, address: new URL(`${origin}/`), transport });
    case 'token': {
      const endpoint = { tokenUrl: new URL(`${origin}/token`) };
      return clusterConfig({ ...config, address: guarded, authentication: oauth2Config({ endpoint, transport }) });
    }
    case 'discovery': {
      const endpoint = { issuerUrl: new URL(origin) };
      return clusterConfig({ ...config, address: guarded, authentication: oauth2Config({ endpoint, transport }) });
    }
  }
}
