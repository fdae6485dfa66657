import { type Clock, sleep } from '../clock.ts';
import type { Environment } from '../config/environment.ts';
import { ConfigError, lineOf } from '../config/problem.ts';
import type { KubernetesDiscovery } from '../config/provider-config.ts';
import type { Services, ServicesOptions } from '../kubernetes/services.ts';
import { isAllowed } from './kubernetes-cluster.ts';
import { createKubernetesLists } from './kubernetes-lists.ts';
import type { Discovered, Provider } from './provider.ts';

export interface KubernetesProviderOptions {
  readonly clock: Clock;
  readonly env?: Environment;
}

/** Milliseconds for which changes are collected: many Services that change together are one refresh. */
const changesInterval = 1_000;
/** Milliseconds after a failure; doubled after each further one, up to the interval of refreshes. */
const firstPause = 1_000;

/**
 * Discovers the clusters behind Services of Kubernetes. The Services are listed at each interval, and watched until the
 * next one. So the watch only makes the discovery of a change faster: if it is silent although it is broken, the next
 * list shows what has changed, and an API server that does not respond is noticed then at the latest.
 */
export function createKubernetesProvider(config: KubernetesDiscovery, options: KubernetesProviderOptions): Provider {
  const allows: Discovered['allows'] = (permission) => isAllowed(permission, config);
  return {
    name: 'kubernetes',
    discover: async function* (signal) {
      for await (const discovered of discover(config, options, signal)) yield { ...discovered, allows };
    },
  };
}

async function* discover(
  config: KubernetesDiscovery,
  { clock, env = process.env }: KubernetesProviderOptions,
  signal: AbortSignal,
): AsyncGenerator<Discovered, void> {
  const { namespaces, labelSelector, interval } = config;
  const selection = { labelSelector, ...(namespaces && { namespaces }) };
  // Loaded only here: the client of Kubernetes takes half a second and 90 MB.
  const { openServices } = await import('../kubernetes/services.ts');
  const open: FollowOptions['open'] = (callbacks) => openServices({ env, ...selection, ...callbacks }, signal);
  const readLists = createKubernetesLists(config);
  for (let failures = 0; !signal.aborted; ) {
    const retryAfter = Math.min(firstPause * 2 ** failures, interval);
    const hasFailed = yield* follow({ open, readLists, clock, interval, retryAfter }, signal);
    failures = hasFailed ? failures + 1 : 0;
  }
}

interface FollowOptions {
  readonly open: (callbacks: Pick<ServicesOptions, 'onChange' | 'onEnd'>) => Promise<Services>;
  readonly readLists: ReturnType<typeof createKubernetesLists>;
  readonly clock: Clock;
  /** Milliseconds after which the Services are listed again; `retryAfter` is that after a failure. */
  readonly interval: number;
  readonly retryAfter: number;
}

/** Lists the Services, and follows their changes until they are to be listed again. Returns whether anything failed. */
async function* follow(options: FollowOptions, signal: AbortSignal): AsyncGenerator<Discovered, boolean> {
  const { readLists, clock, interval, retryAfter } = options;
  const changes = createServiceChanges();
  const services = await opened(options, changes);
  if ('problems' in services) {
    yield { ok: false, ...services };
    await sleep(retryAfter, signal);
    return true;
  }
  try {
    const isIncomplete = services.found.some(({ ok }) => !ok);
    yield* unlessAborted(readLists(services, true, signal), signal);
    const until = clock.monotonic() + (isIncomplete ? retryAfter : interval);
    while (!signal.aborted && !changes.haveEnded() && clock.monotonic() < until) {
      await sleep(Math.min(changesInterval, until - clock.monotonic()), signal);
      if (!signal.aborted && changes.take()) yield* unlessAborted(readLists(services, false, signal), signal);
    }
    if (changes.haveEnded()) await sleep(retryAfter, signal);
    return isIncomplete || changes.haveEnded();
  } finally {
    await services.close();
  }
}

/** What was found after the provider was stopped is not complete. */
async function* unlessAborted(found: Promise<Discovered>, signal: AbortSignal): AsyncGenerator<Discovered, void> {
  const discovered = await found;
  if (!signal.aborted) yield discovered;
}

async function opened(
  { open }: FollowOptions,
  { onChange, onEnd }: ServiceChanges,
): Promise<Services | { readonly problems: readonly string[] }> {
  try {
    return await open({ onChange, onEnd });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { problems: error.problems.map(lineOf) };
  }
}

interface ServiceChanges extends Pick<ServicesOptions, 'onChange' | 'onEnd'> {
  /** Returns whether there were changes since the last call. */
  readonly take: () => boolean;
  /** Whether further changes are not noticed. */
  readonly haveEnded: () => boolean;
}

function createServiceChanges(): ServiceChanges {
  let isPresent = false;
  let isOver = false;
  return {
    onChange: () => {
      isPresent = true;
    },
    onEnd: () => {
      isOver = true;
    },
    take: () => {
      const taken = isPresent;
      isPresent = false;
      return taken;
    },
    haveEnded: () => isOver,
  };
}
