import { pbkdf2Sync } from 'node:crypto';

/** Does the same work once a second, some ten milliseconds of one processor, and sends how long it took. */
setInterval(() => {
  const begin = performance.now();
  pbkdf2Sync('the same work', 'each time', 100_000, 32, 'sha256');
  process.send?.(performance.now() - begin);
}, 1_000);
process.on('disconnect', () => process.exit());
