import { ClientRequest } from 'node:http';
import { afterAll, expect } from 'vitest';

/** Returns the state of the process that a test file could change for other files in the same process. */
function processState(): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    ...Object.entries(process.env).map(([name, value]) => [`environment variable ${name}`, value] as const),
    ...process.eventNames().map((name) => [`listeners of ${String(name)}`, process.listenerCount(name)] as const),
    ['current folder', process.cwd()],
    ...Object.entries({ Date, setTimeout, setInterval, setImmediate, fetch, ClientRequest }),
  ]);
}

// Read here, since a test file may change the process while it is loaded.
const before = processState();

afterAll(() => {
  const after = processState();
  // By name: the value of a variable may be a secret.
  const changed = [...new Set([...before, ...after].map(([name]) => name))].filter(
    (name) => before.get(name) !== after.get(name),
  );
  expect(changed, 'what a test file of the project `pure` (vitest.config.ts) has changed for others').toEqual([]);
});
