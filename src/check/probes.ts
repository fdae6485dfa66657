import type { X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { rejectWhenAborted } from '../clock.ts';
import { secureContextOptions } from '../config/secure-context.ts';
import { alpnProtocols, tcpOptions } from '../transport/dispatcher.ts';
import { transportFailureOf } from '../transport/transport-failure.ts';
import { type Endpoint, hostOf, portOf } from './check-target.ts';

type Probed = Pick<Endpoint, 'url' | 'transport' | 'timeout'>;

/**
 * Returns all addresses of a URL's host, as the system resolves it. Rejects with the system's error, or the signal's
 * reason.
 */
export async function resolveHost(url: URL, signal: AbortSignal): Promise<readonly string[]> {
  const found = await Promise.race([lookup(hostOf(url), { all: true }), rejectWhenAborted(signal)]);
  return found.map(({ address }) => address);
}

/** Connects, closes the connection, and returns the address of the peer. */
export async function connectOnce({ url, timeout }: Probed, signal: AbortSignal): Promise<string> {
  const socket = connect({ host: hostOf(url), port: portOf(url), ...tcpOptions(timeout) });
  return use(socket, 'connect', signal, () => socket.remoteAddress ?? '');
}

export interface Handshake {
  readonly protocol: string;
  readonly certificate: X509Certificate;
  /** Absent if the certificate is valid and trusted. */
  readonly error?: CertificateError;
}

export interface CertificateError {
  /** A code of OpenSSL or Node.js. */
  readonly code: string;
  /** The same in words; empty if the second handshake did not fail. */
  readonly cause: string;
}

/**
 * Completes a TLS handshake and closes the connection. A certificate that is not accepted is returned, with the error.
 */
export async function shakeHands(probed: Probed, signal: AbortSignal): Promise<Handshake> {
  const socket = tlsSocket(probed);
  const { code, ...handshake } = await use(socket, 'secureConnect', signal, () => handshakeOf(socket));
  if (code === undefined) return handshake;
  return { ...handshake, error: { code, cause: await rejectionOf(probed, signal) } };
}

/** Repeats the handshake with verification, since only its error describes the problem in words. */
async function rejectionOf(probed: Probed, signal: AbortSignal): Promise<string> {
  const socket = tlsSocket(probed, { rejectUnauthorized: true });
  return use(socket, 'secureConnect', signal, () => '').catch((error) => transportFailureOf(error).cause);
}

/** Whether the server negotiates HTTP/2 and refuses HTTP/1.1 (ALPN). */
export async function speaksOnlyHttp2(probed: Probed, signal: AbortSignal): Promise<boolean> {
  const negotiates = async (protocol: string) => {
    const socket = tlsSocket(probed, { ALPNProtocols: [protocol] });
    return use(socket, 'secureConnect', signal, () => socket.alpnProtocol === protocol).catch(() => false);
  };
  return (await negotiates('h2')) && !(await negotiates('http/1.1'));
}

/**
 * Completes a TLS handshake and waits until the server closes the connection. Rejects with the server's alert, if it
 * sends one: in TLS 1.3 a missing client certificate is reported only after the handshake (RFC 8446, 4.4.2.4).
 */
export async function waitForAlert(probed: Probed, signal: AbortSignal): Promise<void> {
  const socket = tlsSocket(probed);
  await use(socket, 'secureConnect', signal, async () => {
    await once(socket.resume(), 'end', { signal });
  });
}

/** Offers the same protocols as the polls. */
function tlsSocket({ url, transport, timeout }: Probed, options: ConnectionOptions = {}): TLSSocket {
  const host = hostOf(url);
  return connectTls({
    host,
    port: portOf(url),
    servername: transport.tls.serverName ?? (isIP(host) === 0 ? host : ''),
    ALPNProtocols: [...alpnProtocols(transport)],
    rejectUnauthorized: false,
    ...tcpOptions(timeout),
    ...secureContextOptions(transport.tls),
    ...options,
  });
}

function handshakeOf(socket: TLSSocket) {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw new Error('the server sent no certificate');
  return {
    protocol: socket.getProtocol() ?? 'TLS',
    certificate,
    // Declared as an Error, but a code in fact.
    ...(!socket.authorized && { code: String(socket.authorizationError) }),
  };
}

/** Waits for an event of the socket, returns the result of `look`, and closes the socket in any case. */
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
