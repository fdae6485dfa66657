import { closestMatch } from 'leven';
import { proxyUrl } from './addresses.ts';
import { clusterDefaults } from './cluster-defaults.ts';
import { authStrategies, isSaasName } from './formats.ts';
import type { Notice, Problem } from './problem.ts';
import { type NamedSource, namedSource, nameIn, placeIn } from './resolve.ts';
import { type Raw, type Setting, showUrl, type Table } from './setting.ts';
import { type ClusterKey, clusterTable } from './settings-table.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the variables that set a setting. An empty variable counts as unset. */
function setVariables({ variables = [] }: Setting, env: Environment): readonly string[] {
  return variables.filter((variable) => (env[variable] ?? '') !== '');
}

/** Returns the settings of a table that environment variables set. */
export function environmentSource(table: Table, env: Environment, problems: Problem[]): NamedSource {
  const given = new Map<string, Raw>();
  const names = new Map<string, string>();
  for (const [key, setting] of Object.entries(table)) {
    const set = setVariables(setting, env);
    const name = set[0] ?? setting.variables?.[0];
    if (name !== undefined) names.set(key, name);
    const [text, ...others] = new Set(set.map((variable) => checkedValue(variable, setting, env, problems)));
    if (others.length > 0) {
      problems.push({ place: set.join(' and '), expected: 'one value', found: 'different ones' });
    }
    const raw = (setting.shape === 'list' ? text?.split(/\s+/).filter(Boolean) : text) || setting.variableDefault;
    if (raw !== undefined) given.set(key, raw);
  }
  return namedSource(given, names);
}

function checkedValue(variable: string, setting: Setting, env: Environment, problems: Problem[]): string {
  const { text, problem } = readVariable(variable, setting, env);
  if (problem !== undefined) problems.push({ place: variable, ...problem });
  return text;
}

function readVariable(
  variable: string,
  { shape, isSecret }: Setting,
  env: Environment,
): ReturnType<typeof variableValue> {
  const raw = env[variable] ?? '';
  // Blanks separate the items of a list.
  return variableValue(shape === 'list' ? raw.trim() : raw, isSecret === true);
}

const groups = { NONE: undefined, BASIC: 'basic_auth', OAUTH: 'oauth2' };

/** The settings that choose a strategy. A token URL or an audience alone may be meant for other programs. */
const credentials = {
  NONE: [],
  BASIC: ['basic_auth.username', 'basic_auth.password', 'basic_auth.password_file'],
  OAUTH: [
    'oauth2.client_id',
    'oauth2.client_secret',
    'oauth2.client_secret_file',
    'oauth2.client_certificate_key_file',
  ],
};

/** Returns the cluster that the environment describes, without the settings of strategies that are not used. */
export function environmentCluster(env: Environment, problems: Problem[], notices: Notice[]): NamedSource {
  const { given, location } = withSaasAddress(environmentSource(clusterTable, env, problems), env, notices);
  const strategy = chosenStrategy({ given, location }, problems);
  const otherGroups = authStrategies.filter((other) => other !== strategy).map((other) => groups[other]);
  const isUsed = (key: string) => !otherGroups.some((group) => group !== undefined && key.startsWith(`${group}.`));

  const used = new Map([...given].filter(([key]) => isUsed(key)));
  const usedNames = new Set([...used.keys()].map((key) => nameIn(location, key)));
  const variables = [...given.keys()].map((key) => nameIn(location, key)).filter((name) => !usedNames.has(name));
  if (variables.length > 0) {
    const message = `the authentication strategy is ${strategy}, so the variables of another one are not used`;
    notices.push({ message, variables });
  }
  notices.push(...wrappedSecrets([...used.keys()], env));
  // The group of the strategy is present even if none of its variables is set, so that the missing ones are reported.
  return namedSource(used, location.names, groups[strategy]);
}

/** In Camunda SaaS the address follows from the cluster's id and region. An address that is set takes precedence. */
function withSaasAddress(source: NamedSource, env: Environment, notices: Notice[]): NamedSource {
  const { names } = source.location;
  const { cluster_id: id, cluster_region: region, ...others } = Object.fromEntries(source.given);
  const isAddressSet = setVariables(clusterTable.address, env).length > 0;
  if (isAddressSet || id === undefined) {
    const variables = isAddressSet ? [] : setVariables(clusterTable.cluster_region, env);
    notices.push(
      ...variables.map((name) => ({ message: `${name} has no effect without CAMUNDA_CLUSTER_ID`, variables })),
    );
    return namedSource(new Map(Object.entries(others)), names);
  }
  if (![id, region].every((part) => isSaasName(String(part)))) return source;
  const given = new Map([...source.given, ['address', `https://${region}.zeebe.camunda.io/${id}`]]);
  return namedSource(given, new Map([...names, ['address', nameIn(source.location, 'cluster_id')]]));
}

/** Quotes and blanks around secrets get a notice instead of a problem, as they may be a part of the secret. */
function wrappedSecrets(keys: readonly string[], env: Environment): readonly Notice[] {
  const settings: Table = clusterTable;
  return keys.flatMap((key) => {
    const setting = settings[key];
    const variables = setting === undefined ? [] : setVariables(setting, env);
    return variables.flatMap((variable) => {
      const notice = setting && readVariable(variable, setting, env).notice;
      return notice === undefined ? [] : [{ message: `the value of ${variable} ${notice}`, variables: [variable] }];
    });
  });
}

/** The variables with the proxies of clusters without `proxy_url`. The lower-case variable takes precedence. */
const proxies = [
  ['http_proxy', 'HTTP_PROXY'],
  ['https_proxy', 'HTTPS_PROXY'],
] as const;

/** Reports a proxy of the environment that cannot be used. */
export function checkProxies(env: Environment, problems: Problem[]): void {
  for (const names of proxies) {
    const name = names.find((candidate) => env[candidate] !== undefined);
    const raw = name && env[name];
    if (!raw) continue;
    const { text, problem } = variableValue(raw, false);
    try {
      if (problem !== undefined) problems.push({ place: name, ...problem });
      proxyUrl(text);
    } catch (error) {
      const expected = error instanceof Error ? error.message : 'a URL';
      problems.push({ place: name, expected, found: showUrl(text) });
    }
  }
}

/** Returns the variables that are set and only describe the environment's cluster. */
export function clusterVariables(env: Environment): readonly string[] {
  const settings = Object.entries(clusterTable).filter(([key]) => !(key in clusterDefaults));
  return [...new Set(settings.flatMap(([, setting]) => setVariables(setting, env)))];
}

/** Reports variables that contradict each other, and returns NONE then. */
function chosenStrategy({ given, location }: NamedSource, problems: Problem[]): (typeof authStrategies)[number] {
  const set = (strategy: keyof typeof credentials) => credentials[strategy].filter((key) => given.has(key));
  const evident = authStrategies.filter((strategy) => set(strategy).length > 0);
  const contradiction = (expected: string, found: string) => {
    const names = evident.flatMap(set).map((key) => nameIn(location, key));
    const place = placeIn(location, 'auth_strategy');
    problems.push({ place, expected: `${expected}, because of ${names.join(', ')}`, found });
  };

  const asked = given.get('auth_strategy');
  if (asked === undefined) {
    if (evident.length > 1) contradiction('BASIC or OAUTH', 'nothing');
    return evident.length > 1 ? 'NONE' : (evident[0] ?? 'NONE');
  }
  const strategy = authStrategies.find((candidate) => candidate === String(asked).toUpperCase());
  if (strategy === 'NONE' && evident.length > 0) contradiction(evident.join(' or '), 'NONE');
  return strategy ?? 'NONE';
}

interface VariableValue {
  /** Without quotes and blanks around it, except those that may be a part of a secret. */
  readonly text: string;
  readonly problem?: { readonly expected: string; readonly found: string };
  /** Completes 'the value of CAMUNDA_CLIENT_SECRET …'. */
  readonly notice?: string;
}

/**
 * Quotes and blanks around a value are a problem, except around a secret: they may be a part of it, which is only
 * noted. Node.js replaces bytes that are not UTF-8 by U+FFFD.
 */
function variableValue(raw: string, isSecret: boolean): VariableValue {
  if (raw.includes('\uFFFD')) {
    const problem = { expected: 'text in UTF-8', found: 'a byte of another encoding, such as Latin-1' };
    return { text: raw, problem };
  }
  const { what, text } = unwrapped(raw);
  if (what === undefined) return { text };
  if (isSecret && !/\p{Cc}/u.test(raw)) {
    return { text: raw, notice: `has ${what} around it, which are part of the secret${fromEnvFile}` };
  }
  return { text, problem: { expected: `a value without ${what} around it${fromEnvFile}`, found: `${what} around it` } };
}

const fromEnvFile = ' (docker --env-file keeps them)';

function unwrapped(raw: string): { readonly what?: 'blanks' | 'quotes'; readonly text: string } {
  const trimmed = raw.trim();
  if (trimmed !== raw) return { what: 'blanks', text: trimmed };
  const isQuoted = /^(["']).*\1$/s.test(raw);
  return isQuoted ? { what: 'quotes', text: raw.slice(1, -1) } : { text: raw };
}

/** Variables of Camunda's other clients, and the corresponding settings. */
const ofOtherClients: Readonly<Record<string, ClusterKey>> = {
  CAMUNDA_BASE_URL: 'address',
  CAMUNDA_GRPC_ADDRESS: 'address',
  ZEEBE_ADDRESS: 'address',
  ZEEBE_GATEWAY_ADDRESS: 'address',
  ZEEBE_GRPC_ADDRESS: 'address',
  CAMUNDA_USERNAME: 'basic_auth.username',
  CAMUNDA_PASSWORD: 'basic_auth.password',
  CAMUNDA_ZEEBE_OAUTH_AUDIENCE: 'oauth2.audience',
  CAMUNDA_CLIENT_ASSERTION_KEYSTORE_KEY_PASSWORD: 'oauth2.client_certificate_key_password',
  CAMUNDA_CUSTOM_ROOT_CERT_PATH: 'tls_config.ca_file',
  CAMUNDA_CUSTOM_CERT_CHAIN_PATH: 'tls_config.cert_file',
  CAMUNDA_CUSTOM_PRIVATE_KEY_PATH: 'tls_config.key_file',
  CAMUNDA_MTLS_CA: 'tls_config.ca_file',
  CAMUNDA_MTLS_CERT: 'tls_config.cert_file',
  CAMUNDA_MTLS_KEY: 'tls_config.key_file',
  CAMUNDA_SSL_CLIENT_TRUSTSTORE_PATH: 'tls_config.ca_file',
  CAMUNDA_SSL_CLIENT_KEYSTORE_PATH: 'tls_config.cert_file',
};

const clusterSettings: Table = clusterTable;
const maxDistance = 2;
const prefix = /^(CAMUNDA|ZEEBE)_/;

/**
 * Returns a notice for each variable that is set and looks like one of the table's, but is not read. There is none for
 * another client's variable if the setting that it would give is set, as several programs may share one environment.
 */
export function unreadVariables(env: Environment, table: Table): readonly Notice[] {
  const read = new Set(Object.values(table).flatMap(({ variables = [] }) => variables));
  const isSet = (variable: string) => (env[variable] ?? '') !== '';
  const unread = Object.keys(env).filter((name) => /^\w+$/.test(name) && isSet(name) && !read.has(name));
  return unread.flatMap((name) => {
    const key = ofOtherClients[name.toUpperCase()];
    const variables = (key && clusterSettings[key]?.variables) ?? [];
    const meant = key === undefined ? nearest(name.toUpperCase(), [...read]) : variables[0];
    if (meant === undefined || !read.has(meant) || variables.some(isSet)) return [];
    return [{ message: `${name} is not read: the variable for this is ${meant}`, variables: [name] }];
  });
}

/** Returns the variable whose name differs by a few characters or by the prefix only. */
function nearest(name: string, candidates: readonly string[]): string | undefined {
  const [begin] = prefix.exec(name) ?? [];
  if (begin === undefined) return undefined;
  const withoutPrefix = (candidate: string) => candidate.replace(prefix, '');
  const end = closestMatch(withoutPrefix(name), candidates.map(withoutPrefix), { maxDistance });
  const meant = candidates.filter((candidate) => withoutPrefix(candidate) === end);
  return meant.find((candidate) => candidate.startsWith(begin)) ?? meant[0];
}
