import { resolve as resolvePath } from 'node:path';
import type { Secret } from '../secret.ts';
import { EncodingError, type ReadFile, readFailure, secretInFile } from './files.ts';
import type { Settings } from './resolve.ts';
import type { Key, Table } from './setting.ts';
import type { clusterTable } from './settings-table.ts';

export type ClusterSettings = Settings<typeof clusterTable>;
/** The settings that name a file. */
type FileKey<T extends Table> = Extract<Key<T>, `${string}_file`>;
/** The settings that may be in a file instead. */
type SecretKey =
  FileKey<typeof clusterTable> extends infer K
    ? K extends `${infer Name}_file`
      ? Extract<Key<typeof clusterTable>, Name>
      : never
    : never;

/** A cluster's settings, and what is in the files that they name. */
export interface Cluster {
  readonly settings: ClusterSettings;
  /** What is in the file that a setting names; undefined where none is named, or where it is wrong (and reported). */
  read<V>(key: FileKey<typeof clusterTable>, parse: (content: Buffer) => V): V | undefined;
}

/** Relative paths start at `folder`. `parse` throws an Error whose message completes 'a file with …'. */
export function fileReader<T extends Table>(
  settings: Settings<T>,
  folder: string,
  readFile: ReadFile,
): <V>(key: FileKey<T>, parse: (content: Buffer) => V) => V | undefined {
  return (key, parse) => {
    const path: unknown = settings.value(key);
    if (typeof path !== 'string') {
      return undefined;
    }
    const absolute = resolvePath(folder, path);
    let content: Buffer;
    try {
      content = readFile(absolute);
    } catch (error) {
      settings.report(key, 'a readable file', `${absolute}: ${readFailure(error)}`);
      return undefined;
    }
    try {
      return parse(content);
    } catch (error) {
      if (error instanceof EncodingError) {
        settings.report(key, 'a file in UTF-8', `${absolute}${error.position}: ${error.message}`);
        return undefined;
      }
      const expected = error instanceof Error ? error.message : 'something else';
      settings.report(key, `a file with ${expected}`, `another content in ${absolute}`);
      return undefined;
    }
  };
}

/** A secret that stands in the settings or in a file; undefined where it is in neither. */
export function optionalSecret({ settings, read }: Cluster, key: SecretKey): Secret | undefined {
  const fileKey = `${key}_file` as const;
  if (settings.has(key) && settings.has(fileKey)) {
    settings.report(fileKey, `only one of ${settings.name(key)} and ${settings.name(fileKey)}`, 'both');
  }
  return settings.value(key) ?? read(fileKey, secretInFile);
}

/** The same; reports where it is in neither. */
export function requiredSecret(cluster: Cluster, key: SecretKey): Secret | undefined {
  const { settings } = cluster;
  const fileKey = `${key}_file` as const;
  if (!settings.has(key) && !settings.has(fileKey)) {
    settings.report(key, `a value, or a file that holds it in ${settings.name(fileKey)}`, 'nothing');
  }
  return optionalSecret(cluster, key);
}

/** The same without the properties that are undefined. */
export function defined<T extends object>(properties: T) {
  const entries = Object.entries(properties).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { readonly [K in keyof T]?: Exclude<T[K], undefined> };
}
