import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../../src/config/load-config.ts';

const execute = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..');
const folder = join(root, 'examples/compose');

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly ports?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>;
}

const files = ['compose.yaml', 'compose.basic.yaml', 'compose.keycloak.yaml'] as const;
const read = async (file: string): Promise<Compose> => parse(await readFile(join(folder, file), 'utf8'));

describe.each(files)('the Compose file %s', (file) => {
  let schema: object;

  beforeAll(async () => {
    const module = 'github.com/compose-spec/compose-go/v2@v2.9.0';
    const { stdout } = await execute('go', ['mod', 'download', '-json', module], { cwd: tmpdir() });
    const { Dir }: { Dir: string } = JSON.parse(stdout);
    schema = JSON.parse(await readFile(join(Dir, 'schema/compose-spec.json'), 'utf8'));
  });

  it('is valid by the Compose specification', async () => {
    const ajv = new Ajv({
      validateSchema: false,
      strict: false,
      formats: { duration: true, subnet_ip_address: true, ports: true, expose: true },
    });
    const validate = ajv.compile(schema);
    validate(await read(file));
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ services: { exporter: { imag: 'typo' } } })).toBe(false);
  });

  it('uses only existing files, and publishes ports on the loopback interface only', async () => {
    const { services, secrets = {} } = await read(file);
    const all = Object.values(services);
    const mounted = all.flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(':')[0] ?? ''));
    const built = all.flatMap(({ build }) => (build ? [join(build.context, 'Dockerfile')] : []));
    const secret = Object.values(secrets).map((each) => each.file);
    const missing = [...mounted, ...built, ...secret].filter((path) => !existsSync(resolve(folder, path)));
    expect(missing).toEqual([]);
    expect(all.flatMap(({ ports = [] }) => ports).filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    expect(all.flatMap((service) => service.secrets ?? []).filter((name) => !(name in secrets))).toEqual([]);
  });
});

describe('the exporter of the Compose example', () => {
  it.each([
    ['without authentication', ['compose.yaml'], 'none'],
    ['with Basic', ['compose.yaml', 'compose.basic.yaml'], 'basic'],
    ['with Keycloak', ['compose.yaml', 'compose.keycloak.yaml'], 'oauth2'],
  ] as const)('accepts its settings %s', async (_name, used, method) => {
    const composed = await Promise.all(used.map(read));
    const env = Object.assign({}, ...composed.map(({ services }) => services.exporter?.environment ?? {}));
    const secrets = Object.assign({}, ...composed.map(({ secrets = {} }) => secrets));
    const { config, notices } = loadConfig({
      flags: {},
      env,
      isTerminal: false,
      // Compose mounts each secret under this path.
      readFile: (path) => {
        const name = path.replace('/run/secrets/', '');
        expect(secrets).toHaveProperty(name);
        return Buffer.from('secret');
      },
    });
    expect(notices).toEqual([]);
    expect(config.clusters.map(({ authentication }) => authentication.method)).toEqual([method]);
    expect(config.clusters[0]?.address.href).toBe('http://camunda:8080/');
  });

  it('sends the password and the client secret that Camunda and Keycloak have', async () => {
    const text = (path: string) => readFile(join(folder, path), 'utf8');
    const basic = parse(await text('camunda/basic.yaml'));
    expect(basic.camunda.security.initialization.users[0].password).toBe(await text('secrets/password'));
    const realm = JSON.parse(await text('keycloak/camunda-realm.json'));
    const client = realm.clients.find(({ clientId }: { clientId: string }) => clientId === 'exporter');
    expect(client.secret).toBe(await text('secrets/client'));
    const oidc = parse(await text('camunda/oidc.yaml')).camunda.security.authentication.oidc;
    expect(oidc.audiences).toContain(client.protocolMappers[0].config['included.custom.audience']);
  });
});

describe('the Compose example', () => {
  it('has a Prometheus configuration that promtool accepts, with its rule files', async () => {
    const { services } = await read('compose.yaml');
    const at = await mkdtemp(join(tmpdir(), 'zeebe-topology-exporter-compose-'));
    onTestFinished(() => rm(at, { recursive: true }));
    const config = await mount(services.prometheus, at, '/etc/prometheus/prometheus.yml');
    const { stdout } = await execute('promtool', ['check', 'config', config]);
    expect(stdout.match(/SUCCESS: \d+ rules found/g)).toHaveLength(2);
  });

  it('has an Alertmanager configuration that amtool accepts', async () => {
    const { services } = await read('compose.yaml');
    const at = await mkdtemp(join(tmpdir(), 'zeebe-topology-exporter-compose-'));
    onTestFinished(() => rm(at, { recursive: true }));
    const config = await mount(services.alertmanager, at, '/etc/alertmanager/alertmanager.yml');
    const { stdout } = await execute('amtool', ['check-config', config]);
    expect(stdout).toContain('SUCCESS');
  });

  it('provisions Grafana with every dashboard of the project and the datasource', async () => {
    const provider = parse(await readFile(join(folder, 'grafana/provisioning/dashboards/dashboards.yaml'), 'utf8'));
    const { services } = await read('compose.yaml');
    const targets = (services.grafana?.volumes ?? []).map((volume) => volume.split(':')[1] ?? '');
    const dashboards = targets.filter((path) => path.endsWith('.json'));
    expect(dashboards.map(dirname)).toEqual(dashboards.map(() => provider.providers[0].options.path));
    const datasource = parse(await readFile(join(folder, 'grafana/provisioning/datasources/prometheus.yaml'), 'utf8'));
    expect(datasource.datasources[0]).toMatchObject({ type: 'prometheus', url: 'http://prometheus:9090' });
    expect(services.prometheus?.ports).toContain('127.0.0.1:9090:9090');
  });
});

/** Copies a service's volumes into a folder as its container has them, and returns the path of one file there. */
async function mount(service: Service | undefined, at: string, path: string): Promise<string> {
  for (const volume of service?.volumes ?? []) {
    const [from = '', to = ''] = volume.split(':');
    await cp(resolve(folder, from), join(at, to), { recursive: true });
  }
  return join(at, path);
}
