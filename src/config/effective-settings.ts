import type { ClusterConfig } from './config.ts';
import type { Environment } from './environment.ts';
import type { Settings } from './resolve.ts';
import { hide, type Key, type Raw, type Setting, type Table } from './setting.ts';
import { clusterTable } from './settings-table.ts';

export type ClusterKey = Key<typeof clusterTable>;

/** A setting that a cluster runs with. */
export interface SettingInForce {
  readonly key: ClusterKey;
  /** As it was written, or `<secret>`. */
  readonly value: string;
  /** `exporter.yml:12: clusters[0].oauth2.client_id`, `CAMUNDA_CLIENT_ID`, `default`. */
  readonly place: string;
}

/** What an operator may want to know of the settings behind a `ClusterConfig`. */
export interface ClusterOrigin {
  /** Whether a configuration file describes the cluster, or the environment. */
  readonly fromFile: boolean;
  settings(): readonly SettingInForce[];
  /** What to call a setting, set or not: its key in the file, the variable for the environment. */
  name(key: ClusterKey): string;
}

export interface LoadedCluster {
  readonly config: ClusterConfig;
  readonly origin: ClusterOrigin;
}

const table: Table = clusterTable;
const keys = Object.keys(clusterTable) as ClusterKey[];

export function originOf(
  settings: Settings<typeof clusterTable>,
  config: ClusterConfig,
  env: Environment,
  fromFile: boolean,
): ClusterOrigin {
  const names = settingNamesOf(settings, fromFile);
  const placeOf = (key: ClusterKey): string => {
    const place = settings.has(key) ? settings.place(key) : 'default';
    const isUnsetVariable = table[key]?.variables?.includes(place) && (env[place] ?? '') === '';
    return isUnsetVariable ? 'default' : place;
  };
  const inForce = (key: ClusterKey): SettingInForce | undefined => {
    const setting = table[key];
    const value = setting && shownOf(setting, settings.raw(key));
    const written = value ? { key, value, place: placeOf(key) } : undefined;
    return settings.has(key) ? written : (derived(key, config, placeOf('address')) ?? written);
  };
  return {
    fromFile,
    settings: () => keys.filter((key) => isUsed(key, config)).flatMap((key) => inForce(key) ?? []),
    name: (key) => names[key],
  };
}

/** Names each setting, given or not. Of several variables it is the one that is set, else the first. */
export function settingNamesOf(
  settings: Settings<typeof clusterTable>,
  fromFile: boolean,
): Readonly<Record<ClusterKey, string>> {
  const name = (key: ClusterKey): string => {
    if (fromFile) return key;
    return table[key]?.variables === undefined
      ? `${key} in a configuration file (no variable sets it)`
      : settings.name(key);
  };
  return Object.fromEntries(keys.map((key) => [key, name(key)])) as Readonly<Record<ClusterKey, string>>;
}

/** Groups that another one replaces have defaults too. */
function isUsed(key: ClusterKey, { authentication }: ClusterConfig): boolean {
  if (authentication.method !== 'oauth2') return !key.startsWith('oauth2.');
  return key !== 'oauth2.token_url' || 'tokenUrl' in authentication.endpoint;
}

/** Empty where the setting says nothing. */
function shownOf({ show }: Setting, raw: Raw | undefined): string {
  if (raw === undefined || raw === false || (Array.isArray(raw) && raw.length === 0)) return '';
  if (show?.(raw) === hide()) return hide();
  return Array.isArray(raw) ? raw.join(' ') : String(raw);
}

/** Defaults that depend on other settings. */
function derived(
  key: ClusterKey,
  { apiVersion, authentication, pollTimeout }: ClusterConfig,
  address: string,
): SettingInForce | undefined {
  if (key === 'api_version' && apiVersion !== clusterTable.api_version.default) {
    return { key, value: apiVersion, place: address };
  }
  if (key === 'oauth2.client_auth' && authentication.method === 'oauth2') {
    return { key, value: authentication.clientAuthentication.method, place: 'default' };
  }
  if (key === 'oauth2.token_url' && authentication.method === 'oauth2' && 'tokenUrl' in authentication.endpoint) {
    return { key, value: authentication.endpoint.tokenUrl.href, place: 'default' };
  }
  if (key === 'poll_timeout') return { key, value: `${pollTimeout / 1000}s`, place: 'default' };
  if (key === 'oauth2.audience' && authentication.method === 'oauth2' && authentication.audience !== undefined) {
    return { key, value: authentication.audience, place: 'default' };
  }
  return undefined;
}
