import type { SettingNames } from './config/config.ts';
import { tenantsIn } from './config/physical-tenants.ts';
import type { FailedRequest } from './failure.ts';

/** Which credentials a request about physical tenants needs: the end of a remedy, empty for other requests. */
export function tenantCredentials(request: FailedRequest | undefined): string {
  const tenants = tenantsOf(request);
  switch (tenants.kind) {
    case 'all':
      return (
        'the topology of all physical tenants is for cluster admins only, and no user or client of a tenant is one: a ' +
        'user under camunda.security.cluster-admin.basic.users, or a client, group or claim under ' +
        'camunda.security.cluster-admin.oidc, with a token of the default provider'
      );
    case 'one':
      return (
        `the issuer and the audience of the token must be among the providers that the physical tenant ${tenants.id} ` +
        'assigns, and Basic may be limited to the tenant default'
      );
    case 'default':
      return '';
  }
}

/** What to do about a 404 to a request about physical tenants; undefined for other requests. */
export function tenantNotFound(request: FailedRequest | undefined, names: SettingNames): string | undefined {
  const tenants = tenantsOf(request);
  switch (tenants.kind) {
    case 'all':
      return `remove ${names.physical_tenants} if the cluster is older than Camunda 8.10, which has no physical tenants`;
    case 'one':
      return (
        `the cluster has no physical tenant ${tenants.id}: correct the id at the end of ${names.address}; a cluster ` +
        `without configured tenants, or older than 8.10, has the address without /physical-tenants/${tenants.id}`
      );
    case 'default':
      return undefined;
  }
}

function tenantsOf(request: FailedRequest | undefined) {
  const path = request?.to === 'cluster' ? URL.parse(request.url)?.pathname : undefined;
  return tenantsIn(path ?? '');
}
