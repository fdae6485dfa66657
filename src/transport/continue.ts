import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';

/**
 * Lets a client of undici pass over a `100 Continue` that it did not ask for, as every client must (RFC 9110, 15.2).
 * undici closes the connection where its parser reads status 100, but passes over any other interim answer, so it is
 * told of another one. A version of undici whose parser cannot be found keeps its own behaviour.
 */
export function passOverContinue(connect: buildConnector.connector): buildConnector.connector {
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
