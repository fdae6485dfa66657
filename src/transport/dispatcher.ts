import type { Socket } from 'node:net';
import { Agent, buildConnector, Dispatcher, Pool, ProxyAgent } from 'undici';
import type { TransportConfig } from '../config/config.ts';
import { secureContextOptions } from '../config/secure-context.ts';
import { ProxyError, proxyFor } from './proxy.ts';

/** Bytes; a larger answer is refused while it arrives. The largest topology that Zeebe allows stays well below. */
export const maxAnswerBytes = 16 * 1024 * 1024;

/** Milliseconds that a connection is used: a name may get other addresses. */
const maxConnectionAge = 3 * 60 * 1000;

/** Opens a connection to a target, through a proxy's tunnel or not. Its TLS is verified when it calls back. */
export type Connect = buildConnector.connector;

export interface DispatcherOptions {
  /** Whether a connection may be used for several requests, one after the other. */
  readonly keepAlive?: boolean;
  /** Is put around what opens the connections. */
  readonly around?: (connect: Connect) => Connect;
}

/** The protocols that a TLS handshake offers (ALPN), the preferred one first. */
export function alpnProtocols({ enableHttp2 }: Pick<TransportConfig, 'enableHttp2'>): readonly string[] {
  return enableHttp2 ? ['http/1.1', 'h2'] : ['http/1.1'];
}

/**
 * How a connection is made to a host that has several addresses, where `timeout` milliseconds are left for the whole
 * request. Node.js tries the addresses one after the other, each but the last for 250 ms by default, which is less than
 * a TCP handshake takes over a slow link. A request needs three round trips at least, with TLS, so that one whose
 * handshake takes more than a third of the time would come too late anyway.
 */
export function tcpOptions(timeout: number): { readonly autoSelectFamilyAttemptTimeout: number } {
  return { autoSelectFamilyAttemptTimeout: Math.ceil(timeout / 3) };
}

/**
 * Sends requests with the TLS settings, directly or through a proxy that is configured here or in the environment.
 * `timeout`, in milliseconds, ends what a caller's signal no longer waits for.
 */
export function createDispatcher(
  transport: TransportConfig,
  timeout: number,
  { keepAlive = true, around = (connect) => connect }: DispatcherOptions = {},
): Dispatcher {
  const targetOptions = connectOptions(transport, timeout);
  const options = {
    headersTimeout: timeout,
    bodyTimeout: timeout,
    maxResponseSize: maxAnswerBytes,
    // What asks is one poll after the other.
    connections: 1,
    keepAliveMaxTimeout: maxConnectionAge,
    clientTtl: maxConnectionAge,
    ...(!keepAlive && { pipelining: 0 }),
  };

  return createReplacingDispatcher((counting) => {
    const pool = (origin: string | URL, connect: Connect) =>
      new Pool(origin, { ...options, connect: counting(passOverContinue(connect)) });

    const throughProxy = (proxy: URL, isTunnel: boolean) =>
      new ProxyAgent({
        uri: proxy.href,
        requestTls: targetOptions,
        proxyTls: { timeout, ...tcpOptions(timeout), allowH2: false },
        clientFactory: (url, { connect }: Opening) => new Pool(url, { connect: toProxy(connect, proxy) }),
        factory: (origin, { connect }: Opening) => pool(origin, isTunnel ? around(connect) : toProxy(connect, proxy)),
      });

    return new Agent({
      factory: (origin) => {
        const url = new URL(origin);
        const proxy = proxyFor(url, transport);
        return proxy === undefined
          ? pool(url, around(buildConnector(targetOptions)))
          : throughProxy(proxy, url.protocol === 'https:');
      },
    });
  });
}

/** What undici gives those who make its clients. */
interface Opening {
  readonly connect: Connect;
}

function connectOptions({ tls, enableHttp2 }: TransportConfig, timeout: number): buildConnector.BuildOptions {
  return {
    timeout,
    ...tcpOptions(timeout),
    allowH2: enableHttp2,
    // Each connection shows its certificates, and has them verified: a resumed session does neither.
    maxCachedSessions: 0,
    rejectUnauthorized: !tls.insecureSkipVerify,
    ...secureContextOptions(tls),
    ...(tls.serverName !== undefined && { servername: tls.serverName }),
  };
}

function toProxy(connect: Connect, { host }: URL): Connect {
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (socket) callback(null, socket);
      else callback(new ProxyError(host, error), null);
    });
}

/** Makes the dispatcher that is used from now on. All its connections are opened by what `counting` gives. */
type Create = (counting: (connect: Connect) => Connect) => Dispatcher;

/**
 * A dispatcher that is replaced after each request that fails, so that the next request opens a new connection: others
 * of the same age may be as dead as the one that failed. A GET on a used connection that is reset before any byte of
 * an answer is sent once more: a server that closes an idle connection may do so while a request is on its way. Other
 * methods are not sent again, since the server may have acted on them.
 */
function createReplacingDispatcher(create: Create): Dispatcher {
  return new ReplacingDispatcher(create);
}

interface Generation {
  readonly dispatcher: Dispatcher;
  /** How many connections it has begun to open. */
  connections: number;
  /** How many requests are under way. */
  requests: number;
}

/** undici asks for a class: its functions call methods of a dispatcher. */
class ReplacingDispatcher extends Dispatcher {
  readonly #create: Create;
  #current: Generation;
  /** The current one, and those before it that still have requests under way. */
  readonly #alive = new Set<Generation>();
  #isDestroyed = false;

  constructor(create: Create) {
    super();
    this.#create = create;
    this.#current = this.#next();
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.#send(options, handler, options.method === 'GET');
  }

  override async destroy(): Promise<void> {
    this.#isDestroyed = true;
    await Promise.all([...this.#alive].map(({ dispatcher }) => dispatcher.destroy()));
  }

  #send(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler, mayResend: boolean): boolean {
    const generation = this.#current;
    const connectionsBefore = generation.connections;
    let isAnswered = false;
    generation.requests++;
    return generation.dispatcher.dispatch(options, {
      onRequestStart: (...request) => handler.onRequestStart?.(...request),
      onResponseStarted: () => {
        isAnswered = true;
        handler.onResponseStarted?.();
      },
      onResponseStart: (...response) => handler.onResponseStart?.(...response),
      onResponseData: (...data) => handler.onResponseData?.(...data),
      onResponseEnd: (...end) => {
        this.#ended(generation);
        handler.onResponseEnd?.(...end);
      },
      onResponseError: (controller, error) => {
        if (generation === this.#current && !this.#isDestroyed) this.#current = this.#next();
        this.#ended(generation);
        const wasReused = generation.connections === connectionsBefore;
        if (mayResend && wasReused && !isAnswered && isReset(error)) this.#send(options, handler, false);
        else handler.onResponseError?.(controller, error);
      },
    });
  }

  #next(): Generation {
    const dispatcher = this.#create((connect) => (options, callback) => {
      generation.connections++;
      connect(options, callback);
    });
    const generation = { dispatcher, connections: 0, requests: 0 };
    this.#alive.add(generation);
    return generation;
  }

  #ended(generation: Generation): void {
    generation.requests--;
    if (generation.requests > 0 || generation === this.#current) return;
    this.#alive.delete(generation);
    // undici is still at the request that has ended.
    queueMicrotask(() => generation.dispatcher.destroy());
  }
}

function isReset(error: Error): boolean {
  return 'code' in error && ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(String(error.code));
}

/**
 * Lets a client of undici pass over a `100 Continue` that it did not ask for, as every client must (RFC 9110, 15.2).
 * undici closes the connection where its parser reads status 100, but passes over any other interim answer, so it is
 * told of another one. A version of undici whose parser cannot be found keeps its own behaviour.
 */
function passOverContinue(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) =>
    connect(options, (...outcome) => {
      // undici makes the parser of the connection here.
      callback(...outcome);
      const [, socket] = outcome;
      const parser = socket && parserOf(socket);
      if (!parser) return;
      const onHeadersComplete = parser.onHeadersComplete.bind(parser);
      parser.onHeadersComplete = (status, ...rest) => onHeadersComplete(status === 100 ? 102 : status, ...rest);
    });
}

interface Parser {
  onHeadersComplete: (status: number, ...rest: readonly unknown[]) => number;
}

/** Over HTTP/2 there is none. */
function parserOf(socket: Socket): Parser | undefined {
  const key = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'parser');
  const parser: unknown = key && Reflect.get(socket, key);
  return isParser(parser) ? parser : undefined;
}

function isParser(value: unknown): value is Parser {
  return (
    typeof value === 'object' &&
    value !== null &&
    'onHeadersComplete' in value &&
    typeof value.onHeadersComplete === 'function'
  );
}
