import { ClientRequest } from 'node:http';
import { afterAll, expect } from 'vitest';

/** What a test file could leave behind in a process that it shares with others. */
function traces(): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    ...Object.entries(process.env).map(([name, value]) => [`environment variable ${name}`, value] as const),
    ...process.eventNames().map((name) => [`listeners of ${String(name)}`, process.listenerCount(name)] as const),
    ['current folder', process.cwd()],
    ...Object.entries({ Date, setTimeout, setInterval, setImmediate, fetch, ClientRequest }),
  ]);
}

// Now, since a test file may change something as soon as it is loaded.
const before = traces();

afterAll(() => {
  const after = traces();
  // By name: the value of a variable may be a secret.
  const changed = [...new Set([...before, ...after].map(([name]) => name))].filter(
    (name) => before.get(name) !== after.get(name),
  );
  expect(changed, 'what a test file of the project `pure` (vitest.config.ts) has changed for others').toEqual([]);
});
