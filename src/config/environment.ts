import { proxyUrl } from './addresses.ts';
import type { Notice, Problem } from './problem.ts';
import { namedSource, type Source } from './resolve.ts';
import { clusterTable, polling } from './schema.ts';
import type { Raw, Setting, Table } from './setting.ts';
import { hide } from './show.ts';
import { authStrategies } from './texts.ts';

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
    const [text, ...others] = new Set(set.map((variable) => env[variable]));
    if (others.length > 0) {
      problems.push({ place: set.join(' and '), expected: 'one value', found: 'different ones' });
    }
    const raw = (setting.shape === 'list' ? text?.split(/\s+/).filter(Boolean) : text) ?? setting.variableDefault;
    if (raw !== undefined) {
      given.set(key, raw);
    }
  }
  return namedSource(given, (key) => {
    const setting = table[key];
    return (setting && (setVariables(setting, env)[0] ?? setting.variables?.[0])) ?? key;
  });
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
  const source = environmentSource(clusterTable, env, problems);
  const strategy = chosenStrategy(source, problems);
  const otherGroups = authStrategies.filter((other) => other !== strategy).map((other) => groups[other]);
  const isUsed = (key: string) => !otherGroups.some((group) => group !== undefined && key.startsWith(`${group}.`));

  const variables = [...source.given.keys()].filter((key) => !isUsed(key)).map(source.name);
  if (variables.length > 0) {
    const message = `the authentication strategy is ${strategy}, so the variables of another one are not used`;
    notices.push({ message, variables });
  }
  const used = namedSource(new Map([...source.given].filter(([key]) => isUsed(key))), source.name);
  // What is asked for is there, even where none of its variables is: they are missing then.
  return { ...used, has: (path) => path === groups[strategy] || used.has(path) };
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
    try {
      if (raw) proxyUrl(raw);
    } catch (error) {
      problems.push({ place: name ?? '', expected: error instanceof Error ? error.message : 'a URL', found: hide() });
    }
  }
}

/** The variables that describe the environment's cluster and nothing else. */
export function clusterVariables(env: Environment): readonly string[] {
  const settings = Object.entries(clusterTable).filter(([key]) => !(key in polling));
  return settings.flatMap(([, setting]) => setVariables(setting, env));
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
