import type { Logger } from 'pino';
import type { RequestsApart } from '../auth/requests-apart.ts';
import { type Clock, createYielder, sleep } from '../clock.ts';
import type { ClusterConfig } from '../config/config.ts';
import { equal, type LabelsAndMeta } from '../config/equal.ts';
import type { StaticLabels } from '../config/labels.ts';
import { type ClusterHistory, nextHistory, noHistory } from '../poll/events.ts';
import { type Admit, createPoll, type PollResult } from '../poll/poll.ts';
import { createPollLog } from '../poll/poll-log.ts';
import { type ClusterState, initialState, nextState } from '../poll/state.ts';
import { tellsOfDefaultAlone } from '../zeebe/topology.ts';
import { reconnectOnFileChange } from './connection.ts';
import type { SharedTokens } from './shared-tokens.ts';
import { createTurns } from './turns.ts';

/** What runs for one cluster. */
export interface ClusterMonitor {
  /** The settings in use: the contents of their files may be newer than the configuration. */
  readonly cluster: ClusterConfig;
  /** Token requests apart from the polls; undefined without OAuth 2, and when the monitor is stopped. */
  readonly requestsApart: () => RequestsApart | undefined;
  /** Whether the result of a poll has been published, or no poll is due: the cluster is polled by probes alone. */
  readonly ready: () => boolean;
  /** Publishes the state that is known without a poll. */
  readonly publish: () => Promise<void>;
  /** Takes over other labels and meta data, and publishes the labels without a poll. Everything else goes on. */
  readonly relabel: (next: LabelsAndMeta) => Promise<void>;
  /** Starts to poll at the configured interval, if there is one; `firstAfter` in milliseconds. */
  readonly start: (firstAfter: number) => void;
  /**
   * Joins the poll in progress, or starts one, unless the last one ended less than `probeMinInterval` ago. Resolves
   * when its result has been published: to true, or to false where the monitor was stopped before or may not poll.
   */
  readonly probe: () => Promise<boolean>;
  /** Ends the polls, including the one in progress, and closes every connection. */
  readonly stop: () => Promise<void>;
}

/** Receives what is known of one cluster. */
export interface ClusterOutput {
  readonly admit: Admit;
  /** `result` is that of the poll that led to the state; absent before the first poll. */
  readonly publish: (state: ClusterState, history: ClusterHistory, result?: PollResult) => Promise<void>;
  /** Called when nothing more will be published. */
  readonly close: () => void;
}

export interface MonitorOptions {
  /** Asked before each poll. */
  readonly mayPoll: () => boolean;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly sharedTokens: SharedTokens;
}

export function createClusterMonitor(
  cluster: ClusterConfig,
  output: ClusterOutput,
  { mayPoll, logger: parentLogger, clock, sharedTokens }: MonitorOptions,
): ClusterMonitor {
  const { name, pollInterval, pollTimeout, probeMinInterval, physicalTenants } = cluster;
  const logger = parentLogger.child({ cluster: name });
  const connection = reconnectOnFileChange(cluster, { logger, clock, sharedTokens });
  const { admit } = output;
  const poll = createPoll({ connection: connection.current, pollTimeout, physicalTenants, clock, admit });
  const record = createRecord(cluster, output, { logger, clock });
  const labelled = createLabelledCluster(connection.cluster);
  const stopping = new AbortController();
  let lastEndedAt = Number.NEGATIVE_INFINITY;
  const polls = createSharedRun(async () => {
    if (!mayPoll()) return false;
    const result = await poll(stopping.signal);
    // The result of a poll that the stop has ended says nothing about the cluster.
    if (stopping.signal.aborted) return false;
    await record.add(result);
    lastEndedAt = clock.monotonic();
    return true;
  });
  let loop: Promise<void> | undefined;

  return {
    get cluster() {
      return labelled.current();
    },
    requestsApart: () => (stopping.signal.aborted ? undefined : connection.requestsApart()),
    ready: () => pollInterval === 0 || record.hasResult(),
    publish: record.publish,
    relabel: async (next) => {
      labelled.relabel(next);
      await record.setLabels(next.labels);
    },
    start: (firstAfter) => {
      if (pollInterval === 0) return;
      loop = runPollingLoop({ poll: polls.join, pollInterval, firstAfter, clock }, stopping.signal);
    },
    probe: async () => clock.monotonic() - lastEndedAt < probeMinInterval || polls.join(),
    stop: async () => {
      stopping.abort();
      await Promise.all([loop, polls.current()]);
      output.close();
      await connection.close();
    },
  };
}

interface LabelledCluster {
  /** The settings in use, with the labels and meta data set last. The same object until one of them changes. */
  readonly current: () => ClusterConfig;
  readonly relabel: (next: LabelsAndMeta) => void;
}

/**
 * Keeps the labels and meta data of a cluster, as settings that are built again from its files have those of the start.
 */
function createLabelledCluster(settings: () => ClusterConfig): LabelledCluster {
  let latest = settings();
  let current = latest;
  const relabel = ({ labels, meta }: LabelsAndMeta) => {
    latest = settings();
    current = { ...latest, labels, meta };
  };
  return {
    current: () => {
      if (latest !== settings()) relabel(current);
      return current;
    },
    relabel,
  };
}

interface SharedRun<T> {
  /** Joins the run in progress, or starts one. */
  readonly join: () => Promise<T>;
  /** The run in progress, if any. */
  readonly current: () => Promise<T> | undefined;
}

function createSharedRun<T>(run: () => Promise<T>): SharedRun<T> {
  let current: Promise<T> | undefined;
  return {
    join: () => {
      current ??= run().finally(() => {
        current = undefined;
      });
      return current;
    },
    current: () => current,
  };
}

/**
 * The state of a cluster and its history, published and logged after each poll. It is published in the order of
 * changes.
 */
interface ClusterRecord {
  readonly publish: () => Promise<void>;
  readonly setLabels: (labels: StaticLabels) => Promise<void>;
  readonly add: (result: PollResult) => Promise<void>;
  readonly hasResult: () => boolean;
}

function createRecord(
  cluster: ClusterConfig,
  { publish }: ClusterOutput,
  { logger, clock }: Pick<MonitorOptions, 'logger' | 'clock'>,
): ClusterRecord {
  const log = createPollLog(logger, clock);
  const noteTenant = createTenantNote(cluster, logger);
  const inTurn = createTurns();
  let state = initialState(cluster);
  let history = noHistory;
  let hasResult = false;
  return {
    publish: () => inTurn(() => publish(state, history)),
    setLabels: (labels) =>
      inTurn(async () => {
        if (equal(state.labels, labels)) return;
        state = { ...state, labels };
        await publish(state, history);
      }),
    add: (result) =>
      inTurn(async () => {
        const yieldWhenBusy = createYielder();
        const previous = state;
        state = nextState(previous, result);
        history = nextHistory(history, previous, state);
        await yieldWhenBusy();
        await publish(state, history, result);
        hasResult = true;
        log(state, history.latest);
        noteTenant(state);
      }),
    hasResult: () => hasResult,
  };
}

/** Logs once that polls see one of several physical tenants, if that may be so. */
function createTenantNote({ address, settingNames }: ClusterConfig, logger: Logger): (state: ClusterState) => void {
  let isNoted = false;
  let latest: ClusterState['view'];
  return ({ view }) => {
    if (isNoted || !view || view === latest) return;
    latest = view;
    if (!tellsOfDefaultAlone(address, view.topology)) return;
    isNoted = true;
    logger.info(
      { gatewayVersion: view.topology.gatewayVersion },
      `polls see the physical tenant default alone: if the cluster has others, set ${settingNames.physical_tenants} to all, ` +
        'and the credentials of a cluster admin',
    );
  };
}

export interface PollingLoopOptions {
  /** Resolves when the result has been dealt with; ended early by the signal of the loop. */
  readonly poll: () => Promise<unknown>;
  /** Milliseconds. */
  readonly pollInterval: number;
  /** Milliseconds until the first poll. */
  readonly firstAfter: number;
  readonly clock: Clock;
}

/**
 * Polls until the signal aborts: never two polls at a time, and at start + n × interval, without drift. Slots that pass
 * completely during a poll are skipped.
 */
export async function runPollingLoop(options: PollingLoopOptions, signal: AbortSignal): Promise<void> {
  const { poll, pollInterval, firstAfter, clock } = options;
  const start = clock.monotonic() + firstAfter;
  for (let slot = 0; ; ) {
    await sleep(start + slot * pollInterval - clock.monotonic(), signal);
    if (signal.aborted) return;
    await poll();
    slot = Math.max(slot + 1, Math.floor((clock.monotonic() - start) / pollInterval));
  }
}
