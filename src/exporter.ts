import type { RequestListener } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Clock, systemClock } from './clock.ts';
import type { Config, WebConfig } from './config/config.ts';
import { createDoor } from './http/door.ts';
import { createFront } from './http/front.ts';
import { type ListenOptions, listen, type RunningServer } from './http/server.ts';
import { ListenError, type ListenFailure } from './listen-error.ts';
import { keepHeapSmall } from './memory.ts';
import type { Load, Reloaded } from './reload.ts';
import { openWebConfig } from './web-config/watch.ts';

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
  const front = createFront();
  const servers = await listenOnAll(await createDoor(front.handler, web), config.web, { web, logger });
  const close = async () => {
    await Promise.all(servers.map((server) => server.close()));
  };
  try {
    // What follows holds the loop for a while: whoever waits to hear that the process lives hears it now.
    await pause(pauseForProbes);
    keepHeapSmall();
    const { startService } = await import('./service.ts');
    const { app, reload, stop } = await startService({ config, web, load, logger, clock });
    front.open(app);
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
