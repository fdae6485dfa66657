import { connect } from 'node:net';
import fc from 'fast-check';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryLog } from '../memory-log.ts';
import { clusterConfig } from '../polls.ts';
import { type RunningExporter, startExporter } from '../start-exporter.ts';
import { expectNothingToEscape } from './escaping.ts';
import { mistyped } from './mutations.ts';

const runs = { numRuns: 200 };

expectNothingToEscape();

const { logger, lines } = memoryLog();
const dispatcher = new Agent();
let exporter: RunningExporter;
let port = 0;

beforeAll(async () => {
  exporter = await startExporter(
    {
      clusters: [clusterConfig({ address: new URL('http://127.0.0.1:1/'), pollInterval: 3_600_000 })],
      web: { listenAddresses: [{ host: '127.0.0.1', port: 0 }], telemetryPath: '/metrics' },
      log: { level: 'debug', format: 'json' },
    },
    logger,
  );
  port = Number(new URL(`http://${exporter.addresses[0]}`).port);
});
afterAll(async () => {
  await exporter.stop();
  await dispatcher.destroy();
});

/** All that comes back for these bytes, on a connection that says nothing more. */
async function answerTo(bytes: Uint8Array | string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => {});
  socket.end(bytes);
  // A reset is an end as well: the exporter does not read what follows headers that are too long.
  await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(chunks).toString('latin1');
}

async function isHealthy(): Promise<boolean> {
  const { statusCode, body } = await request(`http://127.0.0.1:${port}/metrics`, { dispatcher });
  return statusCode === 200 && (await body.text()).includes('zeebe_topology_exporter_build_info');
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
    ['any slip of the pen', pipelined.chain((text) => mistyped(text, 'GET / HTTP/1.\r\n:;,%'))],
  ])('of %s is answered with HTTP or not at all, and the next one well', async (_, bytes) => {
    await fc.assert(
      fc.asyncProperty(bytes, async (sent) => {
        const answer = await answerTo(sent);
        expect(answer).toMatch(/^(HTTP\/1\.1 [2-5]\d\d |HTTP\/1\.1 100 |$)/);
        expect(answer).not.toMatch(/^HTTP\/1\.1 500 /m);
        expect(await isHealthy()).toBe(true);
      }),
      runs,
    );
    expect(lines.filter(({ level }) => level >= 50)).toEqual([]);
  });
});
