import type { Readable } from 'node:stream';
import { errors } from 'undici';
import { shareOfMemory } from '../memory.ts';

/** Counts the bytes of bodies that are being read, of all clusters and identity providers together. */
export interface ReadingBudget {
  /** Bytes of a body have arrived. Where all bodies together have too many, the one that has most is cut. */
  readonly add: (body: Readable, bytes: number) => void;
  /** The body is no longer being read. */
  readonly release: (body: Readable) => void;
}

/** Hundreds of slow answers of 15 MB each would take the memory of all, though each is within its own limit. */
export function createReadingBudget(maxBytes: number): ReadingBudget {
  const readings = new Map<Readable, number>();
  let total = 0;

  const release = (body: Readable) => {
    total -= readings.get(body) ?? 0;
    readings.delete(body);
  };

  return {
    add: (body, bytes) => {
      readings.set(body, (readings.get(body) ?? 0) + bytes);
      total += bytes;
      if (total <= maxBytes) return;
      const [largest] = [...readings].reduce((one, other) => (other[1] > one[1] ? other : one));
      release(largest);
      const message = `all answers being read have more than ${maxBytes} bytes together, and this one has most of them`;
      largest.destroy(new errors.ResponseExceededMaxSizeError(message));
    },
    release,
  };
}

/** Twice as much is needed where a body is put together, and once more for its text. */
export const readingBudget = createReadingBudget(shareOfMemory(1 / 16));
