import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startSimulatedCluster } from '../../../src/simulator/simulated-cluster.ts';
import { type Builder, createBuilder, type Image } from './buildah.ts';
import { type Container, run } from './container.ts';

const execute = promisify(execFile);

let builder: Builder;
let image: Image;
let files: string;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'zeebe-topology-exporter-image-'));
  builder = await createBuilder(folder);
  image = await builder.build();
  files = await builder.mount(image);
  return async () => {
    await builder.close();
    await rm(folder, { recursive: true, force: true });
  };
});

describe('the image', () => {
  it('is reproducible', async () => {
    const again = await builder.build();
    expect(image.layers).toHaveLength(2);
    expect(again.layers).toEqual(image.layers);
    // buildah writes the name of the container that it built in into the configuration.
    expect({ ...again.config, Hostname: '' }).toEqual({ ...image.config, Hostname: '' });
  });

  it('runs the exporter as user 65532 and is stopped by SIGTERM', () => {
    expect(image.config).toMatchObject({
      User: '65532:65532',
      Entrypoint: ['/nodejs/bin/node', '--disable-sigusr1', '/app/dist/main.js'],
      StopSignal: 'SIGTERM',
      ExposedPorts: { '10650/tcp': {} },
    });
  });

  it('has labels with title, version, revision and licence', () => {
    expect(image.config.Labels).toMatchObject({
      'org.opencontainers.image.title': 'zeebe-topology-exporter',
      'org.opencontainers.image.version': '1.2.3',
      'org.opencontainers.image.revision': '0123456789abcdef',
      'org.opencontainers.image.licenses': 'Apache-2.0',
    });
  });

  it('contains only what the exporter needs at run time', async () => {
    const app = join(files, 'app');
    expect((await readdir(app)).sort()).toEqual(['LICENSE', 'dist', 'node_modules', 'package.json']);
    const { devDependencies }: { devDependencies: Record<string, string> } = JSON.parse(
      await readFile(join(app, 'package.json'), 'utf8'),
    );
    const installed = await readdir(join(app, 'node_modules'));
    expect(installed).toContain('undici');
    expect(installed.filter((name) => name in devDependencies)).toEqual([]);
    const sources = (await readdir(app, { recursive: true })).filter((name) => /\.(c|m)?ts$|\.map$/.test(name));
    expect(sources).toEqual([]);
  });

  it('is under 70 MB compressed', async () => {
    const { stdout } = await execute('sh', ['-c', 'tar -C "$0" -cf - . | gzip -6 | wc -c', files]);
    const bytes = Number(stdout);
    console.log(`compressed: ${(bytes / 1e6).toFixed(1)} MB, on the substitute base image`);
    expect(bytes).toBeLessThan(70e6);
  });
});

describe('a container of the image', () => {
  it('polls a cluster, serves its metrics, writes no file, and ends on SIGTERM', async () => {
    const cluster = await startSimulatedCluster();
    onTestFinished(() => cluster.close());
    const before = await listing();

    const container = start(['--web.listen-address=127.0.0.1:0'], { ZEEBE_REST_ADDRESS: cluster.address.href });
    const address = await listening(container);
    await vi.waitFor(
      async () => expect(await page(address)).toContain('zeebe_topology_up{zeebe_cluster="default"} 1'),
      {
        timeout: 60_000,
      },
    );
    expect(await page(address)).toContain('revision="0123456789abcdef"');

    expect(await healthcheck()).toBe(0);
    container.signal('SIGTERM');
    expect(await container.exitCode).toBe(0);
    expect(await healthcheck()).toBe(1);
    expect(await listing()).toEqual(before);
  });

  it('opens no debugger on SIGUSR1', async () => {
    const container = start(['--web.listen-address=127.0.0.1:0'], { ZEEBE_REST_ADDRESS: 'http://127.0.0.1:1' });
    await listening(container);
    container.signal('SIGUSR1');
    expect(await healthcheck()).toBe(0);
    expect(container.stderr()).not.toContain('Debugger');
  });

  it('cannot write to its own files', async () => {
    const script = "require('node:fs').writeFileSync('/tmp/file', '')";
    const { stderr, exitCode } = run(files, image.config, ['/nodejs/bin/node', '-e', script]);
    expect(await exitCode).toBe(1);
    expect(stderr()).toContain('EROFS');
  });

  it('prints its version and the commit of its build', async () => {
    const { stdout, exitCode } = start(['--version']);
    expect(await stdout).toMatch(/^zeebe-topology-exporter \d+\.\d+\.\d+ .*, commit 0123456789abcdef\)$/m);
    expect(await exitCode).toBe(0);
  });
});

function start(flags: readonly string[], environment: Readonly<Record<string, string>> = {}): Container {
  const container = run(files, image.config, [...image.config.Entrypoint, ...flags], environment);
  onTestFinished(async () => {
    container.signal('SIGKILL');
    await container.exitCode;
  });
  return container;
}

/** Runs the health check of the image. It reads the exporter's addresses from a file of the exporter. */
async function healthcheck(): Promise<number | null> {
  const [, ...command] = image.config.Healthcheck.Test;
  return run(files, image.config, command).exitCode;
}

async function listening(container: Container): Promise<string> {
  return vi.waitFor(
    () => {
      const [, address] = /"address":"([^"]+)"/.exec(container.stderr()) ?? [];
      if (address === undefined) throw new Error(`not listening: ${container.stderr()}`);
      return `http://${address}`;
    },
    { timeout: 60_000 },
  );
}

async function page(address: string): Promise<string> {
  return (await fetch(`${address}/metrics`)).text();
}

/** Returns all files with their size and modification time. */
async function listing(): Promise<string> {
  const { stdout } = await execute('find', [files, '-printf', '%p %s %T@\n'], { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}
