import { findTenant, type ModelState, type ModelTenant } from './model-state.ts';
import { featuresOf } from './topology-answer.ts';

/** What a path below the gateway's base path leads to. */
export type Route =
  | { readonly kind: 'not-found' }
  /** A path of a physical tenant that is not configured: refused before any authentication. */
  | { readonly kind: 'unknown-tenant' }
  /** The status endpoints need no credentials. */
  | { readonly kind: 'tenant-status'; readonly tenant: Readonly<ModelTenant> }
  | { readonly kind: 'cluster-status' }
  /** The API needs credentials for any path, `exists` or not. */
  | { readonly kind: 'tenant-api'; readonly tenant: Readonly<ModelTenant>; readonly exists: boolean }
  | { readonly kind: 'cluster-api'; readonly exists: boolean };

/** Paths without a prefix are those of the tenant `default`. Physical tenants exist in self-managed clusters only. */
export function routeOf(path: string, state: ModelState, isSelfManaged: boolean): Route {
  const { v2, status, physicalTenants } = featuresOf(state.gatewayVersion);
  if (isSelfManaged && physicalTenants) {
    const [prefix, ...rest] = path.split('/');
    if (prefix === 'cluster') return clusterRoute(rest.join('/'));
    const [id = '', ...inTenant] = rest;
    if (prefix === 'physical-tenants') return tenantRoute(id, inTenant.join('/'), state);
  }
  const tenant = findTenant(state.tenants);
  if (path === 'v2/status' && status) return { kind: 'tenant-status', tenant };
  if (!/^v[12]\//.test(path)) return { kind: 'not-found' };
  return { kind: 'tenant-api', tenant, exists: path === 'v1/topology' || (path === 'v2/topology' && v2) };
}

function clusterRoute(path: string): Route {
  if (path === 'v2/status') return { kind: 'cluster-status' };
  return path.startsWith('v2/') ? { kind: 'cluster-api', exists: path === 'v2/topology' } : { kind: 'not-found' };
}

/** Where no tenant is configured, not even `default` has a path of its own. */
function tenantRoute(id: string, path: string, { tenants, tenantsConfigured }: ModelState): Route {
  const tenant = tenantsConfigured ? tenants.get(id) : undefined;
  if (tenant === undefined) return { kind: 'unknown-tenant' };
  return path.startsWith('v2/')
    ? { kind: 'tenant-api', tenant, exists: path === 'v2/topology' }
    : { kind: 'not-found' };
}
