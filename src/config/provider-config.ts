import type { Source } from './resolve.ts';

/** What all providers of discovered clusters are configured with. */
export interface DiscoveryOfProvider {
  /** Milliseconds between two refreshes. */
  readonly interval: number;
  /** Where relative paths start. */
  readonly folder: string;
  /** The settings of all clusters, in ascending precedence: those of the environment and of the top of the file. */
  readonly defaults: readonly Source[];
}

/** Files that are lists of clusters. */
export interface FilesDiscovery extends DiscoveryOfProvider {
  /** Glob patterns; at least one. */
  readonly paths: readonly string[];
}

/** The clusters behind Services of Kubernetes. */
export interface KubernetesDiscovery extends DiscoveryOfProvider {
  /** At least one. Absent: all namespaces. */
  readonly namespaces?: readonly string[];
  readonly labelSelector: string;
  /** A template with placeholders such as `{name}`. */
  readonly clusterName: string;
  readonly allowExternalNames: boolean;
  /** By the names that Services refer to. */
  readonly profiles: ReadonlyMap<string, KubernetesProfile>;
}

/** Settings that the Services of some namespaces may use. */
export interface KubernetesProfile {
  /** Patterns in which `*` stands for any characters; at least one. */
  readonly namespaces: readonly string[];
  readonly cluster: Source;
}
