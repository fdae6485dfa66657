import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { parse } from 'yaml';
import { startSimulatedCluster } from '../../../src/simulator/simulated-cluster.ts';

const execute = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..');

let folder: string;
let packed: { readonly filename: string; readonly files: readonly { readonly path: string }[] };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zeebe-topology-exporter-package-'));
  const { stdout } = await execute('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root });
  // The output of the scripts precedes the JSON.
  [packed] = JSON.parse(stdout.slice(stdout.indexOf('\n[') + 1));
  await execute('tar', ['-xzf', tarball(), '-C', folder]);
  return () => rm(folder, { recursive: true, force: true });
});

const tarball = () => join(folder, packed.filename);

describe('the package', () => {
  it('contains exactly the built files and documents', async () => {
    const sources = (await readdir(join(root, 'src'), { recursive: true })).filter((path) => /\.\w+$/.test(path));
    const built = sources.map((path) => `dist/${path.replace(/\.ts$/, '.js')}`);
    const made = ['dist/revision', 'dist/sbom.cdx.json', 'dist/third-party-licences.txt'];
    const documents = ['CHANGELOG.md', 'LICENSE', 'docs/exporter.schema.json', 'README.md', 'package.json'];
    expect(packed.files.map(({ path }) => path).sort()).toEqual([...built, ...made, ...documents].sort());
  });

  it('lists every installed library in its SBOM and its licences', async () => {
    const { packages }: { packages: Record<string, { version: string; dev?: true; devOptional?: true }> } = JSON.parse(
      await readFile(join(root, 'package-lock.json'), 'utf8'),
    );
    const production = Object.entries(packages)
      .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
      .map(([path, { version }]) => `${path.replace(/.*node_modules\//, '')}@${version}`);
    expect(production).toContain(`undici@${packages['node_modules/undici']?.version}`);

    const { components }: { components: readonly Component[] } = JSON.parse(await dist('sbom.cdx.json'));
    const listed = components.flatMap(flat).map((each) => each['bom-ref'].replace(/.*\|/, ''));
    expect([...new Set(listed)].sort()).toEqual([...new Set(production)].sort());

    const licences = await dist('third-party-licences.txt');
    expect(production.filter((each) => !licences.includes(` - ${each}\n`))).toEqual([]);
  });

  it('names its sources, as provenance requires, its issues and its page', async () => {
    const manifest = JSON.parse(await readFile(join(folder, 'package/package.json'), 'utf8'));
    const { home }: { home: string } = parse(
      await readFile(join(root, 'helm/zeebe-topology-exporter/Chart.yaml'), 'utf8'),
    );
    expect(manifest).toMatchObject({
      homepage: `${home}#readme`,
      bugs: `${home}/issues`,
      repository: { type: 'git', url: `git+${home}.git` },
      author: expect.stringContaining('zeebe-topology-exporter authors'),
      publishConfig: { access: 'public', provenance: true },
    });
  });

  it('could be published, to everyone and as the latest version', async () => {
    const { stderr } = await execute('npm', ['publish', '--dry-run', tarball()], { cwd: folder });
    expect(stderr).toContain('with tag latest and public access (dry-run)');
    expect(stderr).not.toContain('auto-corrected');
  });

  it('cannot be imported as a library', async () => {
    const home = join(folder, 'importing');
    await mkdir(join(home, 'node_modules'), { recursive: true });
    await execute('cp', ['-r', join(folder, 'package'), join(home, 'node_modules/zeebe-topology-exporter')]);
    await writeFile(join(home, 'import.mjs'), "await import('zeebe-topology-exporter')");
    await expect(execute('node', [join(home, 'import.mjs')])).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });
});

describe.each([22, 24, 26])('the package on Node.js %i', (major) => {
  let environment: Environment;

  beforeAll(async () => {
    environment = await nodeJs(major);
  });

  const npx = ['--yes', '--package'] as const;

  it('prints its version and commit by npx', async () => {
    const { stdout: head } = await execute('git', ['rev-parse', 'HEAD'], { cwd: root });
    const { stdout } = await execute('npx', [...npx, tarball(), 'zeebe-topology-exporter', '--version'], {
      cwd: folder,
      env: environment,
    });
    expect(stdout).toContain(`(Node.js v${major}.`);
    expect(stdout).toContain(`commit ${head.trim()}`);
  });

  it('polls a cluster and serves its metrics by npx', async () => {
    const cluster = await startSimulatedCluster();
    onTestFinished(() => cluster.close());
    const flags = ['--web.listen-address=127.0.0.1:0', '--log.format=json'];
    const exporter = spawn('npx', [...npx, tarball(), 'zeebe-topology-exporter', ...flags], {
      cwd: folder,
      env: { ...environment, ZEEBE_REST_ADDRESS: cluster.address.href },
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    onTestFinished(() => end(exporter));
    const address = await listening(exporter);
    await vi.waitFor(
      async () => {
        const page = await (await fetch(`${address}/metrics`)).text();
        expect(page).toContain('zeebe_topology_up{zeebe_cluster="default"} 1');
      },
      { timeout: 60_000 },
    );
  });
});

it('the package prints the required version on Node.js 20', async () => {
  const environment = await nodeJs(20);
  const started = execute('node', [join(folder, 'package/dist/main.js'), '--version'], { env: environment });
  await expect(started).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^zeebe-topology-exporter needs Node\.js 22\.20 or newer, and this is 20\..*\n$/),
  });
});

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns an environment whose `node` has the major version. */
async function nodeJs(major: number): Promise<Environment> {
  const prefix = join(folder, `node-${major}`);
  // The package that `node` installs by its install script.
  const binary = `node-${process.platform}-${process.arch}`;
  await execute('npm', ['install', '--prefix', prefix, `${binary}@${major}`]);
  const path = `${join(prefix, 'node_modules', binary, 'bin')}:${process.env.PATH}`;
  const environment = { ...process.env, PATH: path };
  const { stdout } = await execute('node', ['--version'], { env: environment });
  expect(stdout).toMatch(new RegExp(`^v${major}\\.`));
  return environment;
}

interface Component {
  readonly 'bom-ref': string;
  /** Components that are installed below it. */
  readonly components?: readonly Component[];
}

function flat(component: Component): readonly Component[] {
  return [component, ...(component.components ?? []).flatMap(flat)];
}

async function dist(name: string): Promise<string> {
  return readFile(join(folder, 'package/dist', name), 'utf8');
}

async function listening({ stderr }: ChildProcess): Promise<string> {
  let log = '';
  stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  return vi.waitFor(
    () => {
      const [, address] = /"address":"([^"]+)"/.exec(log) ?? [];
      if (address === undefined) throw new Error(`not listening: ${log}`);
      return `http://${address}`;
    },
    { timeout: 120_000 },
  );
}

/** Signals the whole process group, since npx does not forward signals. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return;
  process.kill(-child.pid, 'SIGTERM');
  await once(child, 'exit');
}
