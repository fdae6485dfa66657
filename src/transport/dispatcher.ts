import type { Socket } from 'node:net';
import { Agent, buildConnector, Client, Dispatcher, Pool, ProxyAgent } from 'undici';
import type { TransportConfig } from '../config/config.ts';
import { secureContextOptions } from '../config/secure-context.ts';
import { ProxyError, proxyFor } from './proxy.ts';

/** Bytes. A larger response is refused while it arrives. The largest topology that Zeebe allows is half of it. */
export const maxAnswerBytes = 16 * 1024 * 1024;

/** Milliseconds after which a connection is replaced, as the addresses of its host may have changed. */
const maxConnectionAge = 3 * 60 * 1000;

/** Opens a connection to a server, directly or through a proxy's tunnel. TLS is verified before the callback. */
export type Connect = buildConnector.connector;

export interface DispatcherOptions {
  /** Whether a connection may serve several requests, one after the other. */
  readonly keepAlive?: boolean;
  /** Wraps the function that opens connections. */
  readonly around?: (connect: Connect) => Connect;
}

/** The protocols that a TLS handshake offers (ALPN), the preferred one first. */
export function alpnProtocols({ enableHttp2 }: Pick<TransportConfig, 'enableHttp2'>): readonly string[] {
  return enableHttp2 ? ['http/1.1', 'h2'] : ['http/1.1'];
}

/**
 * Returns how to connect to a host with several addresses, if the whole request may take `timeout` milliseconds.
 * Node.js tries the addresses one after the other, each but the last for 250 ms by default, which is less than a TCP
 * handshake takes over a slow link. A request over TLS needs at least three round trips, so a request whose handshake
 * takes more than a third of the time would time out anyway.
 */
export function tcpOptions(timeout: number): { readonly autoSelectFamilyAttemptTimeout: number } {
  return { autoSelectFamilyAttemptTimeout: Math.ceil(timeout / 3) };
}

/**
 * Creates a dispatcher with these TLS settings, which connects directly or through the proxy of the settings or of the
 * environment. `timeout`, in milliseconds, ends connections and responses for which the caller no longer waits.
 */
export function createDispatcher(
  transport: TransportConfig,
  timeout: number,
  { keepAlive = true, around = (connect) => connect }: DispatcherOptions = {},
): Dispatcher {
  const targetOptions = connectOptions(transport, timeout);
  const options = clientOptions(timeout, keepAlive);

  return createReplacingDispatcher((counting) => {
    // Not a pool, whose queue for further requests takes 16 KB: polls of a cluster run one after the other.
    const client = (origin: string | URL, connect: Connect) =>
      new Client(origin, { ...options, connect: counting(passOverContinue(connect)) });

    const throughProxy = (proxy: URL, isTunnel: boolean) =>
      new ProxyAgent({
        uri: proxy.href,
        requestTls: targetOptions,
        proxyTls: { timeout, ...tcpOptions(timeout), allowH2: false },
        clientFactory: (url, { connect }: FactoryOptions) => new Pool(url, { connect: toProxy(connect, proxy) }),
        factory: (origin, { connect }: FactoryOptions) =>
          client(origin, isTunnel ? around(connect) : toProxy(connect, proxy)),
      });

    return new Agent({
      factory: (origin) => {
        const url = new URL(origin);
        const proxy = proxyFor(url, transport);
        return proxy === undefined
          ? client(url, around(buildConnector(targetOptions)))
          : throughProxy(proxy, url.protocol === 'https:');
      },
    });
  });
}

function clientOptions(timeout: number, keepAlive: boolean): Client.Options {
  return {
    headersTimeout: timeout,
    bodyTimeout: timeout,
    maxResponseSize: maxAnswerBytes,
    keepAliveMaxTimeout: maxConnectionAge,
    ...(!keepAlive && { pipelining: 0 }),
  };
}

/** The options that undici passes to a factory of clients. */
interface FactoryOptions {
  readonly connect: Connect;
}

function connectOptions({ tls, enableHttp2 }: TransportConfig, timeout: number): buildConnector.BuildOptions {
  return {
    timeout,
    ...tcpOptions(timeout),
    allowH2: enableHttp2,
    // A resumed session would neither present certificates nor have them verified.
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

/** Creates a dispatcher all of whose connections are opened by functions that `counting` has wrapped. */
type Create = (counting: (connect: Connect) => Connect) => Dispatcher;

/**
 * Creates a dispatcher that is replaced after each failed request, so that the next request opens a new connection: the
 * other connections may have failed for the same reason. It is also replaced when its first connection is too old, and
 * when the signal of a request aborts while its connection is being opened. A GET on a reused connection that is reset
 * before the first byte of a response is sent once more, because a server may close an idle connection while a request
 * is on its way. Other methods are not sent again, since the server may have acted on them.
 */
function createReplacingDispatcher(create: Create): Dispatcher {
  return new ReplacingDispatcher(create);
}

interface Generation {
  readonly dispatcher: Dispatcher;
  /** Number of connections that it has begun to open. */
  connections: number;
  /** When the first of them was, on the monotonic clock; before that, infinite. */
  connectedAt: number;
  /** Number of requests in progress. */
  requests: number;
}

/** A class because undici requires a subclass of its own. */
class ReplacingDispatcher extends Dispatcher {
  readonly #create: Create;
  #current: Generation;
  /** The current generation, and the earlier ones that still have requests in progress. */
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
    if (performance.now() - this.#current.connectedAt > maxConnectionAge) this.#replace();
    const generation = this.#current;
    const connectionsBefore = generation.connections;
    let isAnswered = false;
    generation.requests++;
    const connected = whileConnecting(options, () => this.#destroy(generation));
    return generation.dispatcher.dispatch(options, {
      onRequestStart: (...request) => {
        connected();
        handler.onRequestStart?.(...request);
      },
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
        connected();
        if (generation === this.#current) this.#replace();
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
      generation.connectedAt = Math.min(generation.connectedAt, performance.now());
      connect(options, callback);
    });
    const generation = { dispatcher, connections: 0, connectedAt: Number.POSITIVE_INFINITY, requests: 0 };
    this.#alive.add(generation);
    return generation;
  }

  #replace(): void {
    if (this.#isDestroyed) return;
    const previous = this.#current;
    this.#current = this.#next();
    this.#destroyIfUnused(previous);
  }

  #destroy(generation: Generation): void {
    if (generation === this.#current) this.#replace();
    void generation.dispatcher.destroy();
  }

  #ended(generation: Generation): void {
    generation.requests--;
    this.#destroyIfUnused(generation);
  }

  #destroyIfUnused(generation: Generation): void {
    if (generation.requests > 0 || generation === this.#current) return;
    this.#alive.delete(generation);
    // undici is still processing the end of the request.
    queueMicrotask(() => generation.dispatcher.destroy());
  }
}

/**
 * Calls `onAbort` if the signal of the request aborts before the returned function is called: undici does not end a
 * request for its signal while the connection is being opened.
 */
function whileConnecting(options: object, onAbort: () => void): () => void {
  const signal = 'signal' in options ? options.signal : undefined;
  if (!(signal instanceof AbortSignal)) return () => {};
  signal.addEventListener('abort', onAbort, { once: true });
  return () => signal.removeEventListener('abort', onAbort);
}

function isReset(error: Error): boolean {
  return 'code' in error && ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(String(error.code));
}

/**
 * Makes undici ignore a `100 Continue` that it did not ask for, as every client must (RFC 9110, 15.2). undici closes
 * the connection if its parser reads status 100 but ignores any other interim response, so its parser is given 102
 * instead. A version of undici whose parser is not found keeps its own behaviour.
 */
function passOverContinue(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) =>
    connect(options, (...outcome) => {
      // undici creates the parser of the connection in this call.
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

/** Returns undefined for HTTP/2, which has no such parser. */
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
