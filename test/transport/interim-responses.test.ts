import { createServer, type Socket } from 'node:net';
import { request } from 'undici';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { TransportConfig } from '../../src/config/config.ts';
import { Secret } from '../../src/secret.ts';
import { createDispatcher } from '../../src/transport/dispatcher.ts';
import { transportFailureOf } from '../../src/transport/transport-failure.ts';
import { loopbackCertificate as certificate } from '../simulator/loopback-certificate.ts';
import { httpsServer, listen } from './loopback.ts';
import { withoutProxy } from './without-proxy.ts';

beforeEach(withoutProxy);

const whole = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello';
const interim = (status: string) => `HTTP/1.1 ${status}\r\n\r\n`;

function asking(transport: Partial<TransportConfig> = {}) {
  const tls = { insecureSkipVerify: false, ca: certificate.cert };
  const dispatcher = createDispatcher({ tls, enableHttp2: false, ...transport }, 60_000);
  onTestFinished(() => dispatcher.destroy());
  return async (url: string, method = 'GET') => {
    try {
      const body = method === 'POST' ? 'grant_type=client_credentials' : null;
      const response = await request(url, { method, body, dispatcher });
      return `${response.statusCode} ${await response.body.text()}`;
    } catch (error) {
      return transportFailureOf(error).reason;
    }
  };
}

/** Starts a server that calls `answer` for each request, and records its connections. */
async function answering(answer: (socket: Socket) => void) {
  const connections: Socket[] = [];
  const server = createServer((socket) => {
    connections.push(socket);
    socket.setNoDelay(true).on('data', () => answer(socket));
  });
  return { url: `http://127.0.0.1:${await listen(server)}/`, connections };
}

describe('an unexpected interim response (1xx)', () => {
  it.each([
    '100 Continue',
    '102 Processing',
    '103 Early Hints\r\nlink: </style.css>; rel=preload',
    '199 Unknown',
  ])('is ignored, and the connection is reused: %s', async (status) => {
    const { url, connections } = await answering((socket) => socket.write(interim(status) + whole));
    const send = asking();
    expect(await send(url)).toBe('200 hello');
    expect(await send(url, 'POST')).toBe('200 hello');
    expect(connections).toHaveLength(1);
  });

  it('is ignored if there are several', async () => {
    const several = [interim('100 Continue'), interim('103 Early Hints'), interim('100 Continue')].join('');
    const { url } = await answering((socket) => socket.write(several + whole));
    expect(await asking()(url)).toBe('200 hello');
  });

  it('is ignored if its bytes arrive one by one', async () => {
    const bytes = [...(interim('100 Continue') + whole)];
    const { url } = await answering((socket) => {
      const next = () => {
        const byte = bytes.shift();
        if (byte !== undefined) socket.write(byte, () => setImmediate(next));
      };
      next();
    });
    expect(await asking()(url)).toBe('200 hello');
  });

  it('is ignored over TLS and from a proxy', async () => {
    const url = await httpsServer(certificate, (_, response) => {
      response.writeContinue();
      response.end('hello');
    });
    expect(await asking()(url)).toBe('200 hello');
    const proxy = await answering((socket) => socket.write(interim('100 Continue') + whole));
    expect(await asking({ proxyUrl: new Secret(proxy.url) })('http://zeebe.test/')).toBe('200 hello');
  });

  it('is a connect failure if the connection is closed after it', async () => {
    const { url } = await answering((socket) => socket.end(interim('100 Continue')));
    expect(await asking()(url)).toBe('connect');
  });
});

it('a body that looks like an interim response is not changed', async () => {
  const body = `${interim('100 Continue')}x`;
  const { url } = await answering((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`, () => socket.write(body));
  });
  expect(await asking()(url)).toBe(`200 ${body}`);
});
