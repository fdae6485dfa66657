/** Who answers at an address, as far as the address tells. */

export function isSaasCluster({ hostname }: URL): boolean {
  return hostname.endsWith('.zeebe.camunda.io');
}

/** A token endpoint, or an issuer, of a Keycloak. */
export function isKeycloak({ pathname }: URL): boolean {
  return pathname.includes('/realms/');
}

/** Microsoft Entra ID's endpoint of version 2.0, which wants a scope: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
export function isEntra({ hostname, pathname }: URL): boolean {
  const isMicrosoft = /^login\.(microsoftonline\.(com|us)|partner\.microsoftonline\.cn)$/.test(hostname);
  return pathname.endsWith('/oauth2/v2.0/token') || (isMicrosoft && /\/v2\.0\/?$/.test(pathname));
}
