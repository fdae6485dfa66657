import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Config, ListenAddress } from '../config/config.ts';
import { createWebConfigWatcher, type WebConfigWatcher } from '../config/web-config-watcher.ts';
import { restrictAccess } from './access.ts';
import { type ListenOptions, listen, type RunningServer } from './server.ts';
import { createStartupHandler } from './startup.ts';

/** The servers on all addresses of the exporter. Before `serve`, they answer `/-/healthy`, and other requests wait. */
export interface Servers {
  /** As bound, in the order of the configuration. */
  readonly addresses: readonly string[];
  readonly scheme: 'http' | 'https';
  /** Absent: plain HTTP. */
  readonly web: WebConfigWatcher | undefined;
  /** Lets the application answer every request from now on, and those that wait. */
  readonly serve: (application: RequestListener) => void;
  /** Answers the requests in progress, then closes every connection. */
  readonly close: () => Promise<void>;
}

/** Rejects with a `ListenError`, with no server left running, if an address cannot be bound. */
export async function listenOnAll(
  { web: { listenAddresses }, webConfig }: Pick<Config, 'web' | 'webConfig'>,
  { logger, clock }: { readonly logger: Logger; readonly clock: Clock },
): Promise<Servers> {
  const web = webConfig && createWebConfigWatcher(webConfig, { logger, clock });
  const startup = createStartupHandler();
  const servers = await bindAll(await restrictAccess(startup.handler, web), listenAddresses, { web, logger });
  return {
    addresses: servers.map(({ address }) => address),
    scheme: web?.current().tls ? 'https' : 'http',
    web,
    serve: startup.handOverTo,
    close: () => closeAll(servers),
  };
}

async function bindAll(
  handler: RequestListener,
  addresses: readonly ListenAddress[],
  options: ListenOptions,
): Promise<readonly RunningServer[]> {
  const failures: ListenFailure[] = [];
  const binding = addresses.map((address) =>
    listen(handler, address, options).catch((cause: unknown) => {
      failures.push({ address, cause });
    }),
  );
  const servers = (await Promise.all(binding)).filter((server) => server !== undefined);
  if (failures.length === 0) return servers;
  await closeAll(servers);
  throw new ListenError(failures);
}

async function closeAll(servers: readonly RunningServer[]): Promise<void> {
  await Promise.all(servers.map(({ close }) => close()));
}

export interface ListenFailure {
  readonly address: ListenAddress;
  readonly cause: unknown;
}

/** Some addresses could not be bound; the message names each of them, the reason and the remedy. */
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
  EACCES: 'this user may not use the port: choose a port from 1024 on, or give the process CAP_NET_BIND_SERVICE',
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
