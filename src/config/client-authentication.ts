import { type Cluster, type ClusterSettings, defined, optionalSecret, requiredSecret } from './cluster-settings.ts';
import type { ClientAuthentication, ClientAuthenticationMethod, PrivateKeyJwt } from './config.ts';
import { belongTogether, certificates } from './credential-files.ts';
import { algorithmsOf, signingKey } from './signing-key.ts';

const clientSecretMethods = ['client_secret_post', 'client_secret_basic'] as const;

/** Settings that mean nothing to other methods. */
const methodsOf = {
  'oauth2.client_secret': clientSecretMethods,
  'oauth2.client_secret_file': clientSecretMethods,
  'oauth2.client_certificate_key_file': ['private_key_jwt'],
  'oauth2.client_certificate_key_password': ['private_key_jwt'],
  'oauth2.client_certificate_key_password_file': ['private_key_jwt'],
  'oauth2.client_certificate_key_id': ['private_key_jwt'],
  'oauth2.client_certificate_file': ['private_key_jwt'],
  'oauth2.signature_algorithm': ['private_key_jwt'],
} as const;

/** How the client authenticates, by what is set. Undefined where something is wrong, which is reported. */
export function clientAuthentication(cluster: Cluster): ClientAuthentication | undefined {
  const { settings } = cluster;
  const { method, because } = chosenMethod(settings);
  for (const [key, methods] of Object.entries(methodsOf)) {
    if (settings.has(key) && !methods.some((candidate) => candidate === method)) {
      settings.report(key, `nothing, ${because}`, 'a value');
    }
  }
  switch (method) {
    case 'client_secret_post':
    case 'client_secret_basic': {
      const secret = requiredSecret(cluster, 'oauth2.client_secret');
      return secret && { method, secret };
    }
    case 'private_key_jwt':
      return privateKeyJwt(cluster);
    case 'tls_client_auth':
      requireCertificate(settings);
      return { method };
  }
}

interface Choice {
  readonly method: ClientAuthenticationMethod;
  readonly because: string;
}

function chosenMethod(settings: ClusterSettings): Choice {
  const written = settings.value('oauth2.client_auth');
  if (written !== undefined) {
    return { method: written, because: `as client_auth is ${written}` };
  }
  return settings.has('oauth2.client_certificate_key_file')
    ? { method: 'private_key_jwt', because: `because of ${settings.name('oauth2.client_certificate_key_file')}` }
    : { method: 'client_secret_post', because: 'as client_auth is client_secret_post by default' };
}

function privateKeyJwt(cluster: Cluster): PrivateKeyJwt | undefined {
  const { settings, read } = cluster;
  settings.required('oauth2.client_certificate_key_file');
  const password = optionalSecret(cluster, 'oauth2.client_certificate_key_password');
  const key = read('oauth2.client_certificate_key_file', (content) => signingKey(content, password));
  const ownCertificate = read('oauth2.client_certificate_file', certificates);
  if (key === undefined) {
    return undefined;
  }
  if (ownCertificate !== undefined && !belongTogether(ownCertificate, key.pem)) {
    settings.report(
      'oauth2.client_certificate_file',
      'the certificate of the key in client_certificate_key_file',
      'that of another key',
    );
  }
  const algorithms = algorithmsOf[key.kind];
  const algorithm = settings.value('oauth2.signature_algorithm') ?? algorithms[0];
  if (!algorithms.includes(algorithm)) {
    const expected = `${algorithms.join(' or ')}, as the key in client_certificate_key_file is ${key.kind}`;
    settings.report('oauth2.signature_algorithm', expected, algorithm);
  }
  return {
    method: 'private_key_jwt',
    key: key.pem,
    algorithm,
    ...defined({
      keyId: settings.value('oauth2.client_certificate_key_id'),
      certificate: ownCertificate ?? key.certificate,
    }),
  };
}

/** One of `cert_file` and `key_file` asks for the other by itself. */
function requireCertificate(settings: ClusterSettings): void {
  if (!settings.has('oauth2.tls_config.cert_file') && !settings.has('oauth2.tls_config.key_file')) {
    const expected = 'the client certificate, as client_auth is tls_client_auth';
    settings.report('oauth2.tls_config.cert_file', expected, 'nothing');
  }
  const tokenUrl = settings.value('oauth2.token_url');
  if (tokenUrl !== undefined && tokenUrl.protocol !== 'https:') {
    const expected = 'a URL that begins with https://, as client_auth is tls_client_auth';
    settings.report('oauth2.token_url', expected, settings.shown('oauth2.token_url'));
  }
}
