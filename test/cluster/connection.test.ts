import type { IncomingMessage, ServerResponse } from 'node:http';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { connect } from '../../src/cluster/connection.ts';
import { neverAborted } from '../auth/asking.ts';
import { oauth2Config } from '../auth/oauth2-config.ts';
import { clusterConfig } from '../polls.ts';
import { recorded } from '../topologies.ts';
import { httpServer } from '../transport/loopback.ts';
import { withoutProxy } from '../transport/without-proxy.ts';

beforeEach(withoutProxy);

/** A server that keeps connections, and how many it was given for its requests. */
async function keeping(answer: (request: IncomingMessage) => unknown) {
  const ports: (number | undefined)[] = [];
  const url = await httpServer((request, response: ServerResponse) => {
    ports.push(request.socket.remotePort);
    response.writeHead(200, { 'content-type': 'application/json', 'keep-alive': 'timeout=60' });
    response.end(JSON.stringify(answer(request)));
  });
  return { url, requests: () => ports.length, connections: () => new Set(ports).size };
}

it('polls use one connection, while each request to the identity provider has its own', async () => {
  const topology: unknown = JSON.parse(recorded('8.6.0-3x3x3-healthy'));
  const cluster = await keeping(() => topology);
  const provider = await keeping(({ method, headers }) => {
    const issuer = `http://${headers.host}`;
    return method === 'GET'
      ? { issuer, token_endpoint: `${issuer}/token` }
      : { access_token: 'opaque', token_type: 'Bearer', expires_in: 300 };
  });
  const authentication = oauth2Config({ endpoint: { issuerUrl: new URL(provider.url.replace(/\/$/, '')) } });
  const address = new URL(cluster.url);
  const { poll, close } = connect(clusterConfig({ address, authentication, apiVersion: 'v2' }), systemClock);
  onTestFinished(close);
  for (let count = 0; count < 3; count++) expect(await poll(neverAborted)).toMatchObject({ outcome: { ok: true } });
  expect({ requests: cluster.requests(), connections: cluster.connections() }).toEqual({ requests: 3, connections: 1 });
  expect({ requests: provider.requests(), connections: provider.connections() }).toEqual({
    requests: 2,
    connections: 2,
  });
});
