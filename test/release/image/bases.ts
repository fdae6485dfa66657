import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../../cached.ts';

const run = promisify(execFile);
const node = join(import.meta.dirname, '..', '..', '..', 'node_modules', 'node', 'bin', 'node');
const certificates = '/etc/ssl/certs/ca-certificates.crt';

/*
 * The base images of the Dockerfile are in registries that cannot be reached without internet access. These are substitutes:
 * Debian 12 with Node.js and npm for the build, and for the runtime the few files that Node.js needs, without a shell.
 */

/** Fills a folder with a Debian with Node.js and npm, like `node:24-bookworm-slim`. */
export async function fillBuildBase(folder: string): Promise<void> {
  const debian = await cached('bookworm-minbase', async (into) => {
    const archive = join(into, 'root.tar');
    await run('mmdebstrap', ['--variant=minbase', '--include=ca-certificates', 'bookworm', archive]);
  });
  await run('tar', ['-xf', join(debian, 'root.tar'), '-C', folder, '--exclude=./dev/*']);
  const { stdout } = await run('sh', ['-c', 'realpath "$(command -v npm)"']);
  const npm = dirname(dirname(stdout.trim()));
  await mkdir(join(folder, 'usr/local/lib/node_modules'), { recursive: true });
  await mkdir(join(folder, 'usr/local/etc'), { recursive: true });
  await copyFile(node, join(folder, 'usr/local/bin/node'));
  await cp(npm, join(folder, 'usr/local/lib/node_modules/npm'), { recursive: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(folder, 'usr/local/bin/npm'));
  // The registry may be reached through a proxy with a certificate authority of its own, which this machine trusts.
  await copyFile(certificates, join(folder, certificates));
  await writeFile(join(folder, 'usr/local/etc/npmrc'), `cafile=${certificates}\n`);
}

/** Fills a folder like the distroless image: Node.js at its path there, its shared libraries, two users, no shell. */
export async function fillRuntimeBase(folder: string): Promise<void> {
  const { stdout } = await run('ldd', [node]);
  const libraries = stdout.match(/\/\S+(?= \(0x)/g) ?? [];
  for (const path of [...libraries, certificates]) {
    await mkdir(join(folder, dirname(path)), { recursive: true });
    await copyFile(path, join(folder, path));
  }
  for (const each of ['nodejs/bin', 'etc', 'tmp', 'proc', 'dev/shm']) {
    await mkdir(join(folder, each), { recursive: true });
  }
  await copyFile(node, join(folder, 'nodejs/bin/node'));
  await writeFile(join(folder, 'etc/passwd'), 'root:x:0:0::/root:\nnonroot:x:65532:65532::/home/nonroot:\n');
}
