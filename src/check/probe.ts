import type { X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { TlsConfig } from '../config/config.ts';
import { secureContextOptions } from '../transport/tls.ts';

/** A host as the network knows it: no brackets around IPv6. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

export function portOf({ port, protocol }: URL): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80);
}

/** All addresses of the URL's host, as the system resolves it. Rejects with the system's error, or the signal's reason. */
export async function resolveHost(url: URL, signal: AbortSignal): Promise<readonly string[]> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    const found = await Promise.race([lookup(hostOf(url), { all: true }), aborted.promise]);
    return found.map(({ address }) => address);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Connects and hangs up; gives the address that answered. */
export async function connectOnce(url: URL, signal: AbortSignal): Promise<string> {
  const socket = connect({ host: hostOf(url), port: portOf(url) });
  return use(socket, 'connect', signal, () => socket.remoteAddress ?? '');
}

export interface Handshake {
  readonly protocol: string;
  readonly certificate: X509Certificate;
  /** OpenSSL's or Node.js's code for what is wrong with the certificate; absent where it is good. */
  readonly error?: string;
}

/** Shakes hands and hangs up. A bad certificate does not end it: it is what there is to see. */
export async function shakeHands(url: URL, tls: TlsConfig, signal: AbortSignal): Promise<Handshake> {
  const socket = tlsSocket(url, tls);
  return use(socket, 'secureConnect', signal, () => seen(socket));
}

/**
 * Shakes hands and waits until the server hangs up. Rejects with its reason, where it gives one: with TLS 1.3, that it
 * wants a client certificate comes only then (RFC 8446, 4.4.2.4).
 */
export async function waitForAlert(url: URL, tls: TlsConfig, signal: AbortSignal): Promise<void> {
  const socket = tlsSocket(url, tls);
  await use(socket, 'secureConnect', signal, async () => {
    await once(socket.resume(), 'end', { signal });
  });
}

function tlsSocket(url: URL, tls: TlsConfig): TLSSocket {
  const host = hostOf(url);
  return connectTls({
    host,
    port: portOf(url),
    servername: tls.serverName ?? (isIP(host) === 0 ? host : ''),
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: false,
    ...secureContextOptions(tls),
  });
}

function seen(socket: TLSSocket): Handshake {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw new Error('the server showed no certificate');
  return {
    protocol: socket.getProtocol() ?? 'TLS',
    certificate,
    // Declared as an Error, but a code in fact.
    ...(!socket.authorized && { error: String(socket.authorizationError) }),
  };
}

async function use<T>(socket: Socket, event: string, signal: AbortSignal, look: () => T | Promise<T>): Promise<T> {
  try {
    addAbortSignal(signal, socket);
    await once(socket, event, { signal });
    return await look();
  } finally {
    socket.on('error', () => {});
    socket.destroy();
  }
}
