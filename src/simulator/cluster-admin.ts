import { decodeJwt } from 'jose';
import {
  basicRefusal,
  bearerToken,
  type ClusterAuthentication,
  type Credentials,
  type Refuser,
  refusal,
  type TokenProvider,
  type User,
} from './cluster-authentication.ts';
import { type HttpReply, problem } from './replies.ts';

/** Who may read `/cluster/v2/`, as of `camunda.security.cluster-admin`. It has no access to physical tenants. */
export type ClusterAdmin =
  /** Everybody, as behind a proxy that authenticates and adds the credentials. */
  | { readonly method: 'none' }
  | { readonly method: 'basic'; readonly users: readonly User[] }
  /** Tokens of the cluster's default provider, issued to one of the clients. */
  | ({ readonly method: 'oauth2'; readonly clients: readonly string[] } & TokenProvider);

/** Returns the cluster admin of a cluster that configures none: nobody. Basic applies where tenants are open, too. */
export function nobody(authentication: ClusterAuthentication): ClusterAdmin {
  return authentication.method === 'oauth2' ? { ...authentication, clients: [] } : { method: 'basic', users: [] };
}

/** Returns the response that rejects the credentials, or undefined if they are those of a cluster admin. */
export async function clusterAdminRefusal(admin: ClusterAdmin, sent: Credentials): Promise<HttpReply | undefined> {
  switch (admin.method) {
    case 'none':
      return undefined;
    case 'basic':
      return basicRefusal(admin.users, 'spring', sent);
    case 'oauth2': {
      const { method, issuer, audience } = admin;
      const refused = await refusal({ method, issuer, audience }, 'spring', sent);
      if (refused !== undefined) return refused;
      return admin.clients.some((client) => client === clientOf(admin, sent)) ? undefined : forbidden(sent);
    }
  }
}

/** Returns the response with which a physical tenant rejects the credentials, or undefined if they are good. */
export async function tenantRefusal(
  authentication: ClusterAuthentication,
  admin: ClusterAdmin,
  refuser: Refuser,
  sent: Credentials,
): Promise<HttpReply | undefined> {
  const refused = await refusal(authentication, refuser, sent);
  if (refused !== undefined || authentication.method !== 'oauth2' || admin.method !== 'oauth2') return refused;
  const isClusterAdmin = (await clusterAdminRefusal(admin, sent)) === undefined;
  return isClusterAdmin ? forbidden(sent) : undefined;
}

/** Returns the client to which an accepted token was issued. */
function clientOf({ issuer }: TokenProvider, { authorization = '' }: Credentials): unknown {
  return decodeJwt(issuer.introspect(bearerToken(authorization) ?? '')).azp;
}

const forbidden = ({ path }: Credentials): HttpReply => problem(403, 'Forbidden', 'Access Denied', path);
