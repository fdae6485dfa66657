import type { Logger } from 'pino';
import type { Replacement } from '../cluster/clusters.ts';
import type { Fleet, IsOwn, SelectDiscovered } from '../cluster/fleet.ts';
import { summary } from '../cluster/reload.ts';
import { type DiscoveryConfig, type DiscoveryProvider, discoveryProviders } from '../config/config.ts';
import { equal } from '../config/equal.ts';
import { omitUndefined } from '../omit-undefined.ts';
import type { AdministrationApiOptions } from './administration-api.ts';
import type { ComponentStatus } from './component-status.ts';
import { chooseClusters, nothingInUse, type ProviderClusters, type ProviderState } from './discovered-clusters.ts';
import { createFilesProvider } from './files-provider.ts';
import { createKubernetesProvider } from './kubernetes-provider.ts';
import type { Discovered, Provider } from './provider.ts';
import { createSaasProvider } from './saas-provider.ts';

/** The state of a provider. */
export interface DiscoveryReport {
  readonly provider: DiscoveryProvider;
  /** Whether everything that was found can be used. */
  readonly isUp: boolean;
  /** When the provider was last refreshed: Unix time in milliseconds. */
  readonly at: number;
  /** How many of its clusters this exporter polls; absent if that is as before. */
  readonly clusterCount?: number;
  /** Of the clusters that this exporter polls or would poll. Absent if the provider does not know any, or failed. */
  readonly statuses?: readonly ComponentStatus[];
}

export interface ClusterDiscoveryOptions extends AdministrationApiOptions {
  readonly fleet: Pick<Fleet, 'discover'>;
  /** Called after each refresh of a provider, and when something else has changed its state. */
  readonly record: (report: DiscoveryReport) => void;
  /** Called when a provider is no longer configured. */
  readonly forget: (provider: DiscoveryProvider) => void;
  /** Called when each provider has refreshed its clusters once, successfully or not. */
  readonly refreshed: () => void;
  readonly logger: Logger;
}

/** Runs the providers and polls what they find. */
export interface ClusterDiscovery {
  /**
   * Starts the providers of the configuration instead of the present ones. Their clusters stay until they are found
   * again.
   */
  readonly configure: (config: DiscoveryConfig | undefined) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export function createClusterDiscovery(options: ClusterDiscoveryOptions): ClusterDiscovery {
  const { publish, remove } = createPublisher(options);
  const awaited = new Set<DiscoveryProvider>();
  const running = new Map<DiscoveryProvider, RunningProvider>();

  const awaitNoLonger = (name: DiscoveryProvider) => {
    if (awaited.delete(name) && awaited.size === 0) options.refreshed();
  };
  const run = async ({ name, discover }: Provider, signal: AbortSignal) => {
    for await (const discovered of discover(signal)) {
      await publish(name, discovered);
      awaitNoLonger(name);
    }
  };
  const start = (provider: Provider, settings: unknown) => {
    const stopping = new AbortController();
    running.set(provider.name, { settings, stopping, ended: run(provider, stopping.signal) });
  };
  const stop = async (name: DiscoveryProvider) => {
    const provider = running.get(name);
    running.delete(name);
    provider?.stopping.abort();
    await provider?.ended;
  };
  return {
    configure: async (config = {}) => {
      const changed = discoveryProviders.filter((name) => !goesOn(name, running.get(name), config));
      for (const name of changed) if (config[name]) awaited.add(name);
      for (const name of changed) {
        // Created before the previous one ends, so that the two share the token and the limit of token requests.
        const provider = providerOf(name, config, options);
        await stop(name);
        if (provider) {
          start(provider, config[name]);
        } else {
          await remove(name);
          awaitNoLonger(name);
        }
      }
    },
    stop: async () => {
      await Promise.all(discoveryProviders.map(stop));
    },
  };
}

interface RunningProvider {
  readonly settings: unknown;
  readonly stopping: AbortController;
  readonly ended: Promise<void>;
}

/**
 * A reload reads the files at once. It starts the other providers only if their settings changed: that costs requests.
 */
function goesOn(name: DiscoveryProvider, running: RunningProvider | undefined, config: DiscoveryConfig): boolean {
  return name !== 'files' && running !== undefined && equal(running.settings, config[name]);
}

function providerOf(
  name: DiscoveryProvider,
  { files, saas, kubernetes }: DiscoveryConfig,
  options: ClusterDiscoveryOptions,
): Provider | undefined {
  switch (name) {
    case 'files':
      return files && createFilesProvider(files, options);
    case 'saas':
      return saas && createSaasProvider(saas, options);
    case 'kubernetes':
      return kubernetes && createKubernetesProvider(kubernetes, options);
  }
}

interface Publisher {
  /** Polls the clusters that the providers have found, of which this one has found others. Never rejects. */
  readonly publish: (provider: DiscoveryProvider, discovered: Discovered) => Promise<void>;
  /** Removes the clusters of a provider. Never rejects. */
  readonly remove: (provider: DiscoveryProvider) => Promise<void>;
}

function createPublisher({ fleet, record, forget, logger, clock }: ClusterDiscoveryOptions): Publisher {
  const states = new Map<DiscoveryProvider, ProviderState>();
  const reports = createReports(record);
  const problems = createProblemLog(logger);
  let inUse: ReadonlySet<string> = new Set();

  const select: SelectDiscovered = (configured, room) => {
    const selected = discoveryProviders.flatMap((name) => {
      const state = states.get(name);
      return state ? [[name, state] as const] : [];
    });
    const chosen = chooseClusters(configured, selected, { room, polled: inUse });
    const clusters = [...chosen.values()].flatMap((own) => own.clusters);
    const applied = (isOwn: IsOwn) => {
      inUse = new Set(clusters.map(({ name }) => name));
      for (const [name, { latest, at }] of selected) {
        const [state, own] = [states.get(name), chosen.get(name)];
        if (!state || !own) continue;
        states.set(name, { ...state, inUse: own.inUse });
        problems.log(name, own);
        reports.record(reportOf(name, { latest, at }, own, isOwn));
      }
    };
    return { clusters, applied };
  };
  const apply = async (changed: DiscoveryProvider) => {
    try {
      const replacement = await fleet.discover(select);
      replacement.begin();
      logChanges(logger, changed, replacement);
    } catch (error) {
      const message = 'the discovered clusters cannot be polled, the previous ones stay';
      logger.error({ err: error, provider: changed }, message);
      reports.record({ provider: changed, isUp: false, at: clock.now() });
    }
  };
  return {
    publish: async (name, latest) => {
      states.set(name, { latest, at: clock.now(), inUse: states.get(name)?.inUse ?? nothingInUse });
      await apply(name);
    },
    remove: async (name) => {
      if (states.delete(name)) await apply(name);
      problems.forget(name);
      reports.forget(name);
      forget(name);
    },
  };
}

function reportOf(
  provider: DiscoveryProvider,
  { latest, at }: Pick<ProviderState, 'latest' | 'at'>,
  { clusters, problems }: ProviderClusters,
  isOwn: IsOwn,
): DiscoveryReport {
  const statuses = latest.ok ? latest.statuses : undefined;
  return {
    provider,
    isUp: problems.length === 0,
    at,
    clusterCount: clusters.filter(({ name }) => isOwn(name)).length,
    ...omitUndefined({ statuses: statuses && ownStatuses(statuses, isOwn) }),
  };
}

/** Asks for each name once, although a cluster has several components. */
function ownStatuses(statuses: readonly ComponentStatus[], isOwn: IsOwn): readonly ComponentStatus[] {
  const own = new Set([...new Set(statuses.map(({ cluster }) => cluster))].filter(isOwn));
  return statuses.filter(({ cluster }) => own.has(cluster));
}

function logChanges(logger: Logger, provider: DiscoveryProvider, replacement: Replacement): void {
  const { unchanged, changed, added, removed } = replacement;
  if (changed.length + added.length + removed.length === 0) return;
  const details = { provider, unchanged: unchanged.length, changed, added, removed };
  logger.info(details, `the discovered clusters have changed (${provider}): ${summary(replacement)}`);
}

interface Reports {
  readonly record: (report: DiscoveryReport) => void;
  readonly forget: (provider: DiscoveryProvider) => void;
}

/** Records a report of a provider if it differs from the last one. */
function createReports(record: ClusterDiscoveryOptions['record']): Reports {
  const recorded = new Map<DiscoveryProvider, DiscoveryReport>();
  return {
    record: (report) => {
      if (equal(report, recorded.get(report.provider))) return;
      recorded.set(report.provider, report);
      record(report);
    },
    forget: (provider) => recorded.delete(provider),
  };
}

interface ProblemLog {
  readonly log: (provider: DiscoveryProvider, clusters: ProviderClusters) => void;
  readonly forget: (provider: DiscoveryProvider) => void;
}

/** Logs the problems of a provider when they change, and when there are none any more. */
function createProblemLog(logger: Logger): ProblemLog {
  const logged = new Map<DiscoveryProvider, string>();
  return {
    log: (provider, { clusters, problems }) => {
      const text = problems.join('\n  ');
      if (text === (logged.get(provider) ?? '')) return;
      logged.set(provider, text);
      if (text === '') return logger.info({ provider }, `discovery (${provider}) works again`);
      const message = `discovery (${provider}) has problems (clusters in use: ${clusters.length})`;
      logger.warn({ provider, problems, clustersInUse: clusters.length }, `${message}:\n  ${text}`);
    },
    forget: (provider) => logged.delete(provider),
  };
}
