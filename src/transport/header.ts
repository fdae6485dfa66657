import type { Dispatcher } from 'undici';

/** A header of an answer; empty where it is missing, its values joined where it is repeated (RFC 9110, 5.3). */
export function headerOf({ headers }: Pick<Dispatcher.ResponseData, 'headers'>, name: string): string {
  return [headers[name] ?? []].flat().join(', ');
}
