import { describe, expect, it, onTestFinished } from 'vitest';
import { neverAborted, tokenEndpoint } from '../auth/asking.ts';
import { pollOf } from '../auth/poll-of.ts';
import { goodBodies } from './documents.ts';
import { type Behaviour, faults } from './faults.ts';
import { openGate } from './gate.ts';
import { flood, head, json } from './meetings.ts';

function behavioursOf(name: string): readonly Behaviour[] {
  return faults.filter((fault) => fault.name.startsWith(name)).flatMap(({ behaviours }) => behaviours('cluster'));
}

/** 30 MiB of this, which parsed would be a gigabyte. */
function crowd(part: string): Behaviour {
  const piece = part.repeat(64 * 1024);
  const pieces = Math.floor((30 * 1024 * 1024) / piece.length);
  const length = { 'content-length': `${pieces * piece.length}`, connection: 'close' };
  return { meet: flood(head(200, { ...json, ...length }), piece, pieces) };
}

/**
 * What the process may take more than ever before, in MiB. An answer of 32 MiB is there as it came, in one piece and
 * as text, and what is not collected yet; the server that sends it is in the same process.
 */
const floods: readonly (readonly [name: string, most: number, behaviours: readonly Behaviour[]])[] = [
  ['a gzip bomb', 192, behavioursOf('a gzip bomb')],
  ['16 MB of headers', 64, behavioursOf('16 MB of headers')],
  ['an endless error', 64, behavioursOf('an endless error')],
  ['an endless body', 384, behavioursOf('an endless body')],
  ['30 MiB of lists and objects', 384, ['[', '[],', '{},', '{"brokers":'].map(crowd)],
];

describe('the memory that an answer takes is bounded', () => {
  it.each(floods)('%s: %i MiB', async (_, most, behaviours) => {
    expect(behaviours.length).toBeGreaterThan(0);
    const before = process.resourceUsage().maxRSS;
    for (const behaviour of behaviours) {
      const gate = await openGate(behaviour, (origin) => goodBodies.discovery(origin, origin));
      onTestFinished(gate.close);
      const address = new URL(`${gate.origin}/`);
      const poll = pollOf({ address, pollTimeout: 60_000 });
      const withToken = tokenEndpoint({ endpoint: { tokenUrl: address } });
      const withDiscovery = tokenEndpoint({ endpoint: { issuerUrl: address } });
      for (let count = 0; count < 2; count++) {
        const { outcome } = await poll();
        const tokens = [await withToken(neverAborted), await withDiscovery(neverAborted)];
        expect([outcome, ...tokens].map(({ ok }) => ok)).toEqual([false, false, false]);
      }
    }
    // Kilobytes; the most that the process ever had.
    expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(most);
  });
});
