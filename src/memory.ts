/**
 * Keeps V8's young generation at its present size, and lets the old generation grow to twice the size of its live
 * objects. By default V8 sizes both by the memory of the machine, and the garbage of polls and scrapes would grow to
 * hundreds of megabytes.
 */
export function keepHeapSmall(): void {
  // Not a static import: no other module needs node:v8 before the exporter serves.
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=100');
}

const MiB = 1024 * 1024;

/** Bytes: the bounds of any share of the memory limit. */
export const minShareOfMemory = 32 * MiB;
export const maxShareOfMemory = 256 * MiB;

/** The part of the memory limit for the page, which takes about three times its bytes: text, compressed, and values. */
export const pageShareOfMemory = 1 / 12;

/**
 * Returns a share of the memory limit of the control group, in bytes and within the bounds; the maximum without a
 * limit.
 */
export function shareOfMemory(share: number, memoryLimit: number = process.constrainedMemory()): number {
  const bytes = memoryLimit > 0 ? memoryLimit * share : Number.POSITIVE_INFINITY;
  return Math.min(Math.max(bytes, minShareOfMemory), maxShareOfMemory);
}
