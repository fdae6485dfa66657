import type { IncomingMessage } from 'node:http';

/** As it was asked, without the query. */
export function pathOf({ url = '' }: IncomingMessage): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}
