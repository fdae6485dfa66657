import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { listen } from './loopback.ts';

/** Starts a proxy that tunnels to this machine for any requested host; `asked` has the requested targets. */
export async function tunnelingProxy(tls?: { readonly cert: string; readonly key: string }) {
  const asked: string[] = [];
  const server = tls ? createHttpsServer(tls) : createServer();
  server.on('connect', ({ url = '' }, socket: Socket) => {
    asked.push(url);
    const upstream = connect(Number(url.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    for (const end of [socket, upstream]) end.on('error', () => {});
  });
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${await listen(server)}`;
  return { url, asked };
}
