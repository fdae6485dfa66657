import { singleLine } from './redact.ts';

export type Noun = 'broker' | 'partition' | 'physical tenant';

/** Ids in one text: a large cluster may lose hundreds at once. */
const maxListed = 10;

/** Returns `broker 1`, `partitions 1, 2 and 3` or `partitions 1, 2, … 10 and 290 more`. Needs at least one id. */
export function named(noun: Noun, ids: readonly (string | number)[]): string {
  return `${noun}${ids.length === 1 ? '' : 's'} ${enumerate(ids.map((id) => singleLine(String(id), 60)))}`;
}

const plurals = { is: 'are', has: 'have', runs: 'run' } as const;

/** Returns the ids as the subject of a sentence, with its verb: `broker 1 is`, `partitions 1 and 2 are`. */
export function subject(noun: Noun, ids: readonly (string | number)[], verb: keyof typeof plurals): string {
  return `${named(noun, ids)} ${ids.length === 1 ? verb : plurals[verb]}`;
}

/** Joins texts with commas and a last `and`. Cuts a long list, and tells how many it leaves out. */
export function enumerate(texts: readonly string[]): string {
  const listed = texts.length > maxListed ? texts.slice(0, maxListed) : texts.slice(0, -1);
  const last = texts.length > maxListed ? `${texts.length - maxListed} more` : texts.slice(-1).join();
  return listed.length === 0 ? last : `${listed.join(', ')} and ${last}`;
}
