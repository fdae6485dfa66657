import { Secret } from '../secret.ts';

/** Rejects empty text and control characters, which are not allowed in headers and logs. */
export function singleLineText(raw: string): string {
  if (raw === '' || /\p{Cc}/u.test(raw)) throw new Error('text without control characters, not empty');
  return raw;
}

export function oneOf<const V extends string>(values: readonly V[]): (raw: string) => V {
  return (raw) => {
    const value = values.find((candidate) => candidate === raw);
    if (value === undefined) throw new Error(`${values.length === 1 ? 'the word' : 'one of'} ${values.join(', ')}`);
    return value;
  };
}

/** Returns a format that translates the names of a set. */
export function named<const T extends Readonly<Record<string, string>>>(names: T): (raw: string) => T[keyof T] {
  return (raw) => {
    if (!Object.hasOwn(names, raw)) throw new Error(`one of ${Object.keys(names).join(', ')}`);
    return names[raw as keyof T];
  };
}

export const authStrategies = ['NONE', 'BASIC', 'OAUTH'] as const;

export function authStrategy(raw: string): (typeof authStrategies)[number] {
  return oneOf(authStrategies)(raw.toUpperCase());
}

export function clusterName(raw: string): string {
  if ([...singleLineText(raw)].length > 128) throw new Error('a name of at most 128 characters');
  return raw;
}

/** Whether the text can be a label of a host name or a segment of a path. */
export function isSaasName(raw: string): boolean {
  return /^[\w-]+$/.test(raw);
}

export function saasName(raw: string): string {
  if (!isSaasName(raw)) throw new Error('letters, digits and hyphens only');
  return raw;
}

/** RFC 7617, 2: the first colon ends the user name. */
export function username(raw: string): string {
  if (singleLineText(raw).includes(':')) throw new Error('a user name without a colon (RFC 7617)');
  return raw;
}

export function secret(raw: string): Secret {
  return new Secret(singleLineText(raw));
}

/** RFC 6749, 3.3. */
export function scopes(raw: readonly string[]): readonly string[] {
  if (!raw.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))) {
    throw new Error('scopes without spaces, quotes and backslashes, one an entry');
  }
  return raw;
}

type Pairs = readonly (readonly [name: string, value: string])[];
type Secrets = Readonly<Record<string, Secret>>;

function secrets(pairs: Pairs): Secrets {
  return Object.fromEntries(pairs.map(([name, value]) => [name, new Secret(value)]));
}

/** Credentials have their own settings. The others belong to one connection (RFC 9110, 7.6.1) or to the client. */
const refusedHeaders = new Set(
  (
    'authorization proxy-authorization host content-length ' +
    'connection expect keep-alive proxy-connection te trailer transfer-encoding upgrade'
  ).split(' '),
);

/** RFC 9110, 5.5 and 5.6.2. */
export function headers(raw: Pairs): Secrets {
  const seen = new Set<string>();
  for (const [name, value] of raw) {
    const lowerCase = name.toLowerCase();
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) throw new Error('header names of letters, digits and hyphens');
    if (refusedHeaders.has(lowerCase)) {
      throw new Error(`headers other than ${lowerCase} (credentials belong in basic_auth, oauth2 or proxy_url)`);
    }
    if (seen.has(lowerCase)) throw new Error(`each header once (${lowerCase} is there twice)`);
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new Error(`a value of the header ${lowerCase} without control characters and characters beyond Latin-1`);
    }
    seen.add(lowerCase);
  }
  return secrets(raw);
}

export const minRequestsPerSecond = 0.1;
export const maxRequestsPerSecond = 1_000;

export function requestsPerSecond(raw: number): number {
  if (raw >= minRequestsPerSecond && raw <= maxRequestsPerSecond) return raw;
  throw new Error(`a number from ${minRequestsPerSecond} to ${maxRequestsPerSecond}`);
}

const ownParameters = [
  'grant_type',
  'client_id',
  'client_secret',
  'audience',
  'scope',
  'resource',
  'client_assertion',
  'client_assertion_type',
];

export function endpointParams(raw: Pairs): Secrets {
  const own = raw.find(([name]) => ownParameters.includes(name));
  if (own !== undefined) {
    throw new Error(`parameters other than ${own[0]} (the settings beside endpoint_params fill it)`);
  }
  if (raw.some(([name]) => name === '')) throw new Error('parameters with a name');
  return secrets(raw);
}

const pattern = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const second = 1000;
const day = 24 * 60 * 60 * second;
const unitsOfPattern = [365 * day, 7 * day, day, day / 24, 60 * second, second, 1];

/**
 * Returns the milliseconds of a duration in Prometheus' format: `15s`, `1m30s`, `0`. Each unit occurs at most once,
 * from the largest to the smallest (prometheus/common, model.ParseDuration).
 */
export function duration(raw: string): number {
  if (raw === '0') return 0;
  const amounts = pattern.exec(raw)?.slice(1);
  if (raw === '' || amounts === undefined) throw new Error('a duration such as 15s or 1m30s');
  return unitsOfPattern.reduce((sum, unit, index) => sum + unit * Number(amounts[index] ?? 0), 0);
}

export function pollInterval(raw: string): number {
  const milliseconds = duration(raw);
  if (milliseconds !== 0 && (milliseconds < second || milliseconds > day)) {
    throw new Error('a duration from 1s to 24h, or 0');
  }
  return milliseconds;
}

/** A number from 0, alone or at the end of the name of a StatefulSet's pod. */
export function shardIndex(raw: string): number {
  const [, index] = /^(?:[a-z\d][a-z\d.-]*-)?(\d{1,4})$/.exec(raw) ?? [];
  if (index === undefined)
    throw new Error('a number from 0, or the name of a pod that ends in one, such as exporter-0');
  return Number(index);
}

/** A DNS subdomain (RFC 1123), as names of Kubernetes are; short enough for a hyphen and a number behind it. */
export function kubernetesName(raw: string): string {
  if (raw.length > 240 || !/^[a-z\d]([a-z\d-]*[a-z\d])?(\.[a-z\d]([a-z\d-]*[a-z\d])?)*$/.test(raw)) {
    throw new Error('lower-case letters, digits, hyphens and dots, at most 240');
  }
  return raw;
}

const maxShards = 100;

export function shardCount(raw: string): number {
  const count = /^\d{1,4}$/.test(raw) ? Number(raw) : 0;
  if (count < 1 || count > maxShards) throw new Error(`a number from 1 to ${maxShards}`);
  return count;
}

export function pollTimeout(raw: string): number {
  const milliseconds = duration(raw);
  if (milliseconds === 0 || milliseconds > day) throw new Error('a duration above 0, at most 24h');
  return milliseconds;
}

export function probeMinInterval(raw: string): number {
  const milliseconds = duration(raw);
  if (milliseconds > day) throw new Error('a duration of at most 24h');
  return milliseconds;
}

export function discoveryInterval(raw: string): number {
  const milliseconds = duration(raw);
  if (milliseconds < second || milliseconds > day) throw new Error('a duration from 1s to 24h');
  return milliseconds;
}
