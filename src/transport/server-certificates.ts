import { TLSSocket } from 'node:tls';
import { type Dispatcher, request } from 'undici';
import { earliestExpiryOfChain } from '../certificates.ts';
import { withDeadline } from '../clock.ts';
import type { TransportConfig } from '../config/config.ts';
import { type Connect, createDispatcher } from './dispatcher.ts';
import { transportFailureOf } from './transport-failure.ts';

/** Milliseconds that looking at a refused certificate may take, since it delays the end of a poll. */
const maxInspection = 5_000;

/** Tracks the certificates of the servers that dispatchers connect to. */
export interface CertificateTracker {
  /** Wraps the function with which a dispatcher opens connections. */
  readonly tracking: (connect: Connect) => Connect;
  /**
   * Returns the earliest expiry of the certificate chains last seen, in Unix milliseconds; undefined until one was
   * seen. First inspects the servers whose certificates were refused since the last call, for at most `timeLeft`
   * milliseconds. Never rejects.
   */
  readonly expiry: (timeLeft: number, signal: AbortSignal) => Promise<number | undefined>;
  /** Forgets all servers but the one that was seen last: the others may no longer be used. */
  readonly forgetOthers: () => void;
}

/** A dispatcher that tracks the certificates of the servers that it connects to. */
export interface CertificateTrackingAgent extends Pick<CertificateTracker, 'expiry'> {
  readonly dispatcher: Dispatcher;
}

export function createCertificateTrackingAgent(transport: TransportConfig, timeout: number): CertificateTrackingAgent {
  const { tracking, expiry } = createCertificateTracker(transport);
  return { dispatcher: createDispatcher(transport, timeout, { around: tracking }), expiry };
}

/** Receives the origin of a server and a socket that is connected to it. */
type OnConnected = (origin: string, socket: unknown) => void;

/** `transport` is that of the dispatchers. */
export function createCertificateTracker(transport: TransportConfig): CertificateTracker {
  /** By origin, as an issuer and its token endpoint may be different servers; the one that was seen last at the end. */
  const expiries = new Map<string, number>();
  const refused = new Set<string>();
  const onConnected: OnConnected = (origin, socket) => {
    const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
    const expiry = certificate && earliestExpiryOfChain(certificate);
    if (expiry === undefined) return;
    expiries.delete(origin);
    expiries.set(origin, expiry);
  };

  const inspectRefused = async (signal: AbortSignal) => {
    const origins = [...refused];
    refused.clear();
    await Promise.all(origins.map((origin) => inspectServer(origin, { transport, signal, onConnected })));
  };

  return {
    tracking: (connect) => (options, callback) => {
      const origin = `${options.protocol}//${options.host}`;
      connect(options, (...outcome) => {
        const [error, socket] = outcome;
        if (socket) onConnected(origin, socket);
        else if (transportFailureOf(error).reason === 'tls') refused.add(origin);
        callback(...outcome);
      });
    },
    expiry: async (timeLeft, signal) => {
      // undici requires whole numbers, so what is left of a poll's time is a deadline only.
      if (refused.size > 0) await withDeadline(Math.min(timeLeft, maxInspection), signal, inspectRefused);
      return expiries.size === 0 ? undefined : Math.min(...expiries.values());
    },
    forgetOthers: () => {
      for (const origin of [...expiries.keys()].slice(0, -1)) expiries.delete(origin);
    },
  };
}

interface Inspection {
  readonly transport: TransportConfig;
  readonly signal: AbortSignal;
  readonly onConnected: OnConnected;
}

/**
 * Connects to a server without verifying its certificate, and sends nothing. A refused handshake does not tell the
 * certificate, so a second one is necessary.
 */
async function inspectServer(origin: string, { transport, signal, onConnected }: Inspection): Promise<void> {
  if (signal.aborted) return;
  const unverified = { ...transport, tls: { ...transport.tls, insecureSkipVerify: true } };
  const dispatcher = createDispatcher(unverified, maxInspection, {
    around: (connect) => (options, callback) => {
      connect(options, (error, socket) => {
        if (socket) {
          onConnected(origin, socket);
          socket.on('error', () => {}).destroy();
        }
        callback(error ?? new Error('the connection was opened for its certificate only'), null);
      });
    },
  });
  await request(origin, { dispatcher, signal }).catch(() => {});
  await dispatcher.destroy();
}
