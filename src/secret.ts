import { createHash, timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';

const hidden = '<secret>';

/** Those that are still held somewhere: a token that was renewed goes. */
const alive = new Set<WeakRef<Secret>>();
const collected = new FinalizationRegistry<WeakRef<Secret>>((reference) => alive.delete(reference));

/** Whatever may turn up in the text of an error that nobody expected; see error-text.ts. */
export function everySecret(): readonly string[] {
  return [...alive].flatMap((reference) => reference.deref()?.open() ?? []);
}

/**
 * A value that must not be seen. Its string, JSON and inspect forms are `<secret>`; only `open()` gives the value,
 * and only the code that sends it may call that.
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

  /** `isDeepStrictEqual` cannot look inside and calls any two secrets equal; this one can. */
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
