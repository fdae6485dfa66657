import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments, stringify } from 'yaml';

const execute = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..');
export const chart = join(root, 'helm/zeebe-topology-exporter');

const own = (name: string) => join(import.meta.dirname, name);
const umbrella = own('umbrella/values.yaml');

/** The files with values of possible installations, by name. Relative names are in examples/. */
export const valueSets: Readonly<Record<string, readonly string[]>> = {
  'no authentication': ['camunda-none.yaml'],
  Basic: ['camunda-basic.yaml'],
  Keycloak: ['camunda-keycloak.yaml'],
  'Entra ID': ['camunda-entra.yaml'],
  'Entra ID by certificate': ['camunda-entra-certificate.yaml'],
  SaaS: ['camunda-saas.yaml'],
  'many clusters': ['many-clusters.yaml'],
  discovery: ['discovery.yaml'],
  'kube-prometheus-stack': ['camunda-basic.yaml', 'kube-prometheus-stack.yaml'],
  protected: ['camunda-none.yaml', 'protected.yaml'],
  shards: ['camunda-none.yaml', own('shards.yaml')],
  'leader election': ['camunda-none.yaml', own('leader-election.yaml')],
  'discovery by Kubernetes': ['camunda-none.yaml', 'discovery-kubernetes.yaml'],
  'existing configuration': ['existing-config.yaml'],
  'every value': [own('everything.yaml')],
  'values that YAML would misread': [own('misread.yaml')],
  'an umbrella chart': [umbrella],
};

export const paths = (files: readonly string[]): readonly string[] =>
  files.map((file) => resolve(chart, 'examples', file));

/** Returns the folder of the chart that the values are for: an umbrella chart, or the exporter's chart itself. */
export const chartOf = (files: readonly string[]): string => (files.includes(umbrella) ? dirname(umbrella) : chart);

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly template?: { readonly metadata: Metadata; readonly spec: PodSpec };
    readonly groups?: readonly { readonly rules: readonly { readonly expr: string }[] }[];
  } & Partial<PodSpec>;
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly scheme: 'HTTP' | 'HTTPS' };
}

export interface SecurityContext {
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly seccompProfile?: { readonly type: string };
  readonly procMount?: string;
  readonly seLinuxOptions?: object;
}

interface ValueSource {
  /** The downward API. */
  readonly fieldRef?: { readonly fieldPath: string };
  readonly secretKeyRef?: object;
}

export interface Container {
  readonly image: string;
  readonly command?: readonly string[];
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: ValueSource }[];
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly securityContext?: SecurityContext;
  readonly ports?: readonly { readonly hostPort?: number }[];
}

interface Item {
  readonly key: string;
  readonly path: string;
}

export interface Volume {
  readonly name: string;
  readonly secret?: { readonly secretName: string; readonly items?: readonly Item[] };
  readonly configMap?: { readonly name: string; readonly items?: readonly Item[] };
  readonly emptyDir?: object;
  readonly [other: string]: unknown;
}

export interface PodSpec {
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly containers: readonly [Container, ...Container[]];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly securityContext?: SecurityContext & { readonly sysctls?: readonly unknown[] };
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
}

export interface Rendered {
  readonly text: string;
  readonly manifests: readonly Manifest[];
  /** The Deployment or StatefulSet. */
  readonly workload: Manifest;
  /** The pod template of the workload. */
  readonly template: { readonly metadata: Metadata; readonly spec: PodSpec };
  readonly find: (kind: string) => Manifest | undefined;
}

/** Runs `helm template` for the release `exporter` in the namespace `zeebe`. Rejects with the errors of the chart. */
export async function render(helm: string, files: readonly string[], values: object = {}): Promise<Rendered> {
  const folder = await mkdtemp(join(tmpdir(), 'zeebe-topology-exporter-chart-'));
  try {
    const further = join(folder, 'values.yaml');
    await writeFile(further, stringify(values));
    const flags = [...paths(files), further].flatMap((path) => ['--values', path]);
    const args = ['template', 'exporter', chartOf(files), '--namespace', 'zeebe', '--kube-version', '1.37.0', ...flags];
    const { stdout } = await execute(helm, args, { maxBuffer: 64 * 1024 * 1024 });
    return rendered(stdout);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function rendered(text: string): Rendered {
  const manifests = parseAllDocuments(text).map((document): Manifest => document.toJS());
  const find = (kind: string) => manifests.find((manifest) => manifest.kind === kind);
  const workload = find('Deployment') ?? find('StatefulSet');
  const template = workload?.spec?.template;
  if (!template) throw new Error('expected a Deployment or StatefulSet');
  return { text, manifests, workload, template, find };
}
