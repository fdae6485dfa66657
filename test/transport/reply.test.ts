import { once } from 'node:events';
import { createServer } from 'node:net';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { TransportConfig } from '../../src/config/config.ts';
import { createDispatcher } from '../../src/transport/dispatcher.ts';
import { send } from '../../src/transport/reply.ts';
import { listen } from './loopback.ts';
import { withoutProxy } from './without-proxy.ts';

beforeEach(withoutProxy);

/** Requests something from a server that accepts a connection and stays silent. */
async function askSilentServer(signal: AbortSignal) {
  const silent = createServer();
  const url = new URL(`https://127.0.0.1:${await listen(silent)}/v1/topology`);
  const transport: TransportConfig = { tls: { insecureSkipVerify: false }, enableHttp2: false };
  const dispatcher = createDispatcher(transport, 60_000);
  onTestFinished(() => dispatcher.destroy());
  const connected = once(silent, 'connection');
  const reply = send({ url, method: 'GET', headers: {}, secrets: [], dispatcher, transport, maxBytes: 1_000, signal });
  return { connected, reply };
}

const tooLate = new DOMException('no whole answer within 2 s', 'TimeoutError');
const noAnswer = {
  kind: 'no_answer',
  problem: { reason: 'timeout', cause: 'no whole answer within 2 s', isPastDeadline: true },
};

describe('a request whose signal aborts while its connection is being opened', () => {
  it('ends at once, for the reason of the signal', async () => {
    const deadline = new AbortController();
    const { connected, reply } = await askSilentServer(deadline.signal);
    await connected;
    deadline.abort(tooLate);
    expect(await reply).toMatchObject(noAnswer);
  });
});

describe('a request whose signal has aborted before', () => {
  it('opens no connection, and ends at once', async () => {
    const { reply } = await askSilentServer(AbortSignal.abort(tooLate));
    expect(await reply).toMatchObject(noAnswer);
  });
});
