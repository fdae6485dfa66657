import type { X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { type Clock, withDeadline } from '../clock.ts';
import { secureContextOptions } from '../config/secure-context.ts';
import { alpnProtocols, tcpOptions } from '../transport/dispatcher.ts';
import { transportFailureOf } from '../transport/transport-failure.ts';
import type { Endpoint } from './check-target.ts';
import {
  certificateFacts,
  certificateTrouble,
  connectionTrouble,
  handshakeTrouble,
  proxyBefore,
} from './diagnose-connection.ts';
import type { Step, Target } from './steps.ts';

export interface Conditions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** DNS, connection and TLS, tried directly. Gives whether all went well. */
export async function* reach(
  target: Target,
  endpoint: Endpoint,
  conditions: Conditions,
): AsyncGenerator<Step, boolean> {
  const proxy = proxyBefore(endpoint, target);
  if (proxy !== undefined) {
    const reason = `requests go through ${proxy}`;
    yield { name: `${endpoint.kind}_connection`, status: 'skipped', reason };
    yield { name: `${endpoint.kind}_tls`, status: 'skipped', reason };
    return true;
  }
  const connection = await connectionStep(endpoint, conditions);
  yield connection;
  if (connection.status === 'failed') return false;
  const tls = await tlsStep(endpoint, conditions);
  yield tls;
  return tls.status !== 'failed';
}

async function connectionStep(endpoint: Endpoint, { signal }: Conditions): Promise<Step> {
  const name = `${endpoint.kind}_connection` as const;
  const { url, timeout } = endpoint;
  try {
    return await withDeadline(timeout, signal, async (deadline) => {
      const addresses = await resolveHost(url, deadline);
      const address = await connectOnce(endpoint, deadline);
      return { name, status: 'ok', facts: { host: hostOf(url), port: portOf(url), addresses, address } };
    });
  } catch (error) {
    return { name, status: 'failed', diagnosis: connectionTrouble(error, endpoint) };
  }
}

async function tlsStep(endpoint: Endpoint, { clock, signal }: Conditions): Promise<Step> {
  const name = `${endpoint.kind}_tls` as const;
  const { url, transport, timeout } = endpoint;
  if (url.protocol === 'http:') {
    return { name, status: 'skipped', reason: 'the address begins with http://, nothing is encrypted' };
  }
  try {
    const { protocol, certificate, error } = await withDeadline(timeout, signal, (deadline) =>
      shakeHands(endpoint, deadline),
    );
    const verified = !transport.tls.insecureSkipVerify;
    const facts = { protocol, ...certificateFacts(certificate, clock.now()), verified };
    return error === undefined || !verified
      ? { name, status: 'ok', facts }
      : { name, status: 'failed', facts, diagnosis: certificateTrouble(error, certificate, endpoint, clock.now()) };
  } catch (error) {
    return { name, status: 'failed', diagnosis: handshakeTrouble(error, endpoint) };
  }
}

type Probed = Pick<Endpoint, 'url' | 'transport' | 'timeout'>;

/** A host as the network knows it: no brackets around IPv6. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

export function portOf({ port, protocol }: URL): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80);
}

/** All addresses of the URL's host, as the system resolves it. Rejects with the system's error, or the signal's reason. */
async function resolveHost(url: URL, signal: AbortSignal): Promise<readonly string[]> {
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
export async function connectOnce({ url, timeout }: Probed, signal: AbortSignal): Promise<string> {
  const socket = connect({ host: hostOf(url), port: portOf(url), ...tcpOptions(timeout) });
  return use(socket, 'connect', signal, () => socket.remoteAddress ?? '');
}

export interface Handshake {
  readonly protocol: string;
  readonly certificate: X509Certificate;
  /** What is wrong with the certificate; absent where it is good. */
  readonly error?: CertificateError;
}

export interface CertificateError {
  /** OpenSSL's or Node.js's. */
  readonly code: string;
  /** The same in words; empty where they cannot be had. */
  readonly message: string;
}

/** Shakes hands and hangs up. A bad certificate does not end it: it is what there is to see. */
export async function shakeHands(probed: Probed, signal: AbortSignal): Promise<Handshake> {
  const socket = tlsSocket(probed);
  const { code, ...handshake } = await use(socket, 'secureConnect', signal, () => seen(socket));
  if (code === undefined) return handshake;
  return { ...handshake, error: { code, message: await refusalOf(probed, signal) } };
}

/** Why a handshake is refused that is verified, which alone tells it in words. */
async function refusalOf(probed: Probed, signal: AbortSignal): Promise<string> {
  const socket = tlsSocket(probed, { rejectUnauthorized: true });
  return use(socket, 'secureConnect', signal, () => '').catch((error) => transportFailureOf(error).cause);
}

/** Whether the server agrees to HTTP/2, and not to HTTP/1.1. */
export async function speaksOnlyHttp2(probed: Probed, signal: AbortSignal): Promise<boolean> {
  const agrees = async (protocol: string) => {
    const socket = tlsSocket(probed, { ALPNProtocols: [protocol] });
    return use(socket, 'secureConnect', signal, () => socket.alpnProtocol === protocol).catch(() => false);
  };
  return (await agrees('h2')) && !(await agrees('http/1.1'));
}

/**
 * Shakes hands and waits until the server hangs up. Rejects with its reason, where it gives one: with TLS 1.3, that it
 * wants a client certificate comes only then (RFC 8446, 4.4.2.4).
 */
export async function waitForAlert(probed: Probed, signal: AbortSignal): Promise<void> {
  const socket = tlsSocket(probed);
  await use(socket, 'secureConnect', signal, async () => {
    await once(socket.resume(), 'end', { signal });
  });
}

/** Offers what the polls offer. */
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

function seen(socket: TLSSocket) {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw new Error('the server showed no certificate');
  return {
    protocol: socket.getProtocol() ?? 'TLS',
    certificate,
    // Declared as an Error, but a code in fact.
    ...(!socket.authorized && { code: String(socket.authorizationError) }),
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
