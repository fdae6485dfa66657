import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import { type Clock, systemClock } from './clock.ts';
import { watchClusters } from './clusters.ts';
import type { Config, WebConfig } from './config/config.ts';
import { createApp } from './http/app.ts';
import { createDoor } from './http/door.ts';
import { type ListenOptions, listen, type RunningServer } from './http/server.ts';
import { createStatusFeed } from './http/status-feed.ts';
import { createPage } from './metrics/page.ts';
import { createProcessMetrics } from './metrics/process-families.ts';
import { createReload, type Load, type Reloaded } from './reload.ts';
import { openWebConfig, type WebConfigOptions } from './web-config/watch.ts';

export interface Exporter {
  /** As bound. */
  readonly addresses: readonly string[];
  /** Reads the configuration again and takes it, whole or not at all. Never rejects. */
  readonly reload: () => Promise<Reloaded>;
  /** Ends the polls, answers the requests in flight, and closes every connection. */
  readonly stop: () => Promise<void>;
}

/** No server could be bound to some addresses; the message names them. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/**
 * Puts the parts together and starts them. `load` is for reloads. Rejects with a `ListenError`, and nothing left
 * running, where an address cannot be bound, and with a `ConfigError` where the web configuration cannot be used.
 */
export async function startExporter(
  config: Config,
  logger: Logger,
  clock: Clock = systemClock,
  load: Load = () => ({ config, notices: [] }),
): Promise<Exporter> {
  const processMetrics = createProcessMetrics();
  const page = createPage([], processMetrics, clock);
  const { configFile } = config.web;
  const onRead: WebConfigOptions['onRead'] = (succeeded, certificateExpiry) => {
    processMetrics.webConfigRead(succeeded, certificateExpiry);
    page.refresh();
  };
  const web = configFile === undefined ? undefined : openWebConfig(configFile, { logger, clock, onRead });
  const status = createStatusFeed(clock);
  const clusters = watchClusters({ page, status }, logger, clock);
  const record = (ok: boolean) => {
    processMetrics.reloaded(ok, clock.now());
    page.refresh();
  };
  const { begin } = await clusters.replace(config.clusters);
  record(true);

  const { reload, end } = createReload({ load, started: config, clusters, record, logger });
  const app = createApp({ page, status, clusters, reload, telemetryPath: config.web.telemetryPath, logger });
  const servers = await listenOnAll(await createDoor(app, web), config.web, { web, logger });

  // Spread over the first interval: a start is no load peak for what the clusters have in common.
  begin(Number.POSITIVE_INFINITY);
  return {
    addresses: servers.map(({ address }) => address),
    reload,
    stop: async () => {
      await end();
      await Promise.all([clusters.stop(), ...servers.map(({ close }) => close())]);
    },
  };
}

/** All of them, or none. */
async function listenOnAll(
  handler: RequestListener,
  { listenAddresses }: WebConfig,
  options: ListenOptions,
): Promise<readonly RunningServer[]> {
  const results = await Promise.allSettled(listenAddresses.map((address) => listen(handler, address, options)));
  const servers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [messageOf(result.reason)] : []));
  if (failures.length === 0) return servers;
  await Promise.all(servers.map(({ close }) => close()));
  throw new ListenError(failures.join('; '));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
