import type { ClusterConfig } from './config.ts';
import type { Environment } from './environment.ts';
import type { Settings } from './resolve.ts';
import { masked, type Raw, type Setting, shown, type Table } from './setting.ts';
import { type ClusterKey, clusterTable } from './settings-table.ts';

/** A setting that a cluster runs with. */
export interface EffectiveSetting {
  readonly key: ClusterKey;
  /** As it was written, or `<secret>`. */
  readonly value: string;
  /** `exporter.yml:12: clusters[0].oauth2.client_id`, `CAMUNDA_CLIENT_ID`, `default`. */
  readonly place: string;
}

/** Where the settings of a cluster come from. */
export interface ClusterOrigin {
  /** Whether a configuration file describes the cluster, or the environment. */
  readonly fromFile: boolean;
  readonly settings: () => readonly EffectiveSetting[];
}

export interface LoadedCluster {
  readonly config: ClusterConfig;
  readonly origin: ClusterOrigin;
}

const table: Table = clusterTable;
const keys = Object.keys(clusterTable) as ClusterKey[];

export interface ClusterOriginInputs {
  readonly settings: Settings<typeof clusterTable>;
  /** By key, as they were written. */
  readonly given: ReadonlyMap<string, Raw>;
  readonly env: Environment;
  readonly fromFile: boolean;
}

export function originOf(
  { settings, given, env, fromFile }: ClusterOriginInputs,
  config: ClusterConfig,
): ClusterOrigin {
  const placeOf = (key: ClusterKey): string => {
    const place = settings.has(key) ? settings.place(key) : 'default';
    const isUnsetVariable = table[key]?.variables?.includes(place) && (env[place] ?? '') === '';
    return isUnsetVariable ? 'default' : place;
  };
  const effective = (key: ClusterKey): EffectiveSetting | undefined => {
    const setting = table[key];
    const value = setting && textOf(setting, given.get(key) ?? setting.default);
    const written = value ? { key, value, place: placeOf(key) } : undefined;
    return settings.has(key) ? written : (derived(key, config, placeOf('address')) ?? written);
  };
  return {
    fromFile,
    settings: () => keys.filter((key) => isUsed(key, config)).flatMap((key) => effective(key) ?? []),
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

/** Whether a setting has an effect. Groups of settings that are not used have defaults too. */
function isUsed(key: ClusterKey, { authentication, physicalTenants }: ClusterConfig): boolean {
  if (key === 'api_version') return physicalTenants === undefined;
  if (authentication.method !== 'oauth2') return !key.startsWith('oauth2.');
  return key !== 'oauth2.token_url' || 'tokenUrl' in authentication.endpoint;
}

/** Returns a value as it was written; empty if it has no effect. */
function textOf(setting: Setting, raw: Raw | undefined): string {
  if (raw === undefined || raw === false || (Array.isArray(raw) && raw.length === 0)) return '';
  const isMasked = shown(setting, raw) === masked;
  if (isMasked) return masked;
  return Array.isArray(raw) ? raw.map((item) => [item].flat().join('=')).join(' ') : String(raw);
}

/** Returns a default that depends on other settings. */
function derived(
  key: ClusterKey,
  { apiVersion, authentication, pollTimeout, probeMinInterval }: ClusterConfig,
  address: string,
): EffectiveSetting | undefined {
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
  if (key === 'probe_min_interval' && probeMinInterval > 0) {
    return { key, value: `${probeMinInterval / 1000}s`, place: 'default' };
  }
  if (key === 'oauth2.audience' && authentication.method === 'oauth2' && authentication.audience !== undefined) {
    return { key, value: authentication.audience, place: 'default' };
  }
  return undefined;
}
