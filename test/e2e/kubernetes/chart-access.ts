import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { chartTools } from '../../release/go-tools.ts';
import type { ApiServer } from './api-server.ts';

const chart = join(import.meta.dirname, '..', '..', '..', 'helm/zeebe-topology-exporter');

/** The namespace of the release. */
export const namespace = 'monitoring';

export interface ChartAccess {
  /** Of the ServiceAccount. */
  readonly token: string;
  /** The kinds of the manifests that were installed, sorted. */
  readonly installed: readonly string[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** Installs the ServiceAccount and the roles of the chart with these values, as flags of Helm. */
export async function installAccess({ send }: ApiServer, values: readonly string[]): Promise<ChartAccess> {
  await send('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  const manifests = await render(values);
  for (const { path, manifest } of manifests) await send('POST', path, manifest);
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts/exporter-zeebe-topology-exporter/token`;
  const { status } = (await send('POST', account, { spec: {} })) as { readonly status: { readonly token: string } };
  return { token: status.token, installed: manifests.map(({ manifest }) => manifest.kind).toSorted() };
}

/** Replaces the Roles by those of the chart with other values. */
export async function upgradeRoles({ send }: ApiServer, values: readonly string[]): Promise<void> {
  for (const { path, manifest } of await render(values)) {
    if (manifest.kind === 'Role') await send('PUT', `${path}/${manifest.metadata.name}`, manifest);
  }
}

interface Installable {
  /** Of its collection in the API. */
  readonly path: string;
  readonly manifest: Manifest;
}

async function render(values: readonly string[]): Promise<readonly Installable[]> {
  const { helm } = await chartTools();
  const args = ['template', 'exporter', chart, '--namespace', namespace, '--kube-version', '1.36.3', ...values];
  const { stdout } = await promisify(execFile)(helm, args);
  return parseAllDocuments(stdout).flatMap((document) => {
    const manifest: Manifest = document.toJS();
    const path = pathOf(manifest);
    return path === undefined ? [] : [{ path, manifest }];
  });
}

function pathOf({ kind, metadata }: Manifest): string | undefined {
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  switch (kind) {
    case 'ServiceAccount':
      return `/api/v1/namespaces/${metadata.namespace}/serviceaccounts`;
    case 'Role':
      return `${rbac}/namespaces/${metadata.namespace}/roles`;
    case 'RoleBinding':
      return `${rbac}/namespaces/${metadata.namespace}/rolebindings`;
    case 'ClusterRole':
      return `${rbac}/clusterroles`;
    case 'ClusterRoleBinding':
      return `${rbac}/clusterrolebindings`;
    default:
      return undefined;
  }
}
