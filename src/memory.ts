/**
 * From now on the young generation stays as large as it is, and the old one may grow to twice what is alive in it. By
 * itself V8 goes by what memory the machine has: what polls and scrapes leave behind would grow to hundreds of megabytes.
 */
export function keepHeapSmall(): void {
  // Not imported: nothing else needs it before the exporter serves.
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=100');
}

const MiB = 1024 * 1024;

/** Bytes: a share of the memory limit of the process's control group, from 32 MiB to 256 MiB, also without a limit. */
export function shareOfMemory(share: number, memoryLimit: number = process.constrainedMemory()): number {
  const bytes = memoryLimit > 0 ? memoryLimit * share : Number.POSITIVE_INFINITY;
  return Math.min(Math.max(bytes, 32 * MiB), 256 * MiB);
}
