import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { expect } from 'vitest';
import { keycloak as artifact } from '../artifacts.ts';
import type { Identity } from '../authority.ts';
import { findJava } from '../java.ts';
import { freePorts } from '../ports.ts';
import { createSystemFolder, type Running, start, untilUp } from '../process.ts';

/** A Keycloak with one realm. It keeps its port, its data and its keys after a stop. */
export interface Keycloak {
  /** The issuer URL, which is https with `tls`. At `plainIssuer`, the same realm has that URL as its issuer. */
  readonly issuer: string;
  readonly plainIssuer: string;
  readonly tokenUrl: string;
  /** The URL of the keys that sign its tokens. */
  readonly keysUrl: string;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Returns how many login errors of this client Keycloak has logged. */
  readonly loginErrors: (clientId: string) => number;
}

export const audience = 'zeebe-api';
/** Seconds. */
export const tokenLifetime = 60;
/** Its tokens are for `audience`. */
export const knownClient = { id: 'topology-exporter', secret: 'a secret with % and +' };
/** Its tokens have no audience of the cluster. */
export const clientWithoutAudience = { id: 'client-without-audience', secret: 'another secret' };

const realm = 'zeebe';

interface KeycloakOptions {
  /** Further clients, in the format of a realm file. */
  readonly clients?: readonly object[];
  /** Adds an https port, which requests client certificates of the authorities in the file. */
  readonly tls?: Identity & { readonly authorities: string };
}

export async function layOutKeycloak({ clients = [], tls }: KeycloakOptions = {}): Promise<Keycloak> {
  const at = await createSystemFolder('keycloak');
  const [port, tlsPort] = await freePorts(2);
  const home = join(at.data, 'keycloak');
  const imports = join(home, 'data', 'import');
  // A copy, since Keycloak writes into its home.
  await cp(artifact.folder, home, { recursive: true });
  await mkdir(imports, { recursive: true });
  await writeFile(join(imports, `${realm}-realm.json`), JSON.stringify(realmRepresentation(clients)));

  const plainIssuer = `http://127.0.0.1:${port}/realms/${realm}`;
  const issuer = tls ? `https://127.0.0.1:${tlsPort}/realms/${realm}` : plainIssuer;
  const tlsFlags = tls
    ? [
        `--https-port=${tlsPort}`,
        `--https-certificate-file=${tls.certificate}`,
        `--https-certificate-key-file=${tls.key}`,
        '--https-client-auth=request',
        `--truststore-paths=${tls.authorities}`,
      ]
    : [];
  const environment = {
    JAVA_HOME: await findJava(),
    JAVA_OPTS_KC_HEAP: '-Xms128m -Xmx512m',
    KC_BOOTSTRAP_ADMIN_USERNAME: 'admin',
    KC_BOOTSTRAP_ADMIN_PASSWORD: 'admin',
  };
  let running: Running | undefined;
  return {
    issuer,
    plainIssuer,
    tokenUrl: `${issuer}/protocol/openid-connect/token`,
    keysUrl: `${issuer}/protocol/openid-connect/certs`,
    async start() {
      const executable = join(home, 'bin', 'kc.sh');
      const flags = ['--import-realm', '--http-host=127.0.0.1', `--http-port=${port}`, ...tlsFlags];
      running = start(at, [executable, 'start-dev', ...flags], environment);
      await untilUp('Keycloak', running, 400, async () => {
        const { status } = await fetch(`${plainIssuer}/.well-known/openid-configuration`);
        expect(status).toBe(200);
      });
    },
    async stop() {
      await running?.stop();
    },
    loginErrors(clientId) {
      const lines = running?.output().split('\n') ?? [];
      return lines.filter((line) => line.includes('type="CLIENT_LOGIN_ERROR"') && line.includes(`"${clientId}"`))
        .length;
    },
  };
}

const realmRepresentation = (others: readonly object[]) => ({
  realm,
  enabled: true,
  sslRequired: 'none',
  accessTokenLifespan: tokenLifetime,
  clients: [clientFor(knownClient, audience), confidentialClient(clientWithoutAudience), ...others],
});

/** Returns a client whose tokens are for an audience. */
export function clientFor(client: typeof knownClient, included: string) {
  return {
    ...confidentialClient(client),
    protocolMappers: [
      {
        name: 'audience',
        protocol: 'openid-connect',
        protocolMapper: 'oidc-audience-mapper',
        config: { 'included.custom.audience': included, 'access.token.claim': 'true' },
      },
    ],
  };
}

function confidentialClient({ id, secret }: typeof knownClient) {
  return { ...serviceAccount(id), secret, clientAuthenticatorType: 'client-secret' };
}

/** Returns a client that signs assertions. Keycloak knows its certificate, given in Base64. */
export function signingClient(id: string, certificate: string) {
  return {
    ...serviceAccount(id),
    clientAuthenticatorType: 'client-jwt',
    attributes: { 'jwt.credential.certificate': certificate },
  };
}

/** Returns a client that signs assertions. Keycloak knows its public key with a key id. */
export function signingClientWithKeyId(id: string, key: JWK) {
  return {
    ...serviceAccount(id),
    clientAuthenticatorType: 'client-jwt',
    attributes: { 'use.jwks.string': 'true', 'jwks.string': JSON.stringify({ keys: [key] }) },
  };
}

/** Returns a client that authenticates by a certificate with the subject. */
export function certifiedClient(id: string, subject: string) {
  return { ...serviceAccount(id), clientAuthenticatorType: 'client-x509', attributes: { 'x509.subjectdn': subject } };
}

function serviceAccount(clientId: string) {
  return {
    clientId,
    enabled: true,
    protocol: 'openid-connect',
    serviceAccountsEnabled: true,
    standardFlowEnabled: false,
  };
}
