import { Secret } from './secret.ts';

/**
 * Whether two configurations, or parts of them, say the same. Secrets count by what they hold, objects in any order of
 * their keys; functions do not count. What is of another class is equal to itself only: rather a cluster that starts
 * anew for nothing than one that goes on with what no longer is.
 */
export function equal(one: unknown, other: unknown): boolean {
  if (one instanceof Secret && other instanceof Secret) return one.equals(other);
  if (one instanceof URL && other instanceof URL) return one.href === other.href;
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0;
  if (Array.isArray(one) && Array.isArray(other)) return equalRecords({ ...one }, { ...other });
  if (isRecord(one) && isRecord(other)) return equalRecords(one, other);
  if (typeof one === 'function' && typeof other === 'function') return true;
  return Object.is(one, other);
}

function equalRecords(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && equal(one[key], other[key]))
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));
}
