import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../../cached.ts';
import { goModule } from '../../release/go-tools.ts';

const execute = promisify(execFile);

export interface KubernetesTools {
  readonly apiServer: string;
  readonly etcd: string;
}

/** Returns the programs, which are built from source once per version: about 10 minutes on two cores. */
export async function kubernetesTools(): Promise<KubernetesTools> {
  const etcd = { module: 'go.etcd.io/etcd/server/v3', version: 'v3.6.16', path: '', program: 'etcd' };
  const apiServer = {
    module: 'k8s.io/kubernetes',
    version: 'v1.36.3',
    path: '/cmd/kube-apiserver',
    program: 'kube-apiserver',
  };
  return { etcd: await built(etcd), apiServer: await built(apiServer) };
}

interface Command {
  readonly module: string;
  readonly version: string;
  /** Of its package in the module. */
  readonly path: string;
  readonly program: string;
}

async function built(command: Command): Promise<string> {
  const { program, version } = command;
  return join(await cached(`${program}-${version.slice(1)}`, (into) => build(command, into)), program);
}

/**
 * Builds in a module of its own, since `go install` rejects a go.mod with replace directives. That module has the go.mod
 * of the command, but the published modules in place of the folders of its repository.
 */
async function build({ module, version, path, program }: Command, into: string): Promise<void> {
  const source = await goModule(`${module}@${version}`);
  const goMod = await readFile(join(source, 'go.mod'), 'utf8');
  const ownGoMod = goMod
    .replace(/^module .*$/m, 'module build')
    // The folders below staging/ are published with the minor and patch version of Kubernetes.
    .replaceAll(/=> \.\/staging\/src\/(\S+)/g, `=> $1 ${version.replace(/^v1\./, 'v0.')}`)
    .replaceAll(/^(replace )?\s*\S+ => \.\.\/.*$/gm, '');
  await writeFile(join(into, 'go.mod'), `${ownGoMod}\nrequire ${module} ${version}\n`);
  await writeFile(join(into, 'go.sum'), await readFile(join(source, 'go.sum')));
  const flags = ['-mod=mod', '-ldflags=-s -w', '-o', join(into, program)];
  await execute('go', ['build', ...flags, `${module}${path}`], { cwd: into, maxBuffer: 64 * 1024 * 1024 });
}
