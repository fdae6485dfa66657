import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { node } from './exporter.ts';
import { freePorts } from './ports.ts';
import { createSystemFolder, type Running, start } from './process.ts';
import { until } from './until.ts';

const root = join(import.meta.dirname, '..', '..');

interface Demo {
  readonly running: Running;
  /** Returns what it has left in the folder for temporary files, in which npm and Node.js have caches. */
  readonly leftFiles: () => Promise<readonly string[]>;
  /** Returns the command lines of processes that use that folder. */
  readonly leftProcesses: () => readonly string[];
}

/** Starts the demo with a folder of its own for temporary files, and ends it with the test. */
async function startDemo(
  [command, ...args]: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>> = {},
): Promise<Demo> {
  const at = await createSystemFolder('demo');
  const temporary = join(at.data, 'tmp');
  await mkdir(temporary);
  const running = start(at, [command, ...args], { TMPDIR: temporary, ...environment });
  onTestFinished(running.stop);
  return {
    running,
    leftFiles: async () => (await readdir(temporary)).filter((name) => name.startsWith('zeebe-topology-exporter')),
    leftProcesses: () => commandLines().filter((line) => line.includes(temporary)),
  };
}

function commandLines(): readonly string[] {
  return readdirSync('/proc').flatMap((entry) => {
    try {
      return /^\d+$/.test(entry) ? [readFileSync(`/proc/${entry}/cmdline`, 'utf8')] : [];
    } catch {
      // The process has ended since its folder was listed.
      return [];
    }
  });
}

const script = [node, join(root, 'prometheus', 'demo-alerts.ts')] as const;

async function addresses(): Promise<{ exporter: string; prometheus: string; flags: readonly string[] }> {
  const [exporter = '', prometheus = ''] = (await freePorts(2)).map((port) => `127.0.0.1:${port}`);
  const flags = [`--web.listen-address=${exporter}`, `--prometheus.listen-address=${prometheus}`];
  return { exporter, prometheus, flags };
}

/** Returns the alerts in a state, each as `name cluster`. */
async function alertsIn(state: 'pending' | 'firing', prometheus: string): Promise<readonly string[]> {
  const answer = await fetch(`http://${prometheus}/api/v1/alerts`);
  const { data } = (await answer.json()) as {
    readonly data: { readonly alerts: readonly { readonly state: string; readonly labels: Record<string, string> }[] };
  };
  const names = data.alerts
    .filter((alert) => alert.state === state)
    .map(({ labels }) => `${labels.alertname} ${labels.zeebe_cluster}`);
  return [...new Set(names)].toSorted();
}

describe('npm run demo:alerts', () => {
  it('lets the first alert fire in a Prometheus beside the demo, and ends both with Ctrl-C', async () => {
    const { exporter, prometheus, flags } = await addresses();
    const npm = ['npm', '--prefix', root, 'run', 'demo:alerts', '--', ...flags] as const;
    const { running, leftFiles, leftProcesses } = await startDemo(npm);
    await until('the demo explains what happens', 60, () => expect(running.output()).toContain('What happens'));
    expect(running.output()).toContain(`Open http://${prometheus}/alerts for its alerts.`);
    expect(running.output()).toContain(`Open http://${exporter}/ for the status page, http://${exporter}/metrics`);
    expect(running.output()).toMatch(/ZeebeTopologyPartitionWithoutLeader +orders +within +2 minutes/);
    await until('two alerts are pending', 120, async () => {
      expect(await alertsIn('pending', prometheus)).toEqual(
        expect.arrayContaining(['ZeebeTopologyPartitionWithoutLeader orders', 'ZeebeTopologyBrokerMissing payments']),
      );
    });
    await until('the first alert fires', 120, async () => {
      expect(await alertsIn('firing', prometheus)).toEqual(['ZeebeTopologyPartitionWithoutLeader orders']);
    });
    expect(leftProcesses()).toHaveLength(1);

    // To the whole process group, as a terminal does.
    running.signal('SIGINT');
    await running.exited;
    // npm may end before the demo does.
    await until('nothing is left of the demo', 15, async () => {
      expect(leftProcesses()).toEqual([]);
      expect(await leftFiles()).toEqual([]);
    });
    await expect(fetch(`http://${prometheus}/`)).rejects.toThrow();
    await expect(fetch(`http://${exporter}/`)).rejects.toThrow();
  });

  it('ends Prometheus when it gets SIGTERM alone, with exit code 0', async () => {
    const { prometheus, flags } = await addresses();
    const { running, leftFiles, leftProcesses } = await startDemo([...script, ...flags]);
    await until('Prometheus answers', 60, async () => {
      expect((await fetch(`http://${prometheus}/-/ready`)).status).toBe(200);
    });
    await until('the demo explains what happens', 60, () => expect(running.output()).toContain('What happens'));
    running.signalLeader('SIGTERM');
    expect(await running.exited).toEqual({ code: 0, signal: null });
    expect(leftProcesses()).toEqual([]);
    expect(await leftFiles()).toEqual([]);
  });

  it('says how to get Prometheus if there is none on the PATH', async () => {
    const { running, leftFiles } = await startDemo(script, { PATH: '/nonexistent' });
    expect(await running.exited).toEqual({ code: 1, signal: null });
    expect(running.output()).toContain('There is no program prometheus on the PATH.');
    expect(running.output()).toContain('sudo apt install prometheus');
    expect(running.output()).toContain('brew install prometheus');
    expect(running.output()).toContain('https://prometheus.io/download/');
    expect(running.output()).not.toContain('status page');
    expect(await leftFiles()).toEqual([]);
  });

  it.each([
    ['is too old for keep_firing_for', 'echo "prometheus, version 2.31.2+ds1 (branch: debian/sid)"', 'is too old: '],
    ['is something else', 'echo "go version go1.19.8 linux/amd64"', 'is not Prometheus'],
    ['fails', 'exit 3', 'cannot be run'],
  ])('says that the program %s, and which one it needs', async (_what, line, complaint) => {
    const at = await createSystemFolder('program');
    const program = join(at.data, 'prometheus');
    await writeFile(program, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    const { running } = await startDemo([...script, `--prometheus=${program}`]);
    expect(await running.exited).toEqual({ code: 1, signal: null });
    expect(running.output()).toContain(`${program} ${complaint}`);
    expect(running.output()).toContain('needs Prometheus 2.42 or newer');
  });

  it('ends with exit code 1 if the address of Prometheus is in use, and says which flag changes it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { flags } = await addresses();
    const demo = await startDemo([...script, ...flags, `--prometheus.listen-address=127.0.0.1:${port}`]);
    expect(await demo.running.exited).toEqual({ code: 1, signal: null });
    expect(demo.running.output()).toContain('address already in use');
    expect(demo.running.output()).toContain('choose another one with --prometheus.listen-address');
    expect(await demo.leftFiles()).toEqual([]);
  });

  it('ends Prometheus if the address of the exporter is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { flags } = await addresses();
    const demo = await startDemo([...script, ...flags, `--web.listen-address=127.0.0.1:${port}`]);
    expect(await demo.running.exited).toEqual({ code: 1, signal: null });
    expect(demo.running.output()).toContain('the address is in use');
    expect(demo.leftProcesses()).toEqual([]);
    expect(await demo.leftFiles()).toEqual([]);
  });
});
