import { TLSSocket } from 'node:tls';
import { type Dispatcher, request } from 'undici';
import { earliestExpiryOfChain } from '../certificates.ts';
import { withDeadline } from '../clock.ts';
import type { TransportConfig } from '../config/config.ts';
import { type Connect, createDispatcher, type DispatcherOptions } from './dispatcher.ts';
import { transportFailureOf } from './transport-failure.ts';

/** Milliseconds that a look at a refused certificate may take: it delays the end of a poll. */
const longestLook = 5_000;

/** A dispatcher, and what is known of the certificates of the servers it goes to. */
export interface WatchedDispatcher {
  readonly dispatcher: Dispatcher;
  /**
   * When the earliest certificate of the chains last seen expires, Unix time in milliseconds; undefined until one was
   * seen. Looks first at those that were refused since it was last asked. Never rejects.
   */
  readonly expiry: (signal: AbortSignal) => Promise<number | undefined>;
}

export function createWatchedDispatcher(
  transport: TransportConfig,
  timeout: number,
  { keepAlive = true }: Pick<DispatcherOptions, 'keepAlive'> = {},
): WatchedDispatcher {
  /** By origin: an issuer and its token endpoint may be two. */
  const expiries = new Map<string, number>();
  const refused = new Set<string>();
  const patience = Math.min(timeout, longestLook);

  const see = (origin: string, socket: unknown) => {
    const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
    const expiry = certificate && earliestExpiryOfChain(certificate);
    if (expiry !== undefined) expiries.set(origin, expiry);
  };

  const watched =
    (connect: Connect): Connect =>
    (options, callback) => {
      const origin = `${options.protocol}//${options.host}`;
      connect(options, (...outcome) => {
        const [error, socket] = outcome;
        if (socket) see(origin, socket);
        else if (transportFailureOf(error).reason === 'tls') refused.add(origin);
        callback(...outcome);
      });
    };

  /** A refused handshake shows no certificate, so another one is made with nothing verified and nothing sent after it. */
  const look = async (origin: string, signal: AbortSignal) => {
    if (signal.aborted) return;
    const unverified = { ...transport, tls: { ...transport.tls, insecureSkipVerify: true } };
    const dispatcher = createDispatcher(unverified, patience, {
      around: (connect) => (options, callback) => {
        connect(options, (error, socket) => {
          if (socket) {
            see(origin, socket);
            socket.on('error', () => {}).destroy();
          }
          callback(error ?? new Error('a look is no connection'), null);
        });
      },
    });
    const asked = request(origin, { dispatcher }).catch(() => {});
    // A request's own signal does not end it while its connection is being made.
    const end = () => dispatcher.destroy();
    signal.addEventListener('abort', end, { once: true });
    await asked;
    signal.removeEventListener('abort', end);
    await end();
  };

  return {
    dispatcher: createDispatcher(transport, timeout, { keepAlive, around: watched }),
    expiry: async (signal) => {
      const origins = [...refused];
      refused.clear();
      await withDeadline(patience, signal, (deadline) => Promise.all(origins.map((origin) => look(origin, deadline))));
      return expiries.size === 0 ? undefined : Math.min(...expiries.values());
    },
  };
}
