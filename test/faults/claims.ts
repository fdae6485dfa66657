import { beforeAll, describe, expect, it, vi } from 'vitest';
import { withoutProxy } from '../transport/without-proxy.ts';
import type { Door } from './documents.ts';
import type { Fault } from './faults.ts';
import { isOfAuthentication, type Matrix, type MatrixOptions, runMatrix, type Trial } from './matrix.ts';

/** 16 MiB of an answer, and what the buffers between hold. */
const mostBytes = 32 * 1024 * 1024;

let matrix: Matrix = { trials: [], neighbourPolls: 0, neighboursWell: false, escaped: [] };

/** What is claimed of every fault at every door (docs/reliability.md). Returns what the tests look at. */
export function describeFaults(options: MatrixOptions): () => Matrix {
  beforeAll(async () => {
    withoutProxy();
    matrix = await runMatrix(options);
    vi.unstubAllEnvs();
  }, 600_000);

  describe.each(options.doors)('faults at the door: %s', (door) => {
    describeDoor(door, options.faults);
  });

  describe('faults', () => {
    it('leave the polls of other clusters alone', () => {
      expect(matrix.neighboursWell).toBe(true);
    });

    it('reach nobody as an exception', () => {
      expect(matrix.escaped).toEqual([]);
    });
  });
  return () => matrix;
}

function describeDoor(door: Door, faults: readonly Fault[]): void {
  const rows = faults.map((fault) => ({ fault, outcome: fault.outcomes[door], name: fault.name }));
  const failures = rows.filter(({ outcome }) => outcome !== 'tolerated' && outcome !== '–');
  const harmless = rows.filter(({ outcome }) => outcome === 'tolerated');

  it.each(failures)('$name: $outcome, once, until it is mended', ({ fault, outcome }) => {
    const trials = trialsOf(door, fault);
    const ofAuthentication = isOfAuthentication(outcome);
    const reason = ofAuthentication ? 'auth' : outcome;
    // Where the token endpoint is left alone for a while, the polls of that time fail too.
    const failedPolls = door === 'cluster' ? 1 : expect.any(Number);
    const seen = trials.map(({ door: _, fault: __, mostTaken, ...rest }) => ({
      ...rest,
      takesLittle: mostTaken < mostBytes,
    }));
    expect(seen).toEqual(
      trials.map(({ pollFailures: { auth } }) => ({
        failing: ofAuthentication ? ['auth', outcome] : [outcome],
        pollFailures: { [reason]: failedPolls },
        authFailures: ofAuthentication ? { [outcome]: auth } : {},
        tokenRequestFailures: door === 'token' ? { [outcome]: 1 } : {},
        upInTheEnd: true,
        asksOnce: true,
        takesLittle: true,
      })),
    );
  });

  // Not every set of faults has one.
  if (harmless.length === 0) return;
  it.each(harmless)('$name: does no harm', ({ fault }) => {
    const trials = trialsOf(door, fault);
    const seen = trials.map(({ failing, pollFailures, upInTheEnd }) => ({ failing, pollFailures, upInTheEnd }));
    expect(seen).toEqual(trials.map(() => ({ failing: [], pollFailures: {}, upInTheEnd: true })));
  });
}

function trialsOf(door: Door, fault: Fault): readonly Trial[] {
  const trials = matrix.trials.filter((trial) => trial.fault === fault && trial.door === door);
  expect(trials.length).toBeGreaterThan(0);
  return trials;
}
