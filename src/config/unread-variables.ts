import { closestMatch } from 'leven';

import type { Environment } from './environment.ts';
import type { ClusterKey } from './in-force.ts';
import type { Notice } from './problem.ts';
import { clusterTable } from './schema.ts';
import type { Table } from './setting.ts';

/** Variables of Camunda's clients, and the settings that mean the same. */
const ofOtherClients: Readonly<Record<string, ClusterKey>> = {
  CAMUNDA_BASE_URL: 'address',
  CAMUNDA_GRPC_ADDRESS: 'address',
  ZEEBE_ADDRESS: 'address',
  ZEEBE_GATEWAY_ADDRESS: 'address',
  ZEEBE_GRPC_ADDRESS: 'address',
  CAMUNDA_USERNAME: 'basic_auth.username',
  CAMUNDA_PASSWORD: 'basic_auth.password',
  CAMUNDA_ZEEBE_OAUTH_AUDIENCE: 'oauth2.audience',
  CAMUNDA_CLIENT_ASSERTION_KEYSTORE_KEY_PASSWORD: 'oauth2.client_certificate_key_password',
  CAMUNDA_CUSTOM_ROOT_CERT_PATH: 'tls_config.ca_file',
  CAMUNDA_CUSTOM_CERT_CHAIN_PATH: 'tls_config.cert_file',
  CAMUNDA_CUSTOM_PRIVATE_KEY_PATH: 'tls_config.key_file',
  CAMUNDA_MTLS_CA: 'tls_config.ca_file',
  CAMUNDA_MTLS_CERT: 'tls_config.cert_file',
  CAMUNDA_MTLS_KEY: 'tls_config.key_file',
  CAMUNDA_SSL_CLIENT_TRUSTSTORE_PATH: 'tls_config.ca_file',
  CAMUNDA_SSL_CLIENT_KEYSTORE_PATH: 'tls_config.cert_file',
};

const clusterSettings: Table = clusterTable;
const maxDistance = 2;
const prefix = /^(CAMUNDA|ZEEBE)_/;

/**
 * Names the variables that are set and look like one of the table's, but are not read. Those of another client are not
 * named where the setting that they would give is set: several programs may share one environment.
 */
export function unreadVariables(env: Environment, table: Table): readonly Notice[] {
  const read = new Set(Object.values(table).flatMap(({ variables = [] }) => variables));
  const isSet = (variable: string) => (env[variable] ?? '') !== '';
  const unread = Object.keys(env).filter((name) => /^\w+$/.test(name) && isSet(name) && !read.has(name));
  return unread.flatMap((name) => {
    const key = ofOtherClients[name.toUpperCase()];
    const variables = (key && clusterSettings[key]?.variables) ?? [];
    const meant = key === undefined ? nearest(name.toUpperCase(), [...read]) : variables[0];
    if (meant === undefined || !read.has(meant) || variables.some(isSet)) {
      return [];
    }
    return [{ message: `${name} is not read: the variable for this is ${meant}`, variables: [name] }];
  });
}

/** The variable that is named so, but for a few characters or the other prefix. */
function nearest(name: string, candidates: readonly string[]): string | undefined {
  const [begin] = prefix.exec(name) ?? [];
  if (begin === undefined) {
    return undefined;
  }
  const withoutPrefix = (candidate: string) => candidate.replace(prefix, '');
  const end = closestMatch(withoutPrefix(name), candidates.map(withoutPrefix), { maxDistance });
  const meant = candidates.filter((candidate) => withoutPrefix(candidate) === end);
  return meant.find((candidate) => candidate.startsWith(begin)) ?? meant[0];
}
