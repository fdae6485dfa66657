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

/** Labels that Prometheus and its Operator give to the series of a target, and to alerts. */
const ofTargets = 'job instance namespace service pod container endpoint alertname alertstate';
/** Labels to which Prometheus and the rules of the project give a meaning. */
const withMeaning = 'le quantile severity';
const ofExporter =
  'zeebe_cluster physical_tenant broker cluster_id component health host kind major method minor nodejs partition ' +
  'patch port provider reason revision role shard space state status type version';

/** A join would replace or duplicate these labels. */
export const reservedLabels: ReadonlySet<string> = new Set([ofTargets, withMeaning, ofExporter].join(' ').split(' '));

/** Prometheus drops labels with the first prefix. It gives the second one to labels that a target has, too. */
export const reservedPrefixes = ['__', 'exported_'];

/** Returns the labels of a cluster. Names are those of the classic data model of Prometheus. */
export function staticLabels(raw: readonly (readonly [name: string, value: string])[]): StaticLabels {
  if (raw.length > maxLabels) throw new Error(`at most ${maxLabels} labels`);
  for (const [name, value] of raw) {
    if (!/^[a-zA-Z_]\w*$/.test(name) || name.length > maxNameLength) {
      throw new Error(
        `label names of at most ${maxNameLength} letters, digits and underscores, without a digit at the beginning`,
      );
    }
    if (reservedLabels.has(name) || reservedPrefixes.some((prefix) => name.startsWith(prefix))) {
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
