import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { healthy } from '../exporting.ts';
import { valuesOf } from '../metrics/pages.ts';
import { httpServer } from '../transport/loopback.ts';
import { newFolder, soon, startFrom } from './discovering.ts';
import { type ServiceManifest, startKubernetesServer } from './kubernetes-server.ts';

/** An API server of Kubernetes, a Zeebe cluster behind all of its Services, and an exporter that discovers them. */
export async function workspace(...settings: readonly string[]) {
  const server = await startKubernetesServer();
  const authorizations: (string | undefined)[] = [];
  const zeebe = await httpServer((request, response) => {
    authorizations.push(request.headers.authorization);
    healthy(request, response);
  });
  const folder = newFolder();
  const configFile = join(folder, 'exporter.yml');
  const configure = (...lines: readonly string[]) =>
    writeFileSync(configFile, `discovery:\n  kubernetes:\n${lines.map((line) => `    ${line}\n`).join('')}`);
  configure('allow_external_names: true', ...settings);
  writeFileSync(join(folder, 'kubeconfig'), server.kubeconfig);
  vi.stubEnv('KUBECONFIG', join(folder, 'kubeconfig'));
  /** Describes a Service that leads to the Zeebe cluster. */
  const service = (
    namespace: string,
    name: string,
    annotations: Readonly<Record<string, string>> = {},
  ): ServiceManifest => {
    const own = Object.entries({ port: new URL(zeebe).port, ...annotations });
    return {
      metadata: {
        namespace,
        name,
        annotations: Object.fromEntries(own.map(([key, value]) => [`zeebe-topology-exporter/${key}`, value])),
      },
      spec: { type: 'ExternalName', externalName: '127.0.0.1' },
    };
  };
  return {
    server,
    service,
    configure,
    folder,
    authorizations,
    start: (interval: number) => startFrom(configFile, interval),
  };
}

type Started = Awaited<ReturnType<typeof startFrom>>;

export async function untilNames({ names }: Started, expected: readonly string[]): Promise<void> {
  await vi.waitFor(async () => expect(await names()).toEqual(expected), soon);
}

export async function untilUp({ read }: Started, isUp: boolean): Promise<void> {
  const expected = { 'provider=kubernetes': Number(isUp) };
  await vi.waitFor(async () => expect(valuesOf(await read(), 'discovery_up')).toEqual(expected), soon);
}

/** Waits until the problems that the log shows last contain a text. Other ones may precede them for a moment. */
export async function untilProblem(exporter: Started, expected: string): Promise<void> {
  await vi.waitFor(() => expect(problemsIn(exporter)).toContain(expected), soon);
}

/** Returns the problems that the log shows last. */
export function problemsIn({ lines }: Pick<Started, 'lines'>): string {
  return String(lines.findLast(({ msg }) => msg.includes('has problems'))?.problems);
}
