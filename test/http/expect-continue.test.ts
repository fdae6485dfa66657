import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { serve } from './serving.ts';

/** Returns all that the server sends in response to the head of a request that expects 100 Continue. */
async function answerTo(head: readonly string[]): Promise<string> {
  const { port } = await serve(['']);
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.write([...head, 'Host: exporter', 'Expect: 100-continue', '', ''].join('\r\n'));
  return text(socket);
}

it.each([
  ['of a known length', 'Content-Length: 5'],
  ['in chunks', 'Transfer-Encoding: chunked'],
])('a request with Expect: 100-continue and a body %s is rejected without 100 Continue', async (_what, length) => {
  const answer = await answerTo(['POST /-/reload HTTP/1.1', length]);
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(answer.match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
});

it('a request with Expect: 100-continue and no body is answered without 100 Continue', async () => {
  const answer = await answerTo(['GET /metrics HTTP/1.1', 'Connection: close']);
  expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*GET \/metrics$/);
  expect(answer.match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
});
