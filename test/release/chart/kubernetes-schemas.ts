import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { cached } from '../../cached.ts';
import { goModule } from '../go-tools.ts';

const execute = promisify(execFile);

/** The oldest version that Chart.yaml allows, and the newest with schemas. */
export const kubernetesVersions = ['1.25.0', '1.37.0'] as const;

/** Returns a folder with a strict schema for each kind of Kubernetes and of custom resources, for kubeconform. */
export async function kubernetesSchemas(): Promise<string> {
  return cached('kubernetes-schemas-2', async (into) => {
    await Promise.all(kubernetesVersions.map((version) => mkdir(join(into, `v${version}`))));
    await mkdir(join(into, 'crd'));
    await fromKubernetes(into);
    await fromPrometheusOperator(join(into, 'crd'));
    await fromGatewayApi(join(into, 'crd'));
    await writeFile(join(into, 'crd', 'grafanadashboard_v1beta1.json'), JSON.stringify(grafanaDashboard));
  });
}

export const schemaLocations = (folder: string): readonly string[] => [
  join(folder, '{{ .NormalizedKubernetesVersion }}/{{ .ResourceKind }}{{ .KindSuffix }}.json'),
  join(folder, 'crd/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json'),
];

/** Writes the schemas of Kubernetes, which the Python package kubernetes-validate contains. */
async function fromKubernetes(into: string): Promise<void> {
  const packages = join(into, 'packages');
  await execute('python3', [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--no-deps',
    '--target',
    packages,
    'kubernetes-validate==1.37.0',
  ]);
  for (const version of kubernetesVersions) {
    const from = join(packages, 'kubernetes_validate/kubernetes-json-schema', `v${version}-local-strict`);
    for (const name of await readdir(from)) {
      const { $id: _, ...schema } = JSON.parse(await readFile(join(from, name), 'utf8'));
      const text = JSON.stringify(schema).replaceAll('/api/_definitions.json#', '_definitions.json#');
      await writeFile(join(into, `v${version}`, name), text);
    }
  }
  await rm(packages, { recursive: true });
}

async function fromPrometheusOperator(into: string): Promise<void> {
  const module = await goModule('github.com/prometheus-operator/prometheus-operator@v0.85.0');
  const folder = join(module, 'example/prometheus-operator-crd');
  for (const plural of ['servicemonitors', 'podmonitors', 'prometheusrules']) {
    await fromDefinition(join(folder, `monitoring.coreos.com_${plural}.yaml`), into);
  }
}

async function fromGatewayApi(into: string): Promise<void> {
  const module = await goModule('sigs.k8s.io/gateway-api@v1.4.0');
  await fromDefinition(join(module, 'config/crd/standard/gateway.networking.k8s.io_httproutes.yaml'), into);
}

/** Writes the schema of the first version of a custom resource. */
async function fromDefinition(file: string, into: string): Promise<void> {
  const { spec } = parse(await readFile(file, 'utf8'));
  const [version] = spec.versions;
  const schema = jsonSchema(version.schema.openAPIV3Schema);
  await writeFile(join(into, `${spec.names.singular}_${version.name}.json`), JSON.stringify(schema));
}

interface OpenApi {
  readonly type?: string;
  readonly nullable?: boolean;
  readonly properties?: Readonly<Record<string, OpenApi>>;
  readonly additionalProperties?: boolean | OpenApi;
  readonly items?: OpenApi;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

/** Returns a JSON schema that rejects unknown fields, which an API server would prune. */
function jsonSchema({ items, properties, ...schema }: OpenApi, path = ''): object {
  if (schema['x-kubernetes-int-or-string']) return { type: ['integer', 'string'] };
  const open = schema['x-kubernetes-preserve-unknown-fields'] || path === '.metadata';
  return {
    ...schema,
    ...(schema.nullable && { type: [schema.type, 'null'] }),
    ...(items && { items: jsonSchema(items, `${path}[]`) }),
    ...(typeof schema.additionalProperties === 'object' && {
      additionalProperties: jsonSchema(schema.additionalProperties, `${path}{}`),
    }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, inner]) => [key, jsonSchema(inner, `${path}.${key}`)]),
      ),
      additionalProperties: open,
    }),
  };
}

/**
 * The fields that the chart uses, by the API reference of the Grafana Operator 5: its CRDs are in no registry that this
 * project can use.
 */
const grafanaDashboard = {
  type: 'object',
  required: ['apiVersion', 'kind', 'metadata', 'spec'],
  additionalProperties: false,
  properties: {
    apiVersion: { const: 'grafana.integreatly.org/v1beta1' },
    kind: { const: 'GrafanaDashboard' },
    metadata: { type: 'object' },
    spec: {
      type: 'object',
      required: ['instanceSelector', 'configMapRef'],
      additionalProperties: false,
      properties: {
        instanceSelector: { type: 'object', required: ['matchLabels'] },
        allowCrossNamespaceImport: { type: 'boolean' },
        folder: { type: 'string' },
        resyncPeriod: { type: 'string', pattern: '^([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h))+$' },
        configMapRef: {
          type: 'object',
          required: ['name', 'key'],
          additionalProperties: false,
          properties: { name: { type: 'string' }, key: { type: 'string' } },
        },
      },
    },
  },
};
