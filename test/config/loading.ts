import { isAbsolute, relative } from 'node:path';

import type { Flags } from '../../src/cli.ts';
import type { ClusterConfig, OAuth2Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { ConfigError } from '../../src/config/problem.ts';

interface Given {
  readonly env?: Readonly<Record<string, string>>;
  /** The content of `conf/exporter.yml`, which `--config.file` then names. */
  readonly file?: string | Buffer;
  readonly flags?: Flags;
  /** By path, relative to the working directory. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly isTerminal?: boolean;
}

export function load({ env = {}, file, flags = {}, files = {}, isTerminal = false }: Given) {
  const all: Readonly<Record<string, string | Buffer>> =
    file === undefined ? files : { ...files, 'conf/exporter.yml': file };
  return loadConfig({
    flags: file === undefined ? flags : { 'config.file': 'conf/exporter.yml', ...flags },
    env,
    isTerminal,
    readFile(path) {
      const content = all[isAbsolute(path) ? relative(process.cwd(), path) : path];
      if (content === undefined) {
        throw Object.assign(new Error(`ENOENT: ${path}`), { errno: -2 });
      }
      return Buffer.from(content);
    },
  });
}

export function configError(given: Given): ConfigError {
  try {
    load(given);
  } catch (error) {
    if (error instanceof ConfigError) {
      return error;
    }
    throw error;
  }
  throw new Error('the configuration was accepted');
}

/** The lines of the message, one a problem. */
export function complaints(given: Given): readonly string[] {
  const [problems = ''] = configError(given).message.split('\nNote:\n');
  return problems.split('\n  ').slice(1);
}

export function onlyCluster(given: Given): ClusterConfig {
  const [cluster, ...others] = load(given).config.clusters;
  if (cluster === undefined || others.length > 0) {
    throw new Error('one cluster was expected');
  }
  return cluster;
}

export function oauth2Of(given: Given): OAuth2Config {
  const { authentication } = onlyCluster(given);
  if (authentication.method !== 'oauth2') {
    throw new Error(`oauth2 was expected, not ${authentication.method}`);
  }
  return authentication;
}

/** Undefined where another way to authenticate is configured. */
export function clientSecretOf({ clientAuthentication }: OAuth2Config): string | undefined {
  return 'secret' in clientAuthentication ? clientAuthentication.secret.open() : undefined;
}

/** That of a cluster for which token endpoint and audience have defaults. */
export const saasAddress = 'https://bru-2.zeebe.camunda.io/0f4a';

/** A file with one cluster, which has these lines besides its name and address. */
export function fileWith(...lines: readonly string[]): string {
  return fileOf('http://zeebe:8080', lines);
}

/** The same, its token endpoint and audience having defaults. */
export function saasFileWith(...lines: readonly string[]): string {
  return fileOf(saasAddress, lines);
}

function fileOf(address: string, lines: readonly string[]): string {
  return ['clusters:', '  - name: one', `    address: ${address}`, ...lines.map((line) => `    ${line}`)].join('\n');
}
