import { once } from 'node:events';
import { createServer } from 'node:net';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { TransportConfig } from '../../src/config/config.ts';
import { createDispatcher } from '../../src/transport/dispatcher.ts';
import { send } from '../../src/transport/reply.ts';
import { listen } from './loopback.ts';
import { withoutProxy } from './without-proxy.ts';

beforeEach(withoutProxy);

describe('a request whose signal aborts while its connection is being opened', () => {
  it('ends at once, for the reason of the signal', async () => {
    const silent = createServer();
    const url = new URL(`https://127.0.0.1:${await listen(silent)}/v1/topology`);
    const transport: TransportConfig = { tls: { insecureSkipVerify: false }, enableHttp2: false };
    const dispatcher = createDispatcher(transport, 60_000);
    onTestFinished(() => dispatcher.destroy());
    const deadline = new AbortController();
    const { signal } = deadline;
    const reply = send({
      url,
      method: 'GET',
      headers: {},
      secrets: [],
      dispatcher,
      transport,
      maxBytes: 1_000,
      signal,
    });
    await once(silent, 'connection');
    deadline.abort(new DOMException('no whole answer within 2 s', 'TimeoutError'));
    expect(await reply).toMatchObject({
      kind: 'no_answer',
      problem: { reason: 'timeout', cause: 'no whole answer within 2 s', isPastDeadline: true },
    });
  });
});
