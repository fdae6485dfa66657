import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Replacement } from '../cluster/clusters.ts';
import type { Fleet } from '../cluster/fleet.ts';
import { summary } from '../cluster/reload.ts';
import {
  type ClusterConfig,
  type DiscoveryConfig,
  type DiscoveryProvider,
  discoveryProviders,
} from '../config/config.ts';
import { equal } from '../config/equal.ts';
import type { AdministrationApiOptions } from './administration-api.ts';
import type { ComponentStatus } from './component-status.ts';
import { chooseClusters, nothingInUse, type ProviderState } from './discovered-clusters.ts';
import { createFilesProvider } from './files-provider.ts';
import { createKubernetesProvider } from './kubernetes-provider.ts';
import type { Discovered, Provider } from './provider.ts';
import { createSaasProvider } from './saas-provider.ts';

/** The state of a provider after each refresh. */
export interface DiscoveryReport {
  readonly provider: DiscoveryProvider;
  /** Whether everything that was found can be used. */
  readonly isUp: boolean;
  /** Unix time in milliseconds. */
  readonly at: number;
  /** How many of its clusters are polled; absent if that is as before. */
  readonly clusterCount?: number;
  /** Absent if the provider does not know any, or failed. */
  readonly statuses?: readonly ComponentStatus[];
}

export interface ClusterDiscoveryOptions extends AdministrationApiOptions {
  readonly fleet: Pick<Fleet, 'discover'>;
  readonly record: (report: DiscoveryReport) => void;
  /** Called when a provider is no longer configured. */
  readonly forget: (provider: DiscoveryProvider) => void;
  /** Called when each provider has refreshed its clusters once, successfully or not. */
  readonly refreshed: () => void;
  readonly logger: Logger;
}

/** Runs the providers and polls what they find. */
export interface ClusterDiscovery {
  /** Starts the providers of the configuration instead of the present ones. Their clusters stay until they are found again. */
  readonly configure: (config: DiscoveryConfig | undefined) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export function createClusterDiscovery(options: ClusterDiscoveryOptions): ClusterDiscovery {
  const { forget } = options;
  const { publish, states } = createPublisher(options);
  const awaited = new Set<DiscoveryProvider>();
  const running = new Map<DiscoveryProvider, RunningProvider>();

  const awaitNoLonger = (name: DiscoveryProvider) => {
    if (awaited.delete(name) && awaited.size === 0) options.refreshed();
  };
  const run = async ({ name, discover }: Provider, signal: AbortSignal) => {
    for await (const discovered of discover(signal)) {
      states.set(name, { latest: discovered, inUse: states.get(name)?.inUse ?? nothingInUse });
      await publish(name);
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
  const remove = async (name: DiscoveryProvider) => {
    if (states.delete(name)) await publish(name);
    forget(name);
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

/** A reload reads the files at once. It starts the other providers only if their settings changed: that costs requests. */
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
  readonly states: Map<DiscoveryProvider, ProviderState>;
  /** Polls the clusters that the states lead to, and reports the state of the provider, which has changed. Never rejects. */
  readonly publish: (changed: DiscoveryProvider) => Promise<void>;
}

function createPublisher({ fleet, record, logger, clock }: ClusterDiscoveryOptions): Publisher {
  const states: Publisher['states'] = new Map();
  const logProblems = createProblemLog(logger);

  let polled: ReadonlySet<string> = new Set();
  const choose = (configured: readonly ClusterConfig[], room: number) =>
    chooseClusters(
      configured,
      discoveryProviders.flatMap((name) => {
        const state = states.get(name);
        return state ? [[name, state] as const] : [];
      }),
      { room, polled },
    );
  const replace = async () => {
    let chosen: ReturnType<typeof choose> = new Map();
    const replacement = await fleet.discover((configured, room) => {
      chosen = choose(configured, room);
      return [...chosen.values()].flatMap(({ clusters }) => clusters);
    });
    polled = new Set([...chosen.values()].flatMap(({ clusters }) => clusters.map(({ name }) => name)));
    for (const [name, { inUse }] of chosen) {
      const state = states.get(name);
      if (state) states.set(name, { ...state, inUse });
    }
    return { chosen, replacement };
  };
  return {
    states,
    publish: async (changed) => {
      try {
        const { chosen, replacement } = await replace();
        replacement.begin();
        logChanges(logger, changed, replacement);
        for (const [name, { problems }] of chosen) logProblems(name, problems);
        const own = chosen.get(changed);
        const latest = states.get(changed)?.latest;
        if (own && latest) record(reportOf(changed, own, latest, clock));
      } catch (error) {
        logger.error(
          { err: error, provider: changed },
          'the discovered clusters cannot be polled, the previous ones stay',
        );
        record({ provider: changed, isUp: false, at: clock.now() });
      }
    },
  };
}

function reportOf(
  provider: DiscoveryProvider,
  { clusters, problems }: { readonly clusters: readonly ClusterConfig[]; readonly problems: readonly string[] },
  latest: Discovered,
  clock: Clock,
): DiscoveryReport {
  const statuses = latest.ok ? latest.statuses : undefined;
  return {
    provider,
    isUp: problems.length === 0,
    at: clock.now(),
    clusterCount: clusters.length,
    ...(statuses && { statuses }),
  };
}

function logChanges(logger: Logger, provider: DiscoveryProvider, replacement: Replacement): void {
  const { unchanged, changed, added, removed } = replacement;
  if (changed.length + added.length + removed.length === 0) return;
  const details = { provider, unchanged: unchanged.length, changed, added, removed };
  logger.info(details, `the discovered clusters have changed (${provider}): ${summary(replacement)}`);
}

/** Logs the problems of a provider when they change, and when there are none any more. */
function createProblemLog(logger: Logger): (provider: DiscoveryProvider, problems: readonly string[]) => void {
  const logged = new Map<DiscoveryProvider, string>();
  return (provider, problems) => {
    const text = problems.join('\n  ');
    if (text === (logged.get(provider) ?? '')) return;
    logged.set(provider, text);
    if (text === '') logger.info({ provider }, `discovery (${provider}) works again`);
    else
      logger.warn(
        { provider, problems },
        `discovery (${provider}) has problems, the previous clusters stay in use:\n  ${text}`,
      );
  };
}
