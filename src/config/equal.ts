import { Secret } from '../secret.ts';
import type { ClusterConfig, ClusterFiles } from './config.ts';

/**
 * Whether two configurations, or parts of them, are equal. Secrets are compared by their values, objects regardless of
 * the order of their keys, maps and sets in their order. An object of another class is equal to itself only, so that an
 * unknown class makes a cluster start again rather than keep an old setting.
 */
export function equal(one: unknown, other: unknown): boolean {
  if (one instanceof Secret && other instanceof Secret) return one.equals(other);
  if (one instanceof URL && other instanceof URL) return one.href === other.href;
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0;
  const areMaps = one instanceof Map && other instanceof Map;
  if (areMaps || (one instanceof Set && other instanceof Set)) return equal([...one], [...other]);
  if (Array.isArray(one) && Array.isArray(other)) return equalRecords({ ...one }, { ...other });
  if (isRecord(one) && isRecord(other)) return equalRecords(one, other);
  return Object.is(one, other);
}

/** What is known of a cluster that its polls do not depend on. */
export type LabelsAndMeta = Pick<ClusterConfig, 'labels' | 'meta'>;

/**
 * Whether two configurations lead to the same polls. Labels and meta data do not count, as the monitor of a cluster
 * takes them over. Nor does the content of the files, as it is read again before each poll.
 */
export function isSameCluster(one: ClusterConfig, other: ClusterConfig): boolean {
  const [files, otherFiles] = [one.files, other.files];
  return (
    equal(pollSettings(one), pollSettings(other)) ||
    (files !== undefined && otherFiles !== undefined && equal(described(one, files), described(other, otherFiles)))
  );
}

export function haveSameLabelsAndMeta(one: LabelsAndMeta, other: LabelsAndMeta): boolean {
  return equal(one.labels, other.labels) && equal(one.meta, other.meta);
}

function pollSettings(cluster: ClusterConfig) {
  return { ...cluster, labels: undefined, meta: undefined, files: cluster.files?.paths };
}

/** Returns a cluster without the content of its files: its settings, and what does not follow from them. */
function described({ settingNames }: ClusterConfig, { paths, settings: { values, shown } }: ClusterFiles) {
  return { settingNames, paths, values: { ...values, labels: undefined }, shown: { ...shown, labels: undefined } };
}

function equalRecords(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && equal(one[key], other[key]))
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));
}
