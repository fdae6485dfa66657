import type { ListenAddress } from './config/config.ts';

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
