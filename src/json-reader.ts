import { isJsonObject, type Json } from './json.ts';
import { singleLine } from './redact.ts';

/** Characters. A broker's id is repeated in every series of its replicas, up to 13 per replica. */
const maxTextLength = 256;

export type Masked = (text: string) => string;

/** Ends the nested readers of a document. */
export class Malformed extends Error {
  readonly problem: (masked: Masked) => string;

  constructor(problem: string | ((masked: Masked) => string)) {
    super('malformed');
    this.problem = typeof problem === 'string' ? () => problem : problem;
  }
}

export function object(value: unknown, place: string): Json {
  if (isJsonObject(value)) return value;
  throw new Malformed((masked) => `${place}: expected an object, got ${quote(value, masked)}`);
}

export function list(parent: Json, key: string, place: string): readonly unknown[] {
  const value = parent[key];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new Malformed((masked) => `${place}${key}: expected a list, got ${quote(value, masked)}`);
}

export function text(parent: Json, key: string, place: string): string {
  const value = parent[key];
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') {
    throw new Malformed((masked) => `${place}.${key}: expected a string, got ${quote(value, masked)}`);
  }
  if (value.length > maxTextLength) {
    throw new Malformed(`${place}.${key}: expected at most ${maxTextLength} characters, got ${value.length}`);
  }
  // Replaces lone surrogates here: ids that differ must still differ as bytes on the page.
  return value.toWellFormed();
}

export function integer(parent: Json, key: string, place: string): number | undefined {
  const value = parent[key];
  if (value === undefined || value === null) return undefined;
  if (Number.isSafeInteger(value)) return value as number;
  throw new Malformed((masked) => `${place}.${key}: expected an integer, got ${quote(value, masked)}`);
}

/** Returns the value as text, short enough for a log line. */
export function quote(value: unknown, masked: Masked): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = masked(String(value));
  return singleLine(typeof value === 'string' ? JSON.stringify(text) : text, 60);
}
