import type { Logger } from 'pino';
import { type Clock, systemClock } from '../src/clock.ts';
import type { Load } from '../src/cluster/reload.ts';
import type { Config } from '../src/config/config.ts';
import { type Exporter, startExporter as startBehind } from '../src/exporter.ts';
import { listenOnAll, type Servers } from '../src/http/listen.ts';

export type RunningExporter = Exporter & Pick<Servers, 'addresses' | 'scheme'>;

/** Listens and starts the exporter, as `serve` does. By default, a reload finds the same configuration. */
export async function startExporter(
  config: Config,
  logger: Logger,
  clock: Clock = systemClock,
  load: Load = async () => ({ config, notices: [] }),
): Promise<RunningExporter> {
  const servers = await listenOnAll(config, { logger, clock });
  const exporter = await startBehind({ config, servers, load, logger, clock });
  return { ...exporter, addresses: servers.addresses, scheme: servers.scheme };
}
