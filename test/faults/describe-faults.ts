import { beforeAll, describe, expect, it, vi } from 'vitest';
import { withoutProxy } from '../transport/without-proxy.ts';
import type { Endpoint } from './endpoint-documents.ts';
import { isOfAuthentication, type Matrix, type MatrixOptions, runMatrix, type Trial } from './fault-matrix.ts';
import type { Fault } from './faults.ts';

/** An answer of 16 MiB, and what the buffers of both sides can hold. */
const maxBytesPerAnswer = 32 * 1024 * 1024;

/** Defines the tests of docs/reliability.md for every fault at every endpoint. Returns a function that returns the results. */
export function describeFaults(options: MatrixOptions): () => Matrix {
  let matrix: Matrix = { trials: [], neighbourPolls: 0, neighboursHealthy: false, unhandledErrors: [] };
  beforeAll(async () => {
    withoutProxy();
    matrix = await runMatrix(options);
    vi.unstubAllEnvs();
  }, 600_000);

  describe.each(options.endpoints)('a fault at the endpoint %s', (endpoint) => {
    describeEndpoint(endpoint, options.faults, () => matrix.trials);
  });

  describe('faults at all endpoints', () => {
    it('do not affect the polls of other clusters', () => {
      expect(matrix.neighboursHealthy).toBe(true);
    });

    it('cause no unhandled exception', () => {
      expect(matrix.unhandledErrors).toEqual([]);
    });
  });
  return () => matrix;
}

function describeEndpoint(endpoint: Endpoint, faults: readonly Fault[], allTrials: () => readonly Trial[]): void {
  const rows = faults.map((fault) => ({ fault, outcome: fault.outcomes[endpoint], name: fault.name }));
  const failures = rows.filter(({ outcome }) => outcome !== 'tolerated' && outcome !== '–');
  const harmless = rows.filter(({ outcome }) => outcome === 'tolerated');

  it.each(failures)('fails one poll with $outcome until it is repaired: $name', ({ fault, outcome }) => {
    const trials = trialsOf(allTrials(), endpoint, fault);
    const ofAuthentication = isOfAuthentication(outcome);
    const reason = ofAuthentication ? 'auth' : outcome;
    // After a failed token request, further polls fail until the next token request.
    const failedPolls = endpoint === 'cluster' ? 1 : expect.any(Number);
    const seen = trials.map(({ endpoint: _, fault: __, maxBytesTaken, ...rest }) => ({
      ...rest,
      isBounded: maxBytesTaken < maxBytesPerAnswer,
    }));
    expect(seen).toEqual(
      trials.map(({ pollFailures: { auth } }) => ({
        failing: ofAuthentication ? ['auth', outcome] : [outcome],
        pollFailures: { [reason]: failedPolls },
        authFailures: ofAuthentication ? { [outcome]: auth } : {},
        tokenRequestFailures: endpoint === 'token' ? { [outcome]: 1 } : {},
        upInTheEnd: true,
        requestsOnce: true,
        isBounded: true,
      })),
    );
  });

  // it.each() rejects an empty list.
  if (harmless.length === 0) return;
  it.each(harmless)('is tolerated: $name', ({ fault }) => {
    const trials = trialsOf(allTrials(), endpoint, fault);
    const seen = trials.map(({ failing, pollFailures, upInTheEnd }) => ({ failing, pollFailures, upInTheEnd }));
    expect(seen).toEqual(trials.map(() => ({ failing: [], pollFailures: {}, upInTheEnd: true })));
  });
}

function trialsOf(all: readonly Trial[], endpoint: Endpoint, fault: Fault): readonly Trial[] {
  const trials = all.filter((trial) => trial.fault === fault && trial.endpoint === endpoint);
  expect(trials.length).toBeGreaterThan(0);
  return trials;
}
