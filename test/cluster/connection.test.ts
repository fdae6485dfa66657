import type { IncomingMessage, ServerResponse } from 'node:http';
import { beforeEach, expect, it } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { oauth2Config } from '../auth/oauth2-config.ts';
import { pollOf } from '../auth/poll-of.ts';
import { recorded } from '../topologies.ts';
import { httpServer } from '../transport/loopback.ts';
import { withoutProxy } from '../transport/without-proxy.ts';

beforeEach(withoutProxy);

/** A server that keeps connections alive, with the numbers of its requests and of their connections. */
async function keeping(answer: (request: IncomingMessage) => unknown) {
  const ports: (number | undefined)[] = [];
  const url = await httpServer((request, response: ServerResponse) => {
    ports.push(request.socket.remotePort);
    response.writeHead(200, { 'content-type': 'application/json', 'keep-alive': 'timeout=60' });
    response.end(JSON.stringify(answer(request)));
  });
  return { url, requests: () => ports.length, connections: () => new Set(ports).size };
}

it('a failed poll does not show the client secret, even if the response of the cluster contains it', async () => {
  const authentication = oauth2Config({
    clientAuthentication: { method: 'client_secret_post', secret: new Secret('s3cr3t-of-the-client') },
    endpoint: { tokenUrl: new URL((await keeping(() => ({ access_token: 'a', token_type: 'Bearer' }))).url) },
  });
  const address = new URL(
    await httpServer((_request, response) => {
      response.writeHead(500).end('sent with s3cr3t-of-the-client');
    }),
  );
  const { outcome } = await pollOf({ address, authentication })();
  expect(outcome).toMatchObject({ failure: { reason: 'http_status' } });
  const text = JSON.stringify(outcome);
  expect(text).toContain('sent with ');
  expect(text).not.toContain('s3cr3t-of-the-client');
});

it('all polls of a cluster use one TCP connection, and each request to the identity provider has its own', async () => {
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
  const poll = pollOf({ address, authentication, apiVersion: 'v2' });
  for (let count = 0; count < 3; count++) expect(await poll()).toMatchObject({ outcome: { ok: true } });
  expect({ requests: cluster.requests(), connections: cluster.connections() }).toEqual({ requests: 3, connections: 1 });
  expect({ requests: provider.requests(), connections: provider.connections() }).toEqual({
    requests: 2,
    connections: 2,
  });
});
