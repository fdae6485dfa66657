import type { ClientAuthenticationMethod, OAuth2Config } from '../config/config.ts';
import type { ClusterKey } from '../config/in-force.ts';
import type { Target } from './step.ts';

interface Proof {
  readonly key: ClusterKey;
  /** Behind 'with this'. */
  readonly noun: string;
  /** Why it may not be accepted. */
  readonly doubt: string;
}

const clientSecret: Proof = {
  key: 'oauth2.client_secret',
  noun: 'secret',
  doubt: 'the secret may have expired or been replaced',
};

const proofs: Readonly<Record<ClientAuthenticationMethod, Proof>> = {
  client_secret_post: clientSecret,
  client_secret_basic: clientSecret,
  private_key_jwt: {
    key: 'oauth2.client_certificate_key_file',
    noun: 'key',
    doubt:
      'the identity provider may have another public key or certificate for the client, want another algorithm or key ' +
      'id, or have another time',
  },
  tls_client_auth: {
    key: 'oauth2.tls_config.cert_file',
    noun: 'certificate',
    doubt: 'the identity provider may know the client by another certificate, or not trust who issued it',
  },
};

/** What the client proves itself with. */
export function proofOf({ clientAuthentication: { method } }: OAuth2Config): Proof {
  return proofs[method];
}

/** The two settings that make a client: `client_id and client_secret`, where none are set. */
export function clientNames({ config: { authentication }, origin }: Target): string {
  const { key } = authentication.method === 'oauth2' ? proofOf(authentication) : clientSecret;
  return `${origin.name('oauth2.client_id')} and ${origin.name(key)}`;
}
