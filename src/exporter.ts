import type { RequestListener } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Clock, systemClock } from './clock.ts';
import { watchClusters } from './cluster/clusters.ts';
import { createReload, type Load, type Reloaded } from './cluster/reload.ts';
import type { Config, ListenAddress, WebConfig } from './config/config.ts';
import { openWebConfig, type WebConfigWatch } from './config/web-config-watcher.ts';
import { restrictAccess } from './http/access.ts';
import { createApp, createStartupHandler } from './http/app.ts';
import { type ListenOptions, listen, type RunningServer } from './http/server.ts';
import { keepHeapSmall, shareOfMemory } from './memory.ts';
import { createPage } from './metrics/page.ts';
import { createPageBudget } from './metrics/page-budget.ts';
import { createProcessMetrics } from './metrics/process-metrics.ts';
import { createStatusFeed } from './status/status-feed.ts';

export interface Exporter {
  /** As bound. */
  readonly addresses: readonly string[];
  readonly scheme: 'http' | 'https';
  /** Reads the configuration again and takes it, whole or not at all. Never rejects. */
  readonly reload: () => Promise<Reloaded>;
  /** Ends the polls, answers the requests in flight, and closes every connection. */
  readonly stop: () => Promise<void>;
}

/**
 * Serves at once, and then loads and starts what is to be served. `load` is for reloads. Rejects with a `ListenError`,
 * and nothing left running, where an address cannot be bound, and with a `ConfigError` where the web configuration or a
 * cluster's settings cannot be used.
 */
export async function startExporter(
  config: Config,
  logger: Logger,
  clock: Clock = systemClock,
  load: Load = () => ({ config, notices: [] }),
): Promise<Exporter> {
  const { configFile } = config.web;
  const web = configFile === undefined ? undefined : openWebConfig(configFile, { logger, clock });
  const startup = createStartupHandler();
  const servers = await listenOnAll(await restrictAccess(startup.handler, web), config.web, { web, logger });
  const close = async () => {
    await Promise.all(servers.map((server) => server.close()));
  };
  try {
    // What follows holds the loop for a while: whoever waits to hear that the process lives hears it now.
    await pause(pauseForProbes);
    keepHeapSmall();
    const { app, reload, stop } = await startService({ config, web, load, logger, clock });
    startup.handOverTo(app);
    return {
      addresses: servers.map(({ address }) => address),
      scheme: web?.current().tls ? 'https' : 'http',
      reload,
      stop: async () => {
        await Promise.all([stop(), close()]);
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Milliseconds. */
const pauseForProbes = 10;

/** All of them, or none. */
async function listenOnAll(
  handler: RequestListener,
  { listenAddresses }: WebConfig,
  options: ListenOptions,
): Promise<readonly RunningServer[]> {
  const failures: ListenFailure[] = [];
  const listening = listenAddresses.map((address) =>
    listen(handler, address, options).catch((cause: unknown) => {
      failures.push({ address, cause });
    }),
  );
  const servers = (await Promise.all(listening)).filter((server) => server !== undefined);
  if (failures.length === 0) return servers;
  await Promise.all(servers.map(({ close }) => close()));
  throw new ListenError(failures);
}

/** The exporter behind its servers. */
export interface Service {
  readonly app: RequestListener;
  /** Reads the configuration again and takes it, whole or not at all. Never rejects. */
  readonly reload: () => Promise<Reloaded>;
  /** Ends the polls. */
  readonly stop: () => Promise<void>;
}

export interface ServiceOptions {
  readonly config: Config;
  /** Absent: plain HTTP. */
  readonly web: WebConfigWatch | undefined;
  /** For reloads. */
  readonly load: Load;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** A page takes about three times its bytes: as text, compressed, and as the values of its series. */
const pageShare = 1 / 12;

/** Puts the parts together, and begins to poll. */
async function startService({ config, web, load, logger, clock }: ServiceOptions): Promise<Service> {
  const processMetrics = createProcessMetrics();
  const page = createPage([], processMetrics, clock);
  web?.follow((succeeded, certificateExpiry) => {
    processMetrics.webConfigRead(succeeded, certificateExpiry);
    page.refresh();
  });
  const status = createStatusFeed(clock);
  const budget = createPageBudget(shareOfMemory(pageShare));
  const clusters = watchClusters({ page, budget, status }, logger, clock);
  const record = (ok: boolean) => {
    processMetrics.reloaded(ok, clock.now());
    page.refresh();
  };
  const { begin } = await clusters.replace(config.clusters);
  record(true);

  const { reload, end } = createReload({ load, started: config, clusters, record, logger, clock });
  // Spread over the first interval: a start is no load peak for what the clusters have in common.
  begin(Number.POSITIVE_INFINITY);
  const { telemetryPath, allowedHosts } = config.web;
  return {
    app: createApp({ page, status, clusters, reload, telemetryPath, allowedHosts, logger }),
    reload,
    stop: async () => {
      await end();
      await clusters.stop();
    },
  };
}

export interface ListenFailure {
  readonly address: ListenAddress;
  readonly cause: unknown;
}

/** No server could be bound to some addresses; the message names each, why, and what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';

  constructor(failures: readonly ListenFailure[]) {
    super(failures.map(sentenceOf).join('; '));
  }
}

/** Each a reason and a remedy. */
const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'the address is in use, by another process or by another --web.listen-address: choose another port, or free this one',
  EACCES: 'this user may not: choose a port from 1024 on, or give the process CAP_NET_BIND_SERVICE',
  EPERM: 'the system forbids it (a security module or a sandbox): allow it there, or choose another port',
  EADDRNOTAVAIL: 'no network interface of this machine has that address: choose one that it has, or :PORT for all',
  ENOTFOUND: 'the host name is not known: correct it, or use an IP address, or :PORT for all',
  EAI_AGAIN: 'the host name cannot be looked up now: use an IP address, or :PORT for all',
  EAFNOSUPPORT: 'this machine has no IPv6: use an IPv4 address, such as 0.0.0.0:PORT for all',
  EINVAL: 'the address is not complete: a link-local one needs its interface, as in [fe80::1%eth0]:PORT',
};

function sentenceOf({ address: { host = '', port }, cause }: ListenFailure): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const why = reasons[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return `cannot listen on ${place} (--web.listen-address)${code === '' ? '' : `, ${code}`}: ${why}`;
}
