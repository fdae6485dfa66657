import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFailed, onTestFinished } from 'vitest';
import { type Exposition, parseExposition } from './exposition.ts';
import { createSystemFolder, type Exit, type Running, start, untilUp } from './process.ts';
import { until } from './until.ts';

const root = join(import.meta.dirname, '..', '..');
/** The Node.js that runs the sources. */
export const node = join(root, 'node_modules', '.bin', 'node');
/** The exporter from its sources. */
export const command = [node, join(root, 'src', 'main.ts')] as const;

export interface ExporterSettings {
  readonly environment?: Readonly<Record<string, string>>;
  /** The text of a configuration file. */
  readonly file?: string;
  readonly flags?: readonly string[];
}

export interface Exporter {
  /** `host:port`. */
  readonly address: string;
  readonly running: Running;
  readonly get: (
    path: string,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<{ status: number; body: string; type: string }>;
  /** Returns the current page of metrics. */
  readonly scrape: () => Promise<Exposition>;
  /** All pages that `scrape` has returned, in order. */
  readonly scrapes: readonly Exposition[];
}

/** Starts the exporter on a free port, and stops it at the end of the test. */
export async function startExporter(settings: ExporterSettings): Promise<Exporter> {
  const running = await launch({ ...settings, flags: ['--web.listen-address=127.0.0.1:0', ...(settings.flags ?? [])] });
  let address = '';
  await untilUp('The exporter', running, 60, () => {
    address = listeningAddress(running.output());
  });
  const scrapes: Exposition[] = [];
  const get: Exporter['get'] = async (path, headers = {}) => {
    const answer = await fetch(`http://${address}${path}`, { headers, signal: AbortSignal.timeout(10_000) });
    return { status: answer.status, body: await answer.text(), type: answer.headers.get('content-type') ?? '' };
  };
  return {
    address,
    running,
    get,
    scrapes,
    async scrape() {
      const { status, body } = await get('/metrics', { accept: 'text/plain;version=0.0.4' });
      expect(status).toBe(200);
      const page = parseExposition(body);
      scrapes.push(page);
      return page;
    },
  };
}

/** Waits until the only cluster of the exporter is healthy, and returns the page. */
export async function untilHealthy(exporter: Exporter): Promise<Exposition> {
  return until('the verdict is healthy', 180, async () => {
    const page = await exporter.scrape();
    expect(page.set('zeebe_topology_cluster_health', 'health')).toEqual(['healthy']);
    return page;
  });
}

/** Runs the exporter until it ends by itself. */
export async function runExporter(settings: ExporterSettings): Promise<Exit & { readonly output: string }> {
  const running = await launch(settings);
  const exit = await running.exited;
  return { ...exit, output: running.output() };
}

async function launch({ environment = {}, file, flags = [] }: ExporterSettings): Promise<Running> {
  const at = await createSystemFolder('exporter');
  const fileFlags: string[] = [];
  if (file !== undefined) {
    const path = join(at.data, 'exporter.yaml');
    await writeFile(path, file);
    fileFlags.push(`--config.file=${path}`);
  }
  const running = start(at, [...command, ...fileFlags, ...flags], environment);
  onTestFailed(() => console.error(`The exporter's log:\n${running.output()}`));
  onTestFinished(running.stop);
  return running;
}

/** Returns the listen address that the log names. */
function listeningAddress(log: string): string {
  for (const line of log.split('\n').filter((text) => text.startsWith('{'))) {
    const { msg, address }: { msg?: string; address?: string } = JSON.parse(line);
    if (msg?.includes('listening') && address !== undefined) return address;
  }
  throw new Error('the log names no listen address');
}
