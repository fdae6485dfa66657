import { connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { client, configOf, start } from '../exporting.ts';
import { memoryLog } from '../memory-log.ts';
import { clusterConfig } from '../polls.ts';
import { mistyped } from './mutations.ts';
import { expectNoUnhandledErrors } from './unhandled-errors.ts';

const runs = { numRuns: 200 };

expectNoUnhandledErrors();

async function startFuzzedExporter() {
  const { logger, lines } = memoryLog();
  const cluster = clusterConfig({ address: new URL('http://127.0.0.1:1/'), pollInterval: 3_600_000 });
  const exporter = await start(configOf([cluster]), logger);
  const { port } = new URL(`http://${exporter.addresses[0]}`);
  const { get } = client(exporter);
  const isServing = async () => {
    const { status, text } = await get('/metrics');
    return status === 200 && text.includes('zeebe_topology_exporter_build_info');
  };
  return { port: Number(port), lines, isServing };
}

/** Sends the bytes over a new connection, and returns all that is received. */
async function answerTo(port: number, bytes: Uint8Array | string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => {});
  socket.end(bytes);
  // Includes a reset: the exporter does not read what follows headers that are too long.
  await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(chunks).toString('latin1');
}

const paths = [
  '/',
  '/metrics',
  '/-/healthy',
  '/-/ready',
  '/api/v1/clusters',
  '/style.css',
  '/no',
  '/%',
  '//',
  '*',
  'http://x/metrics',
];
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'PRI', 'G T'];
const value = fc.string({ unit: fc.constantFrom(...'abc,;=/*+"q01. \t\u00e4\u0000'), maxLength: 30 });
const header = fc.oneof(
  fc.tuple(fc.constantFrom('accept', 'accept-encoding', 'authorization', 'range', 'if-none-match', 'x'), value),
  fc.constantFrom(
    ['accept', 'application/openmetrics-text;version=1.0.0;q=0.9'],
    ['accept-encoding', 'gzip;q=1,identity;q=0'],
    ['connection', 'keep-alive, upgrade'],
    ['upgrade', 'websocket'],
    ['expect', '100-continue'],
    ['content-length', '3'],
    ['content-length', '-3'],
    ['transfer-encoding', 'chunked'],
    ['host', ''],
    ['x', 'a'.repeat(20_000)],
  ),
);
const oneRequest = fc
  .record({
    method: fc.constantFrom(...methods),
    path: fc.oneof(
      fc.constantFrom(...paths),
      fc.webPath(),
      value.map((text) => `/probe?cluster=${text}`),
    ),
    version: fc.constantFrom('1.1', '1.1', '1.1', '1.0', '2.0', '9'),
    headers: fc.array(header, { maxLength: 4 }),
    body: fc.constantFrom('', '', 'abc', '3\r\nabc\r\n0\r\n\r\n'),
  })
  .map(({ method, path, version, headers, body }) => {
    const lines = headers.map(([name, text]) => `${name}: ${text}\r\n`);
    return `${method} ${path} HTTP/${version}\r\nHost: x\r\n${lines.join('')}\r\n${body}`;
  });
const pipelined = fc.array(oneRequest, { minLength: 1, maxLength: 4 }).map((requests) => requests.join(''));

describe('a request to the exporter', () => {
  it.each<[string, fc.Arbitrary<Uint8Array | string>]>([
    ['any bytes', fc.uint8Array({ minLength: 1, maxLength: 300 })],
    ['any method, path, version, headers and body, one after the other', pipelined],
    ['any typos', pipelined.chain((text) => mistyped(text, 'GET / HTTP/1.\r\n:;,%'))],
  ])('of %s gets an HTTP response or none, and does not affect the next request', async (_, bytes) => {
    const { port, lines, isServing } = await startFuzzedExporter();
    await fc.assert(
      fc.asyncProperty(bytes, async (sent) => {
        const answer = await answerTo(port, sent);
        expect(answer).toMatch(/^(HTTP\/1\.1 [2-5]\d\d |HTTP\/1\.1 100 |$)/);
        expect(answer).not.toMatch(/^HTTP\/1\.1 500 /m);
        expect(await isServing()).toBe(true);
      }),
      runs,
    );
    expect(lines.filter(({ level }) => level >= 50)).toEqual([]);
  });
});
