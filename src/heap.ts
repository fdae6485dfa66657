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
