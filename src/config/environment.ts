import { proxyUrl } from './addresses.ts';
import type { Notice, Problem } from './problem.ts';
import { namedSource, type Source } from './resolve.ts';
import { clusterTable, polling } from './schema.ts';
import type { Raw, Setting, Table } from './setting.ts';
import { hide, showUrl } from './show.ts';
import { authStrategies, isSaasName } from './texts.ts';
import { variableValue } from './variable-value.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The names under which a setting is set; an empty variable counts as unset. */
function setVariables({ variables = [] }: Setting, env: Environment): readonly string[] {
  return variables.filter((variable) => (env[variable] ?? '') !== '');
}

/** What the environment gives of a table. */
export function environmentSource(table: Table, env: Environment, problems: Problem[]): Source {
  const given = new Map<string, Raw>();
  for (const [key, setting] of Object.entries(table)) {
    const set = setVariables(setting, env);
    const [text, ...others] = new Set(set.map((variable) => checkedValue(variable, setting, env, problems)));
    if (others.length > 0) {
      problems.push({ place: set.join(' and '), expected: 'one value', found: 'different ones' });
    }
    const raw = (setting.shape === 'list' ? text?.split(/\s+/).filter(Boolean) : text) || setting.variableDefault;
    if (raw !== undefined) {
      given.set(key, raw);
    }
  }
  return namedSource(given, (key) => {
    const setting = table[key];
    return (setting && (setVariables(setting, env)[0] ?? setting.variables?.[0])) ?? key;
  });
}

function checkedValue(variable: string, setting: Setting, env: Environment, problems: Problem[]): string {
  const { text, problem } = readVariable(variable, setting, env);
  if (problem !== undefined) {
    problems.push({ place: variable, ...problem });
  }
  return text;
}

function readVariable(variable: string, { shape, show }: Setting, env: Environment): ReturnType<typeof variableValue> {
  const raw = env[variable] ?? '';
  // Blanks are what separates the items of a list.
  return variableValue(shape === 'list' ? raw.trim() : raw, show === hide);
}

const groups = { NONE: undefined, BASIC: 'basic_auth', OAUTH: 'oauth2' };

/** What tells that a method is meant. A token URL or an audience alone may be there for other programs. */
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

/** The cluster that the environment describes, without the settings of the methods that it does not use. */
export function environmentCluster(env: Environment, problems: Problem[], notices: Notice[]): Source {
  const source = withSaasAddress(environmentSource(clusterTable, env, problems), env, notices);
  const strategy = chosenStrategy(source, problems);
  const otherGroups = authStrategies.filter((other) => other !== strategy).map((other) => groups[other]);
  const isUsed = (key: string) => !otherGroups.some((group) => group !== undefined && key.startsWith(`${group}.`));

  const keys = [...source.given.keys()];
  const usedNames = new Set(keys.filter(isUsed).map(source.name));
  const variables = keys.map(source.name).filter((name) => !usedNames.has(name));
  if (variables.length > 0) {
    const message = `the authentication strategy is ${strategy}, so the variables of another one are not used`;
    notices.push({ message, variables });
  }
  notices.push(...wrappedSecrets(keys.filter(isUsed), env));
  const used = namedSource(new Map([...source.given].filter(([key]) => isUsed(key))), source.name);
  // What is asked for is there, even where none of its variables is: they are missing then.
  return { ...used, has: (path) => path === groups[strategy] || used.has(path) };
}

/** In Camunda SaaS the address follows from the cluster's id and region. An address that is set wins over them. */
function withSaasAddress(source: Source, env: Environment, notices: Notice[]): Source {
  const { cluster_id: id, cluster_region: region, ...others } = Object.fromEntries(source.given);
  const isAddressSet = setVariables(clusterTable.address, env).length > 0;
  if (isAddressSet || id === undefined) {
    const variables = isAddressSet ? [] : setVariables(clusterTable.cluster_region, env);
    notices.push(
      ...variables.map((name) => ({ message: `${name} has no effect without CAMUNDA_CLUSTER_ID`, variables })),
    );
    return namedSource(new Map(Object.entries(others)), source.name);
  }
  if (![id, region].every((part) => isSaasName(String(part)))) {
    return source;
  }
  const given = new Map([...source.given, ['address', `https://${region}.zeebe.camunda.io/${id}`]]);
  return namedSource(given, (key) => source.name(key === 'address' ? 'cluster_id' : key));
}

/** Tells of quotes and blanks around secrets: they may be meant, so they are no errors. */
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

/** Those that requests go through where no `proxy_url` is set. Of two spellings, the lower-case one counts. */
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

/** The variables that describe the environment's cluster and nothing else. */
export function clusterVariables(env: Environment): readonly string[] {
  const settings = Object.entries(clusterTable).filter(([key]) => !(key in polling));
  return [...new Set(settings.flatMap(([, setting]) => setVariables(setting, env)))];
}

/** Where the variables contradict each other, that is reported, and the answer is NONE. */
function chosenStrategy(source: Source, problems: Problem[]): (typeof authStrategies)[number] {
  const set = (strategy: keyof typeof credentials) => credentials[strategy].filter((key) => source.given.has(key));
  const evident = authStrategies.filter((strategy) => set(strategy).length > 0);
  const contradiction = (expected: string, found: string) => {
    const names = evident.flatMap(set).map(source.name).join(', ');
    problems.push({ place: source.place('auth_strategy'), expected: `${expected}, because of ${names}`, found });
  };

  const asked = source.given.get('auth_strategy');
  if (asked === undefined) {
    if (evident.length > 1) {
      contradiction('BASIC or OAUTH', 'nothing');
    }
    return evident.length > 1 ? 'NONE' : (evident[0] ?? 'NONE');
  }
  const strategy = authStrategies.find((candidate) => candidate === String(asked).toUpperCase());
  if (strategy === 'NONE' && evident.length > 0) {
    contradiction(evident.join(' or '), 'NONE');
  }
  return strategy ?? 'NONE';
}
