import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import { request } from 'undici';
import { systemClock } from '../../src/clock.ts';
import type { ClusterConfig } from '../../src/config/config.ts';
import { startExporter } from '../../src/exporter.ts';
import { type AuthFailureReason, authFailureReasons } from '../../src/failure.ts';
import { clusterConfig } from '../polls.ts';
import { byReason, type ClusterCounts, countsOf } from './counts.ts';
import { type Door, goodBodies } from './documents.ts';
import type { Fault } from './faults.ts';
import { type Gate, openGate } from './gate.ts';
import { goodCluster, goodProvider, watchedThrough } from './scene.ts';

/** Milliseconds, of the clusters behind faults. */
const pollInterval = 2_000;
/** A poll that takes long since the machine is busy is no failure. */
const neighbourTiming = { pollInterval: 1_000, pollTimeout: 120_000 };
const neighbours = Array.from({ length: 5 }, (_, index) => `neighbour-${index}`);
/** Longer than any pause that a token endpoint is given. */
const allPauses = 2 * 60 * 60 * 1000;
const patience = 180_000;

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
  /** Polls of the neighbour that was polled least, while there were faults. */
  readonly neighbourPolls: number;
  /** Whether all of them were polled again and again, and never failed. */
  readonly neighboursWell: boolean;
  /** Errors that nobody caught. */
  readonly escaped: readonly unknown[];
}

export interface MatrixOptions {
  readonly doors: readonly Door[];
  readonly faults: readonly Fault[];
  /** Milliseconds: short only for faults that nothing but a deadline ends, since all faults share one process. */
  readonly pollTimeout: number;
}

/** A fault behind a door of a cluster of its own. */
interface Subject {
  readonly door: Door;
  readonly fault: Fault;
  readonly gate: Gate;
}

/** What is to be ended after the test. */
type Scene = (() => unknown)[];

/**
 * Every fault at once, each with a cluster of its own, in one exporter that also watches good clusters. A fault is
 * mended as soon as the exporter has logged the first failed poll, and the next one is answered as soon as a page has
 * shown the failure; once all have failed, the pauses of the token endpoints are over.
 */
export async function runMatrix(options: MatrixOptions): Promise<Matrix> {
  const scene: Scene = [];
  try {
    const escaped = collectEscaped(scene);
    return { ...(await watchAll(options, scene)), escaped };
  } finally {
    for (const end of scene.toReversed()) await end();
  }
}

function collectEscaped(scene: Scene): readonly unknown[] {
  const escaped: unknown[] = [];
  const note = (error: unknown) => escaped.push(error);
  process.on('unhandledRejection', note).on('uncaughtException', note);
  scene.push(() => {
    process.off('unhandledRejection', note).off('uncaughtException', note);
  });
  return escaped;
}

async function watchAll({ doors, faults, pollTimeout }: MatrixOptions, scene: Scene): Promise<Omit<Matrix, 'escaped'>> {
  const arrivals = new Map<string, number>();
  const cluster = await goodCluster((path) => {
    const [, name = ''] = path.split('/');
    arrivals.set(name, (arrivals.get(name) ?? 0) + 1);
  });
  const provider = await goodProvider();
  scene.push(cluster.close, provider.close);
  const subjects = await openGates(doors, faults, `${provider.origin}/token`, scene);
  const toFail = new Set(
    [...subjects].filter(([, { door, fault }]) => fault.outcomes[door] !== 'tolerated').map(([name]) => name),
  );
  const exporter = await startWatching(
    configsOf(subjects, cluster.origin, pollTimeout),
    (name) => {
      subjects.get(name)?.gate.mend();
      toFail.delete(name);
    },
    scene,
  );

  const pages = readPages(exporter.metricsUrl, (name) => subjects.get(name)?.gate.release());
  await pages.until(() => toFail.size === 0);
  const neighbourPolls = Math.min(...neighbours.map((name) => arrivals.get(name) ?? 0));
  exporter.skip(allPauses);
  const names = [...subjects.keys(), ...neighbours];
  const counts = await pages.until((clusters) => names.every((name) => isWell(clusters.get(name))));

  return {
    trials: [...subjects].map(([name, subject]) => trialOf(subject, counts.get(name), pages.failing(name))),
    neighbourPolls,
    neighboursWell: neighbours.every((name) => isWell(counts.get(name)) && !hasFailed(counts.get(name))),
  };
}

function configsOf(
  subjects: ReadonlyMap<string, Subject>,
  cluster: string,
  pollTimeout: number,
): readonly ClusterConfig[] {
  return [
    ...neighbours.map((name) => clusterConfig({ name, address: new URL(`${cluster}/${name}/`), ...neighbourTiming })),
    ...[...subjects].map(([name, { door, gate }]) =>
      watchedThrough(door, gate.origin, cluster, { name, pollInterval, pollTimeout }),
    ),
  ];
}

async function openGates(
  doors: readonly Door[],
  faults: readonly Fault[],
  tokenUrl: string,
  scene: Scene,
): Promise<ReadonlyMap<string, Subject>> {
  const subjects = new Map<string, Subject>();
  for (const door of doors) {
    for (const [row, fault] of faults.entries()) {
      if (fault.outcomes[door] === '–') continue;
      for (const [index, behaviour] of fault.behaviours(door).entries()) {
        const gate = await openGate(behaviour, (origin) => goodBodies[door](origin, tokenUrl));
        scene.push(gate.close);
        subjects.set(`${door}.${row}.${index}`, { door, fault, gate });
      }
    }
  }
  return subjects;
}

/** An exporter that watches these clusters; `warned` is told whom each warning of its log is about. */
async function startWatching(clusters: readonly ClusterConfig[], warned: (cluster: string) => void, scene: Scene) {
  const write = (line: string) => {
    const { cluster = '' }: { cluster?: string } = JSON.parse(line);
    warned(cluster);
  };
  let skipped = 0;
  const clock = { now: systemClock.now, monotonic: () => systemClock.monotonic() + skipped };
  const exporter = await startExporter(
    {
      clusters,
      web: { listenAddresses: [{ host: '127.0.0.1', port: 0 }], telemetryPath: '/metrics' },
      log: { level: 'warn', format: 'json' },
    },
    pino({ level: 'warn' }, { write }),
    clock,
  );
  scene.push(exporter.stop);
  return {
    metricsUrl: `http://${exporter.addresses[0]}/metrics`,
    skip: (milliseconds: number) => {
      skipped += milliseconds;
    },
  };
}

type Clusters = ReadonlyMap<string, ClusterCounts>;

/** The pages of an exporter, one after the other; `seen` is told each cluster that one of them shows failing. */
function readPages(url: string, seen: (cluster: string) => void) {
  const failing = new Map<string, Set<string>>();
  const read = async (): Promise<Clusters> => {
    const { body } = await request(url);
    const clusters = countsOf(await body.text());
    for (const [name, counts] of clusters) {
      const reasons = ['poll_failing', 'auth_failing'].flatMap((family) => Object.keys(byReason(counts, family)));
      failing.set(name, new Set([...(failing.get(name) ?? []), ...reasons]));
      if (reasons.length > 0) seen(name);
    }
    return clusters;
  };
  return {
    /** The last page that was read, also where the time is over: what is wrong on it is for the tests to say. */
    until: async (done: (clusters: Clusters) => boolean): Promise<Clusters> => {
      const deadline = performance.now() + patience;
      for (;;) {
        const clusters = await read();
        if (done(clusters) || performance.now() > deadline) return clusters;
        await wait(500);
      }
    },
    failing: (name: string): readonly string[] => [...(failing.get(name) ?? [])],
  };
}

const none: ClusterCounts = new Map();

function isWell(counts = none): boolean {
  return counts.get('up') === 1 && (counts.get('polls_total') ?? 0) > 1;
}

function hasFailed(counts = none): boolean {
  return Object.keys(byReason(counts, 'poll_failures_total')).length > 0;
}

function trialOf({ door, fault, gate }: Subject, counts = none, failing: readonly string[]): Trial {
  return {
    door,
    fault,
    failing,
    pollFailures: byReason(counts, 'poll_failures_total'),
    authFailures: byReason(counts, 'auth_failures_total'),
    tokenRequestFailures: byReason(counts, 'token_request_failures_total'),
    upInTheEnd: counts.get('up') === 1,
    // After a handshake that it refuses the exporter makes another one, to see the certificate.
    asksOnce: gate.faulty() <= (gate.origin.startsWith('https') ? 2 : 1),
    mostTaken: gate.mostTaken(),
  };
}

export function isOfAuthentication(reason: string): reason is AuthFailureReason {
  return authFailureReasons.some((each) => each === reason);
}
