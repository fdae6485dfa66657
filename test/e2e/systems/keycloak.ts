import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { keycloak as artifact } from '../artifacts.ts';
import { findJava, keycloakJava } from '../java.ts';
import { freePorts } from '../ports.ts';
import { alive, place, type Running, start } from '../process.ts';

/** A Keycloak with one realm. It keeps its port, its data and its keys over a stop. */
export interface Keycloak {
  readonly issuer: string;
  readonly tokenUrl: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** How often Keycloak itself says that it has refused this client. */
  refusals(clientId: string): number;
}

export const audience = 'zeebe-api';
/** Seconds. */
export const tokenLifetime = 60;
/** Its tokens are for `audience`. */
export const knownClient = { id: 'topology-exporter', secret: 'a secret with % and +' };
/** Its tokens are for nobody in particular. */
export const strangeClient = { id: 'stranger', secret: 'another secret' };

const realm = 'zeebe';

export async function layOutKeycloak(): Promise<Keycloak> {
  const at = await place('keycloak');
  const [port] = await freePorts(1);
  const home = join(at.data, 'keycloak');
  const imports = join(home, 'data', 'import');
  // A copy of its own: Keycloak writes into its home.
  await cp(artifact.folder, home, { recursive: true });
  await mkdir(imports, { recursive: true });
  await writeFile(join(imports, `${realm}-realm.json`), JSON.stringify(realmRepresentation));

  const issuer = `http://127.0.0.1:${port}/realms/${realm}`;
  const environment = {
    JAVA_HOME: await findJava(keycloakJava),
    JAVA_OPTS_KC_HEAP: '-Xms128m -Xmx512m',
    KC_BOOTSTRAP_ADMIN_USERNAME: 'admin',
    KC_BOOTSTRAP_ADMIN_PASSWORD: 'admin',
  };
  let running: Running | undefined;
  return {
    issuer,
    tokenUrl: `${issuer}/protocol/openid-connect/token`,
    async start() {
      const executable = join(home, 'bin', 'kc.sh');
      const flags = ['--import-realm', '--http-host=127.0.0.1', `--http-port=${port}`];
      running = start(at, [executable, 'start-dev', ...flags], environment);
      await alive('Keycloak', running, 400, async () => {
        const { status } = await fetch(`${issuer}/.well-known/openid-configuration`);
        expect(status).toBe(200);
      });
    },
    async stop() {
      await running?.stop();
    },
    refusals(clientId) {
      const lines = running?.output().split('\n') ?? [];
      return lines.filter((line) => line.includes('type="CLIENT_LOGIN_ERROR"') && line.includes(`"${clientId}"`))
        .length;
    },
  };
}

const realmRepresentation = {
  realm,
  enabled: true,
  sslRequired: 'none',
  accessTokenLifespan: tokenLifetime,
  clients: [
    {
      ...confidentialClient(knownClient),
      protocolMappers: [
        {
          name: 'audience',
          protocol: 'openid-connect',
          protocolMapper: 'oidc-audience-mapper',
          config: { 'included.custom.audience': audience, 'access.token.claim': 'true' },
        },
      ],
    },
    confidentialClient(strangeClient),
  ],
};

function confidentialClient({ id, secret }: typeof knownClient) {
  return {
    clientId: id,
    secret,
    enabled: true,
    protocol: 'openid-connect',
    clientAuthenticatorType: 'client-secret',
    serviceAccountsEnabled: true,
    standardFlowEnabled: false,
  };
}
