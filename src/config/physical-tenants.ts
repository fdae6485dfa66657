/**
 * The physical tenants that a request of a topology is about (Camunda 8.10): `all` of them, one by its `id`, or only
 * the tenant `default`, of which the paths without a tenant tell. Before 8.10 that is the whole cluster.
 */
export type RequestedTenants = { readonly kind: 'all' | 'default' } | { readonly kind: 'one'; readonly id: string };

/** `path` is that of a request of a topology, or of a cluster's address. */
export function tenantsIn(path: string): RequestedTenants {
  if (path.endsWith('/cluster/v2/topology')) return { kind: 'all' };
  const [, id] = /\/physical-tenants\/([a-z\d]+)\/(?:v2\/topology)?$/.exec(path) ?? [];
  return id === undefined ? { kind: 'default' } : { kind: 'one', id };
}
