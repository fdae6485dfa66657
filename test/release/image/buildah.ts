import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fillBuildBase, fillRuntimeBase } from './bases.ts';

const execute = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..');

export interface ImageConfig {
  readonly User: string;
  readonly WorkingDir: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly [string, ...string[]];
  readonly StopSignal: string;
  readonly ExposedPorts: Readonly<Record<string, unknown>>;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Healthcheck: { readonly Test: readonly [string, string, ...string[]] };
}

export interface Image {
  readonly id: string;
  /** The digests of the uncompressed layers, that of the base first. */
  readonly layers: readonly string[];
  readonly config: ImageConfig;
}

interface Inspected {
  readonly Docker: { readonly config: ImageConfig; readonly rootfs: { readonly diff_ids: readonly string[] } };
}

export interface Builder {
  /** Builds the Dockerfile without layers of an earlier build. */
  readonly build: () => Promise<Image>;
  /** Mounts the files of the image, and returns the folder. */
  readonly mount: (image: Image) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Creates a builder for images without Docker. It keeps them in a folder, which the caller removes after `close`. */
export async function createBuilder(folder: string): Promise<Builder> {
  const buildah = async (...args: readonly string[]): Promise<string> => {
    const storage = ['--root', join(folder, 'storage'), '--runroot', join(folder, 'run')];
    const env = { ...process.env, BUILDAH_ISOLATION: 'chroot', XDG_RUNTIME_DIR: folder };
    const { stdout } = await execute('buildah', [...storage, ...args], { cwd: root, env, maxBuffer: 64 * 1024 * 1024 });
    return stdout.trim();
  };
  const base = async (name: string, fill: (into: string) => Promise<void>) => {
    const files = join(folder, name);
    await mkdir(files, { recursive: true });
    await fill(files);
    const dockerfile = join(folder, `${name}.Dockerfile`);
    await writeFile(dockerfile, 'FROM scratch\nCOPY . /\n');
    await buildah('bud', '-q', '--pull-never', '-f', dockerfile, '-t', `localhost/${name}`, files);
  };
  await base('build-base', fillBuildBase);
  await base('runtime-base', fillRuntimeBase);

  return {
    build: async () => {
      const bases = ['BUILD_IMAGE=localhost/build-base', 'RUNTIME_IMAGE=localhost/runtime-base'];
      const given = [...bases, 'VERSION=1.2.3', 'REVISION=0123456789abcdef'].flatMap((each) => ['--build-arg', each]);
      const form = ['--pull-never', '--network', 'host', '--format', 'docker', '--timestamp', '0'];
      const id = await buildah('bud', '-q', ...form, ...given, '-t', 'localhost/exporter', '.');
      const { Docker }: Inspected = JSON.parse(await buildah('inspect', '--type', 'image', id));
      return { id, layers: Docker.rootfs.diff_ids, config: Docker.config };
    },
    mount: async ({ id }) => buildah('mount', await buildah('from', '--pull-never', id)),
    close: async () => {
      await buildah('umount', '--all');
      await buildah('rm', '--all');
      await buildah('rmi', '--all', '--force');
    },
  };
}
