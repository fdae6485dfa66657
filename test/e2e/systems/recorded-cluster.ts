import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { recorded } from '../../topologies.ts';
import type { Identity } from '../authority.ts';
import { freePorts } from '../ports.ts';

export interface RecordedCluster {
  readonly address: string;
  readonly stop: () => Promise<void>;
}

interface RecordedClusterOptions {
  /** Serves https instead of http. */
  readonly tls?: Identity;
  /** Returns whether a request is authorized. By default, all requests are. */
  readonly isAuthorized?: (request: IncomingMessage) => Promise<boolean>;
}

/** Starts a server that answers authorized requests with a recorded topology, and others with 401. */
export async function startRecordedCluster({
  tls,
  isAuthorized = async () => true,
}: RecordedClusterOptions = {}): Promise<RecordedCluster> {
  const topology = recorded('8.6.0-3x3x3-healthy');
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const isAllowed = await isAuthorized(request);
    response.writeHead(isAllowed ? 200 : 401, { 'content-type': 'application/json' });
    response.end(isAllowed ? topology : '');
  };
  const server = tls
    ? createHttpsServer({ cert: readFileSync(tls.certificate), key: readFileSync(tls.key) }, answer)
    : createHttpServer(answer);
  const [port] = await freePorts(1);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
