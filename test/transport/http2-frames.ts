import { createServer, type TLSSocket } from 'node:tls';
import { loopbackCertificate as certificate } from '../simulator/loopback-certificate.ts';
import { listen } from './loopback.ts';

/** Frames of HTTP/2 (RFC 9113, 4.1), for servers that break off where the server of Node.js would close properly. */
const types = { data: 0, headers: 1, rstStream: 3, settings: 4, goaway: 7 };
const endStream = 0x1;
const acknowledgement = 0x1;
const endHeaders = 0x4;

function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function uint32(...values: readonly number[]): Buffer {
  return Buffer.from(Uint32Array.from(values).buffer).swap32();
}

/** Names and values are entries of HPACK's static table (RFC 7541, appendix A), or literals. */
function headers(stream: number, ...fields: readonly Uint8Array[]): Buffer {
  return frame(types.headers, endHeaders, stream, Buffer.concat(fields));
}

const status200 = Buffer.of(0x88);
const literal = (name: readonly number[], value: string) => Buffer.of(...name, value.length, ...Buffer.from(value));

export const frames = {
  ok: (stream: number) => headers(stream, status200),
  okOfLength: (stream: number, length: number) => headers(stream, status200, literal([0x0f, 0x0d], String(length))),
  interim: (stream: number, status: number) => headers(stream, literal([0x08], String(status))),
  data: (stream: number, text: string) => frame(types.data, 0, stream, Buffer.from(text)),
  lastData: (stream: number, text: string) => frame(types.data, endStream, stream, Buffer.from(text)),
  reset: (stream: number, code: number) => frame(types.rstStream, 0, stream, uint32(code)),
  goAway: (lastStream: number, code: number) => frame(types.goaway, 0, 0, uint32(lastStream, code)),
};

const prefaceLength = 24;

type Answer = (socket: TLSSocket, stream: number) => void;

/** Starts an HTTP/2 server whose nth request gets the nth answer; `seen` has the number of each request's connection. */
export async function http2Server(...answers: readonly Answer[]) {
  const seen: number[] = [];
  let connections = 0;
  const server = createServer({ ...certificate, ALPNProtocols: ['h2'] }, (socket) => {
    const connection = ++connections;
    let received = Buffer.alloc(0);
    let position = prefaceLength;
    socket.on('error', () => {}).write(frame(types.settings, 0, 0));
    socket.on('data', (data) => {
      received = Buffer.concat([received, data]);
      while (received.length >= position + 9) {
        const end = position + 9 + received.readUIntBE(position, 3);
        if (received.length < end) return;
        const type = received.readUInt8(position + 3);
        const isAcknowledged = received.readUInt8(position + 4) === acknowledgement;
        if (type === types.settings && !isAcknowledged) socket.write(frame(types.settings, acknowledgement, 0));
        if (type === types.headers) {
          seen.push(connection);
          answers[seen.length - 1]?.(socket, received.readUInt32BE(position + 5));
        }
        position = end;
      }
    });
  });
  return { url: `https://127.0.0.1:${await listen(server)}/`, seen };
}
