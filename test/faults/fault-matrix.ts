import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import { request } from 'undici';
import { systemClock } from '../../src/clock.ts';
import type { ClusterConfig } from '../../src/config/config.ts';
import { startExporter } from '../../src/exporter.ts';
import { type AuthFailureReason, authFailureReasons } from '../../src/failure.ts';
import { clusterConfig } from '../polls.ts';
import { byReason, type ClusterCounts, countsOf } from './cluster-counts.ts';
import { type Endpoint, goodBodies } from './endpoint-documents.ts';
import type { Fault } from './faults.ts';
import { type FaultyServer, startFaultyServer } from './faulty-server.ts';
import { clusterConfigFor, startHealthyCluster, startHealthyProvider } from './healthy-servers.ts';

/** Milliseconds, for the clusters with a fault. */
const pollInterval = 2_000;
/** The timeout is long, since a busy machine may delay polls. */
const neighbourTiming = { pollInterval: 1_000, pollTimeout: 120_000 };
const neighbours = Array.from({ length: 5 }, (_, index) => `neighbour-${index}`);
/** Longer than any pause between token requests. */
const allPauses = 2 * 60 * 60 * 1000;
const timeout = 180_000;

/** What the exporter's pages showed for one behaviour of a fault. */
export interface Trial {
  readonly endpoint: Endpoint;
  readonly fault: Fault;
  /** Reasons of failing polls and authentication during the fault. */
  readonly failing: readonly string[];
  /** Failed polls by reason, at the end. */
  readonly pollFailures: Readonly<Record<string, number>>;
  readonly authFailures: Readonly<Record<string, number>>;
  readonly tokenRequestFailures: Readonly<Record<string, number>>;
  readonly upInTheEnd: boolean;
  /** Whether only one request was sent during the fault. */
  readonly requestsOnce: boolean;
  /** The most bytes that the exporter read of one response. */
  readonly maxBytesTaken: number;
}

export interface Matrix {
  readonly trials: readonly Trial[];
  /** Polls during the faults of the other cluster that was polled least. */
  readonly neighbourPolls: number;
  /** Whether all other clusters were polled repeatedly without a failure. */
  readonly neighboursHealthy: boolean;
  /** Unhandled rejections and uncaught exceptions. */
  readonly unhandledErrors: readonly unknown[];
}

export interface MatrixOptions {
  readonly endpoints: readonly Endpoint[];
  readonly faults: readonly Fault[];
  /** Milliseconds. Short only for faults that end by the deadline, since all faults share one process. */
  readonly pollTimeout: number;
}

/** A fault at an endpoint of its own cluster. */
interface Subject {
  readonly endpoint: Endpoint;
  readonly fault: Fault;
  readonly server: FaultyServer;
}

/** Functions to call after the test. */
type Cleanups = (() => unknown)[];

/**
 * Runs all faults at once, each with its own cluster, in one exporter that also polls good clusters. A fault is repaired as
 * soon as the exporter has logged the first failed poll, and the next poll is answered as soon as a page has shown the
 * failure. Once all have failed, the clock skips the pauses between token requests.
 */
export async function runMatrix(options: MatrixOptions): Promise<Matrix> {
  const cleanups: Cleanups = [];
  try {
    const unhandledErrors = collectUnhandledErrors(cleanups);
    return { ...(await runTrials(options, cleanups)), unhandledErrors };
  } finally {
    for (const end of cleanups.toReversed()) await end();
  }
}

function collectUnhandledErrors(cleanups: Cleanups): readonly unknown[] {
  const unhandledErrors: unknown[] = [];
  const note = (error: unknown) => unhandledErrors.push(error);
  process.on('unhandledRejection', note).on('uncaughtException', note);
  cleanups.push(() => {
    process.off('unhandledRejection', note).off('uncaughtException', note);
  });
  return unhandledErrors;
}

async function runTrials(
  { endpoints, faults, pollTimeout }: MatrixOptions,
  cleanups: Cleanups,
): Promise<Omit<Matrix, 'unhandledErrors'>> {
  const arrivals = new Map<string, number>();
  const cluster = await startHealthyCluster((path) => {
    const [, name = ''] = path.split('/');
    arrivals.set(name, (arrivals.get(name) ?? 0) + 1);
  });
  const provider = await startHealthyProvider();
  cleanups.push(cluster.close, provider.close);
  const subjects = await startFaultyServers(endpoints, faults, `${provider.origin}/token`, cleanups);
  const toFail = new Set(
    [...subjects].filter(([, { endpoint, fault }]) => fault.outcomes[endpoint] !== 'tolerated').map(([name]) => name),
  );
  const exporter = await startMatrixExporter(
    configsOf(subjects, cluster.origin, pollTimeout),
    (name) => {
      subjects.get(name)?.server.repair();
      toFail.delete(name);
    },
    cleanups,
  );

  const pages = readPages(exporter.metricsUrl, (name) => subjects.get(name)?.server.release());
  await pages.until(() => toFail.size === 0);
  const neighbourPolls = Math.min(...neighbours.map((name) => arrivals.get(name) ?? 0));
  exporter.skip(allPauses);
  const names = [...subjects.keys(), ...neighbours];
  const counts = await pages.until((clusters) => names.every((name) => isHealthy(clusters.get(name))));

  return {
    trials: [...subjects].map(([name, subject]) => trialOf(subject, counts.get(name), pages.failing(name))),
    neighbourPolls,
    neighboursHealthy: neighbours.every((name) => isHealthy(counts.get(name)) && !hasFailed(counts.get(name))),
  };
}

function configsOf(
  subjects: ReadonlyMap<string, Subject>,
  cluster: string,
  pollTimeout: number,
): readonly ClusterConfig[] {
  return [
    ...neighbours.map((name) => clusterConfig({ name, address: new URL(`${cluster}/${name}/`), ...neighbourTiming })),
    ...[...subjects].map(([name, { endpoint, server }]) =>
      clusterConfigFor(endpoint, server.origin, cluster, { name, pollInterval, pollTimeout }),
    ),
  ];
}

async function startFaultyServers(
  endpoints: readonly Endpoint[],
  faults: readonly Fault[],
  tokenUrl: string,
  cleanups: Cleanups,
): Promise<ReadonlyMap<string, Subject>> {
  const subjects = new Map<string, Subject>();
  for (const endpoint of endpoints) {
    for (const [row, fault] of faults.entries()) {
      if (fault.outcomes[endpoint] === '–') continue;
      for (const [index, behaviour] of fault.behaviours(endpoint).entries()) {
        const server = await startFaultyServer(behaviour, (origin) => goodBodies[endpoint](origin, tokenUrl));
        cleanups.push(server.close);
        subjects.set(`${endpoint}.${row}.${index}`, { endpoint, fault, server });
      }
    }
  }
  return subjects;
}

/** Starts an exporter with the clusters. Calls `warned` with the cluster of each warning in its log. */
async function startMatrixExporter(
  clusters: readonly ClusterConfig[],
  warned: (cluster: string) => void,
  cleanups: Cleanups,
) {
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
  cleanups.push(exporter.stop);
  return {
    metricsUrl: `http://${exporter.addresses[0]}/metrics`,
    skip: (milliseconds: number) => {
      skipped += milliseconds;
    },
  };
}

type Clusters = ReadonlyMap<string, ClusterCounts>;

/** Reads the pages of an exporter repeatedly. Calls `seen` with each cluster that a page shows failing. */
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
    /** Returns the last page, also after the timeout, so that the tests can show what is wrong on it. */
    until: async (done: (clusters: Clusters) => boolean): Promise<Clusters> => {
      const deadline = performance.now() + timeout;
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

function isHealthy(counts = none): boolean {
  return counts.get('up') === 1 && (counts.get('polls_total') ?? 0) > 1;
}

function hasFailed(counts = none): boolean {
  return Object.keys(byReason(counts, 'poll_failures_total')).length > 0;
}

function trialOf({ endpoint, fault, server }: Subject, counts = none, failing: readonly string[]): Trial {
  return {
    endpoint,
    fault,
    failing,
    pollFailures: byReason(counts, 'poll_failures_total'),
    authFailures: byReason(counts, 'auth_failures_total'),
    tokenRequestFailures: byReason(counts, 'token_request_failures_total'),
    upInTheEnd: counts.get('up') === 1,
    // After a rejected handshake, the exporter makes another one to read the certificate.
    requestsOnce: server.faultyConnections() <= (server.origin.startsWith('https') ? 2 : 1),
    maxBytesTaken: server.maxBytesTaken(),
  };
}

export function isOfAuthentication(reason: string): reason is AuthFailureReason {
  return authFailureReasons.some((each) => each === reason);
}
