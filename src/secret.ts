import { createHash, timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';

const hidden = '<secret>';

/** All secrets that are still referenced. A token that was renewed is garbage collected. */
const alive = new Set<WeakRef<Secret>>();
const collected = new FinalizationRegistry<WeakRef<Secret>>((reference) => alive.delete(reference));

/** Returns the value of every secret in use, to hide them in the text of unexpected errors; see redact.ts. */
export function everySecret(): readonly string[] {
  return [...alive].flatMap((reference) => reference.deref()?.open() ?? []);
}

/**
 * A value that must not be shown. Its string, JSON and inspect forms are `<secret>`. Only `open()` returns the value,
 * and only the code that sends it may call `open()`.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    const reference = new WeakRef(this);
    alive.add(reference);
    collected.register(this, reference);
  }

  open(): string {
    return this.#value;
  }

  /** Compares the values. `isDeepStrictEqual` cannot see private fields and calls any two secrets equal. */
  equals(other: Secret): boolean {
    const digest = (value: string) => createHash('sha256').update(value).digest();
    return timingSafeEqual(digest(this.#value), digest(other.#value));
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [Symbol.toPrimitive](): string {
    return hidden;
  }

  [inspect.custom](): string {
    return hidden;
  }
}
