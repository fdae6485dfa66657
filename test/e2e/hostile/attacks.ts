import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

/** Sends an answer of a hostile cluster. `turn` counts its hostile answers, so that answers can differ. */
export type Attack = (request: IncomingMessage, response: ServerResponse, turn: number) => unknown;

const json = { 'content-type': 'application/json' };
const MiB = 1024 * 1024;
const ansi = '\u001b[2J\u2028forged line\nlevel=info\r';

interface Shape {
  readonly brokers: number;
  readonly partitions: number;
  readonly idLength: number;
  readonly state?: boolean;
}

/** Returns a topology with new ids and versions in every turn. */
function topology({ brokers, partitions, idLength, state = true }: Shape, turn: number): string {
  const replicas = Array.from({ length: partitions }, (_, index) => ({
    partitionId: index + 1,
    role: turn % 2 === 0 ? 'leader' : 'follower',
    health: 'healthy',
    ...(state && { state: 'active' }),
  }));
  const text = JSON.stringify(replicas);
  const parts = Array.from({ length: brokers }, (_, index) => {
    const brokerId = `1${String(turn * brokers + index).padStart(idLength - 1, '0')}`;
    return `{"brokerId":"${brokerId}","host":"h","port":1,"version":"${turn}.${index}","partitions":${text}}`;
  });
  const sizes = `"clusterSize":${brokers},"partitionsCount":${partitions},"replicationFactor":${brokers}`;
  return `{${sizes},"brokers":[${parts.join(',')}]}`;
}

const answering =
  (shape: Shape): Attack =>
  (_request, response, turn) =>
    response.writeHead(200, json).end(topology(shape, turn));

function flood(response: ServerResponse, chunk: Buffer, maxBytes: number): void {
  let sent = 0;
  const more = () => {
    while (!response.destroyed && sent < maxBytes) {
      sent += chunk.length;
      if (!response.write(chunk)) return;
    }
    response.end();
  };
  response.on('drain', more);
  more();
}

/** Sends an answer of nearly the maximum size, padded with spaces, at once except for its last byte. */
function slow(response: ServerResponse, body: string): void {
  response.writeHead(200, json);
  response.write(body.padEnd(15 * MiB));
  void wait(9_000, undefined, { ref: false }).then(() => response.end('\n'));
}

const bomb = gzipSync(Buffer.alloc(100 * MiB));

export const attacks: readonly Attack[] = [
  // An id of 30,000 characters in 13 series of 1,000 replicas.
  answering({ brokers: 1, partitions: 1_000, idLength: 30_000 }),
  answering({ brokers: 1, partitions: 1_000, idLength: 400_000 }),
  answering({ brokers: 8_000, partitions: 1, idLength: 256 }),
  answering({ brokers: 100, partitions: 400, idLength: 200 }),
  // New broker ids at every poll, each with another version.
  answering({ brokers: 300, partitions: 3, idLength: 20, state: false }),
  (_request, response) => {
    response.writeHead(200, json);
    flood(response, Buffer.alloc(MiB, ' '), 40 * MiB);
  },
  (_request, response, turn) => slow(response, topology({ brokers: 3, partitions: 3, idLength: 8 }, turn)),
  (_request, response) => response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(bomb),
  (_request, response) => response.writeHead(200, json).end('['.repeat(8 * MiB)),
  // Quotes the request, escaped twice, within megabytes.
  (request, response) => {
    const shown = encodeURIComponent(encodeURIComponent(request.rawHeaders.join(' ')));
    response.writeHead(200, json).end(`{"brokers":"${shown.repeat(20_000).slice(0, 8 * MiB)}"}`);
  },
  (request, response) =>
    response
      .writeHead(500, { 'content-type': `text/html; ${encodeURIComponent(ansi)}` })
      .end(`<title>${ansi.repeat(50_000)}</title>${request.rawHeaders.join('&amp;')}`),
  (_request, response) =>
    response.writeHead(401, { 'www-authenticate': `Bearer error_description="${'claims '.repeat(1_000)}"` }).end(),
  (_request, response) => response.writeHead(302, { location: `/${'x'.repeat(12_000)}` }).end(),
  (request) => request.socket.destroy(),
  (request) => request.socket.resetAndDestroy(),
  // No answer until the exporter aborts the request.
  () => {},
  async (_request, response) => {
    response.writeHead(200, json);
    for (let sent = 0; sent < 60 && !response.destroyed; sent++) {
      response.write(' ');
      await wait(250);
    }
    response.end();
  },
  (_request, response) => response.writeHead(503, { ...json, 'retry-after': '99999999999999' }).end('{}'),
];
