import { type buildConnector, Dispatcher } from 'undici';

type Connect = buildConnector.connector;

/** Makes the dispatcher that is used from now on. All its connections are opened by what `counting` gives. */
type Create = (counting: (connect: Connect) => Connect) => Dispatcher;

/**
 * A dispatcher that is replaced after each request that fails, so that the next request opens a new connection: others
 * of the same age may be as dead as the one that failed. A GET on a used connection that is reset before any byte of
 * an answer is sent once more: a server that closes an idle connection may do so while a request is on its way. Other
 * methods are not sent again, since the server may have acted on them.
 */
export function createReplacingDispatcher(create: Create): Dispatcher {
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
