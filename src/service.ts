import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import { watchClusters } from './clusters.ts';
import type { Config } from './config/config.ts';
import { createApp } from './http/app.ts';
import { createStatusFeed } from './http/status-feed.ts';
import { shareOfMemory } from './memory.ts';
import { createPage } from './metrics/page.ts';
import { createPageBudget } from './metrics/page-budget.ts';
import { createProcessMetrics } from './metrics/process-families.ts';
import { createReload, type Load, type Reloaded } from './reload.ts';
import type { WebConfigWatch } from './web-config/watch.ts';

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
export async function startService({ config, web, load, logger, clock }: ServiceOptions): Promise<Service> {
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
