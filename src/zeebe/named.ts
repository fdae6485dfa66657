import { oneLine } from '../transport/one-line.ts';

/** A large cluster loses hundreds at once. */
const mostTold = 10;

/** `broker 1`, `partitions 1, 2 and 3`, `partitions 1, 2, … 10 and 290 more`. At least one id. */
export function named(noun: 'broker' | 'partition', ids: readonly (string | number)[]): string {
  return `${noun}${ids.length === 1 ? '' : 's'} ${enumerate(ids.map((id) => oneLine(String(id), 60)))}`;
}

/** With `and` before the last; a long list is cut, and says how many it leaves out. */
export function enumerate(texts: readonly string[]): string {
  const told = texts.length > mostTold ? texts.slice(0, mostTold) : texts.slice(0, -1);
  const last = texts.length > mostTold ? `${texts.length - mostTold} more` : texts.slice(-1).join();
  return told.length === 0 ? last : `${told.join(', ')} and ${last}`;
}
