import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import { request } from 'undici';
import { type AuthFailureReason, authFailureReasons } from '../../src/auth/failure.ts';
import { systemClock } from '../../src/clock.ts';
import { startExporter } from '../../src/exporter.ts';
import { clusterConfig } from '../polls.ts';
import { byReason, type ClusterCounts, countsOf } from './counts.ts';
import { type Door, doors, goodBodies } from './documents.ts';
import { type Fault, faults } from './faults.ts';
import { type Gate, openGate } from './gate.ts';
import { goodCluster, goodProvider, watchedThrough } from './scene.ts';

/** Milliseconds. After a poll that has failed at its deadline there is time to mend what is wrong. */
const timing = { pollInterval: 18_000, pollTimeout: 12_000 };
const neighbourTiming = { pollInterval: 3_000, pollTimeout: 3_000 };
const neighbours = Array.from({ length: 5 }, (_, index) => `neighbour-${index}`);
/** Longer than any pause that a token endpoint is given. */
const allPauses = 2 * 60 * 60 * 1000;
const patience = 90_000;

/** What the exporter's pages showed of one way of a fault. */
export interface Trial {
  readonly door: Door;
  readonly fault: Fault;
  /** Reasons of polls and of authentication, while it failed. */
  readonly failing: readonly string[];
  /** Polls failed, by reason, in the end. */
  readonly pollFailures: Readonly<Record<string, number>>;
  readonly authFailures: Readonly<Record<string, number>>;
  readonly tokenRequestFailures: Readonly<Record<string, number>>;
  readonly upInTheEnd: boolean;
  /** No second request met the fault. */
  readonly asksOnce: boolean;
  /** Bytes of one answer. */
  readonly mostTaken: number;
}

export interface Matrix {
  readonly trials: readonly Trial[];
  /** Of all neighbours, while faults were about. */
  readonly neighbourPolls: number;
  readonly neighbourPollsMissed: number;
  readonly neighbourFailures: number;
  /** Errors that nobody caught. */
  readonly escaped: readonly unknown[];
}

/**
 * Every fault at once, each with a cluster of its own, in one exporter that also watches good clusters. A fault is
 * mended as soon as the exporter has logged the first failed poll; once all have failed, the pauses of the token
 * endpoints are over.
 */
export async function runMatrix(): Promise<Matrix> {
  const scene: (() => unknown)[] = [];
  try {
    return await watchAll(scene);
  } finally {
    for (const end of scene.toReversed()) await end();
  }
}

/** What is to be ended afterwards goes to `scene`. */
async function watchAll(scene: (() => unknown)[]): Promise<Matrix> {
  const escaped: unknown[] = [];
  const note = (error: unknown) => escaped.push(error);
  process.on('unhandledRejection', note).on('uncaughtException', note);
  scene.push(() => {
    process.off('unhandledRejection', note).off('uncaughtException', note);
  });

  const arrivals = new Map<string, number[]>(neighbours.map((name) => [name, []]));
  const cluster = await goodCluster((path) => arrivals.get(path.split('/')[1] ?? '')?.push(performance.now()));
  const provider = await goodProvider();
  scene.push(cluster.close);
  scene.push(provider.close);

  const gates = new Map<string, { readonly door: Door; readonly fault: Fault; readonly gate: Gate }>();
  for (const door of doors) {
    for (const [row, fault] of faults.entries()) {
      if (fault.outcomes[door] === '–') continue;
      for (const [index, behaviour] of fault.behaviours(door).entries()) {
        const gate = await openGate(behaviour, (origin) => goodBodies[door](origin, `${provider.origin}/token`));
        scene.push(gate.close);
        gates.set(`${door}.${row}.${index}`, { door, fault, gate });
      }
    }
  }

  const isToFail = ({ door, fault }: { readonly door: Door; readonly fault: Fault }) =>
    fault.outcomes[door] !== 'taken';
  const toFail = new Set([...gates].filter(([, gate]) => isToFail(gate)).map(([name]) => name));
  const logger = pino(
    { level: 'warn' },
    {
      write: (line: string) => {
        const { cluster: name = '' }: { cluster?: string } = JSON.parse(line);
        gates.get(name)?.gate.mend();
        toFail.delete(name);
      },
    },
  );
  let skipped = 0;
  const clock = { now: systemClock.now, monotonic: () => systemClock.monotonic() + skipped };
  const exporter = await startExporter(
    {
      clusters: [
        ...neighbours.map((name) =>
          clusterConfig({ name, address: new URL(`${cluster.origin}/${name}/`), ...neighbourTiming }),
        ),
        ...[...gates].map(([name, { door, gate }]) =>
          watchedThrough(door, gate.origin, cluster.origin, { name, ...timing }),
        ),
      ],
      web: { listenAddresses: [{ host: '127.0.0.1', port: 0 }], telemetryPath: '/metrics' },
      log: { level: 'warn', format: 'json' },
    },
    logger,
    clock,
  );
  scene.push(exporter.stop);

  const failing = new Map<string, Set<string>>();
  const readPage = async () => {
    const { body } = await request(`http://${exporter.addresses[0]}/metrics`);
    const clusters = countsOf(await body.text());
    for (const [name, counts] of clusters) {
      const reasons = ['poll_failing', 'auth_failing'].flatMap((family) => Object.keys(byReason(counts, family)));
      failing.set(name, new Set([...(failing.get(name) ?? []), ...reasons]));
    }
    return clusters;
  };
  /** The last page that was read, also where the time is over: what is wrong on it is for the tests to say. */
  const readPagesUntil = async (done: (clusters: ReadonlyMap<string, ClusterCounts>) => boolean) => {
    const deadline = performance.now() + patience;
    for (;;) {
      const clusters = await readPage();
      if (done(clusters) || performance.now() > deadline) return clusters;
      await wait(1_000);
    }
  };

  await readPagesUntil(() => toFail.size === 0);
  // What failed last is seen failing too.
  await readPage();
  const untilMended = [...arrivals.values()];
  const missed = untilMended.reduce((sum, times) => sum + missedSlots(times), 0);
  const polls = untilMended.reduce((sum, times) => sum + times.length, 0);
  skipped = allPauses;
  const counts = await readPagesUntil((clusters) =>
    [...gates.keys()].every((name) => {
      const each = clusters.get(name);
      return each?.get('up') === 1 && (each.get('polls_total') ?? 0) > 1;
    }),
  );

  const none: ClusterCounts = new Map();
  return {
    trials: [...gates].map(([name, { door, fault, gate }]) => {
      const own = counts.get(name) ?? none;
      return {
        door,
        fault,
        failing: [...(failing.get(name) ?? [])],
        pollFailures: byReason(own, 'poll_failures_total'),
        authFailures: byReason(own, 'auth_failures_total'),
        tokenRequestFailures: byReason(own, 'token_request_failures_total'),
        upInTheEnd: own.get('up') === 1,
        // After a handshake that it refuses the exporter makes another one, to see the certificate.
        asksOnce: gate.faulty() <= (gate.origin.startsWith('https') ? 2 : 1),
        mostTaken: gate.mostTaken(),
      };
    }),
    neighbourPolls: polls,
    neighbourPollsMissed: missed,
    neighbourFailures: neighbours.reduce(
      (sum, name) => sum + Object.keys(byReason(counts.get(name) ?? none, 'poll_failures_total')).length,
      0,
    ),
    escaped,
  };
}

/** Polls that should have arrived between the first and the last. */
function missedSlots(times: readonly number[]): number {
  const [first = 0, last = first] = [times[0], times.at(-1)];
  return Math.round((last - first) / neighbourTiming.pollInterval) + 1 - times.length;
}

export function isOfAuthentication(reason: string): reason is AuthFailureReason {
  return authFailureReasons.some((each) => each === reason);
}
