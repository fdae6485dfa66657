import { execFile } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../cached.ts';

const execute = promisify(execFile);

export interface Tools {
  readonly helm: string;
  readonly helmUnittest: string;
  readonly kubeconform: string;
}

/** Returns the tools, which are built from source once per version. Rejects if one cannot be built. */
export async function chartTools(): Promise<Tools> {
  return {
    helm: join(await cached('helm-3.22.0', installed('helm.sh/helm/v3/cmd/helm@v3.22.0')), 'helm'),
    kubeconform: join(
      await cached('kubeconform-0.8.0', installed('github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0')),
      'kubeconform',
    ),
    helmUnittest: join(await cached('helm-unittest-1.1.2', buildHelmUnittest), 'helm-unittest'),
  };
}

/** Returns actionlint, as `chartTools` does. */
export async function actionlintTool(): Promise<string> {
  const command = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';
  return join(await cached('actionlint-1.7.12', installed(command)), 'actionlint');
}

/** Returns the folder of promtool, as `chartTools` does. Prometheus 3.16 is version 0.316 of the module. */
export async function promtoolFolder(): Promise<string> {
  return cached('promtool-3.16.0', installed('github.com/prometheus/prometheus/cmd/promtool@v0.316.0'));
}

/** Downloads a Go module, and returns the folder of its files. */
export async function goModule(module: string): Promise<string> {
  const { stdout } = await execute('go', ['mod', 'download', '-json', module], { cwd: '/' });
  const { Dir }: { Dir: string } = JSON.parse(stdout);
  return Dir;
}

function installed(command: string): (into: string) => Promise<void> {
  return async (into) => {
    await execute('go', ['install', command], { cwd: '/', env: { ...process.env, GOBIN: into } });
  };
}

/** Builds in a copy of the read-only source, since `go install` rejects a go.mod with a replace directive. */
async function buildHelmUnittest(into: string): Promise<void> {
  const source = join(into, 'source');
  await cp(await goModule('github.com/helm-unittest/helm-unittest@v1.1.2'), source, { recursive: true });
  await execute('chmod', ['-R', 'u+w', source]);
  await execute('go', ['build', '-o', join(into, 'helm-unittest'), './cmd/helm-unittest'], {
    cwd: source,
    maxBuffer: 64 * 1024 * 1024,
  });
  await rm(source, { recursive: true });
}
