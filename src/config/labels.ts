import { singleLineText } from './formats.ts';

/** The labels that a cluster has by its configuration, by name. */
export type StaticLabels = Readonly<Record<string, string>>;

/** Where the description of a cluster comes from. */
export type MetaProvider = 'file' | 'environment' | 'saas' | 'kubernetes';

/** What is known of a cluster besides its labels, for the meta labels of service discovery. */
export interface ClusterMeta {
  readonly provider: MetaProvider;
  /** Of Camunda SaaS, as are the plan and the generation. */
  readonly region?: string;
  readonly plan?: string;
  readonly generation?: string;
  /** Of Kubernetes, as is the Service. */
  readonly namespace?: string;
  readonly service?: string;
}

const maxLabels = 16;
/** Characters of a name and of a value. */
const maxNameLength = 64;
const maxValueLength = 128;

/**
 * Labels that a target has (Prometheus, its operator, the rules of the project), that Prometheus gives a meaning, or
 * that a series of the exporter has. A join would replace or duplicate them.
 */
export const reservedLabels: ReadonlySet<string> = new Set(
  (
    'job instance namespace pod container endpoint le quantile alertname alertstate severity ' +
    'zeebe_cluster physical_tenant broker cluster_id health host kind major method minor nodejs partition patch port ' +
    'reason revision role space state type version'
  ).split(' '),
);

/** Returns the labels of a cluster. Names are those of the classic data model of Prometheus. */
export function staticLabels(raw: readonly (readonly [name: string, value: string])[]): StaticLabels {
  if (raw.length > maxLabels) throw new Error(`at most ${maxLabels} labels`);
  for (const [name, value] of raw) {
    if (!/^[a-zA-Z_]\w*$/.test(name) || name.length > maxNameLength) {
      throw new Error(
        `label names of at most ${maxNameLength} letters, digits and underscores, without a digit at the beginning`,
      );
    }
    if (name.startsWith('__') || reservedLabels.has(name)) {
      throw new Error(`labels other than ${name} (the exporter and Prometheus set it themselves)`);
    }
    if ([...singleLineText(value)].length > maxValueLength) {
      throw new Error(`a value of the label ${name} of at most ${maxValueLength} characters`);
    }
  }
  return Object.fromEntries(raw);
}

/** Returns the region in the address of a cluster of Camunda SaaS: `bru-2` in https://bru-2.zeebe.camunda.io/0f4a. */
export function saasRegion({ hostname }: URL): string | undefined {
  return /^([\w-]+)\.zeebe\.camunda\.io$/.exec(hostname)?.[1];
}
