import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { hash } from 'bcrypt';
import { Agent, request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { countsOf } from '../faults/cluster-counts.ts';
import { command } from './exporter.ts';
import { type Counts, clusterCount, pollInterval } from './hostile/schedule.ts';
import { createSystemFolder, start, untilUp } from './process.ts';
import { until } from './until.ts';

const duration = 10 * 60_000;
const memoryLimit = 512 * 1024 * 1024;
const heldConnections = 1_000;
const passwordGuessers = 10;
const password = 'correct horse';
const authorization = (secret: string) => `Basic ${Buffer.from(`prometheus:${secret}`).toString('base64')}`;

/** Returns the agent of a client with its own source address. */
function clientAt(localAddress: string): Agent {
  const agent = new Agent({ connect: { localAddress }, connections: 2 });
  onTestFinished(() => agent.destroy());
  return agent;
}

async function startClusters(): Promise<string> {
  const script = join(import.meta.dirname, 'hostile', 'clusters-process.ts');
  const running = start(await createSystemFolder('hostile-clusters'), [command[0], script]);
  onTestFinished(running.stop);
  let port: string | undefined;
  await untilUp('The process of the clusters', running, 60, () => {
    [, port] = /port (\d+)/.exec(running.output()) ?? [];
    expect(port).toBeDefined();
  });
  return `http://127.0.0.1:${port}`;
}

/** Creates a control group with a memory limit, as containers have, and returns its folder; undefined if it cannot. */
function memoryGroup(bytes: number): string | undefined {
  const group = `/sys/fs/cgroup/memory/zeebe-topology-exporter-${process.pid}`;
  try {
    mkdirSync(group);
    writeFileSync(join(group, 'memory.limit_in_bytes'), String(bytes));
    return group;
  } catch {
    return undefined;
  }
}

/** Starts the exporter with a memory limit and with its log on a pipe, which the test can stop reading. */
async function startLimited(clusters: string) {
  const { data } = await createSystemFolder('hostile-exporter');
  const file = join(data, 'exporter.yml');
  const web = join(data, 'web.yml');
  const names = Array.from({ length: clusterCount }, (_, index) => ({
    name: `cluster-${index}`,
    address: `${clusters}/${index}`,
    basic_auth: { username: 'demo', password: `secret-%"<>&'-${index}` },
  }));
  await writeFile(file, JSON.stringify({ poll_interval: `${pollInterval / 1000}s`, clusters: names }));
  await writeFile(web, JSON.stringify({ basic_auth_users: { prometheus: await hash(password, 10) } }));
  const flags = [`--config.file=${file}`, `--web.config.file=${web}`, '--web.listen-address=127.0.0.1:0'];
  const group = memoryGroup(memoryLimit);
  console.log(`The memory is limited by ${group ? 'a control group' : "V8's heap limit"}, and measured`);
  // The shell enters the group and then becomes the exporter.
  const limit = group ? ['sh', '-c', 'echo $$ > "$0" && exec "$@"', join(group, 'cgroup.procs')] : ['env'];
  const heapLimit = group ? [] : ['--max-old-space-size=256'];
  const [shell = '', ...args] = [...limit, command[0], ...heapLimit, command[1], ...flags];
  const child = spawn(shell, args, {
    cwd: data,
    // The MALLOC_ variables are those of the image.
    env: { PATH: process.env.PATH, HOME: data, MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
    // A group can be removed once its processes have ended.
    if (group) rmdirSync(group);
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    log = (log + chunk).slice(-64 * 1024);
  });
  const address = await until('the exporter listens', 60, () => {
    const [, found] = /"address":"([^"]+)"/.exec(log) ?? [];
    if (found === undefined) throw new Error(log);
    return found;
  });
  return { address, child, log: () => log, peakMemory: () => peakOf(child.pid ?? 0), exited };
}

/** Returns the peak resident memory so far in bytes (VmHWM of proc(5)). */
function peakOf(pid: number): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}

/** Returns how much longer than at best this machine has taken for the same work, as a median. */
function measureSlowdown(): () => number {
  const times: number[] = [];
  const child = fork(join(import.meta.dirname, 'hostile', 'machine-speed-process.ts'), { execPath: command[0] });
  child.on('message', (time: number) => times.push(time));
  onTestFinished(() => void child.kill());
  return () => percentile(times, 0.5) / Math.min(...times);
}

describe('ten minutes of hostile clusters and clients at once', () => {
  it('do not end the process, and delay neither polls of good clusters nor scrapes of other addresses', async () => {
    const clusters = await startClusters();
    const exporter = await startLimited(clusters);
    const { address } = exporter;
    const slowdown = measureSlowdown();
    const endsAt = performance.now() + duration;
    const isRunning = () => performance.now() < endsAt && exporter.child.exitCode === null;

    const hold = async (index: number) => {
      while (isRunning()) {
        const [host = '', port = ''] = address.split(':');
        const socket = connect({ host, port: Number(port), localAddress: '127.0.0.2' });
        socket.on('error', () => {});
        // Some never send anything, some never finish their request, some do not read the response.
        if (index % 3 === 1) socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\nX-Slow: ');
        if (index % 3 === 2) {
          const head = `GET /api/v1/clusters HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization(password)}\r\n\r\n`;
          socket.pause().write(head.repeat(8));
        }
        await new Promise((resolve) => socket.once('close', resolve).setTimeout(60_000, () => socket.destroy()));
        // At most one connection a second from each of them.
        await wait(1_000);
      }
    };

    const guess = async (index: number) => {
      const dispatcher = clientAt('127.0.0.3');
      for (let count = 0; isRunning(); count++) {
        await request(`http://${address}/metrics`, {
          dispatcher,
          headers: { authorization: authorization(`guess ${index} ${count}`) },
        }).then(
          ({ body }) => body.dump(),
          () => {},
        );
        await wait(50);
      }
    };

    const reload = async () => {
      const dispatcher = clientAt('127.0.0.4');
      while (isRunning()) {
        const { body } = await request(`http://${address}/-/reload`, {
          dispatcher,
          method: 'POST',
          headers: { authorization: authorization(password) },
        });
        await body.dump();
        await wait(5_000);
      }
    };

    const stopReading = async () => {
      await wait(2 * 60_000);
      exporter.child.stderr.pause();
      await wait(60_000);
      exporter.child.stderr.resume();
    };

    /** Milliseconds. */
    const scrapeTimes: number[] = [];
    const scraper = clientAt('127.0.0.1');
    const read = async () => {
      const { statusCode, body } = await request(`http://${address}/metrics`, {
        dispatcher: scraper,
        headers: { authorization: authorization(password), 'accept-encoding': 'gzip' },
      });
      const bytes = await body.bytes();
      expect(statusCode).toBe(200);
      return bytes;
    };
    const scrape = async () => {
      while (isRunning()) {
        const begin = performance.now();
        await read();
        scrapeTimes.push(performance.now() - begin);
        await wait(1_000);
      }
    };

    await Promise.all([
      ...Array.from({ length: heldConnections }, (_, index) => hold(index)),
      ...Array.from({ length: passwordGuessers }, (_, index) => guess(index)),
      reload(),
      stopReading(),
      scrape(),
    ]);

    expect(exporter.child.exitCode).toBeNull();
    const peak = exporter.peakMemory();
    const counts = (await (await fetch(`${clusters}/counts`)).json()) as Counts;
    console.log({
      peakMiB: Math.round(peak / 1024 / 1024),
      scrapes: scrapeTimes.length,
      p99: percentile(scrapeTimes, 0.99),
      lateness99: percentile(counts.lateness, 0.99),
      slowdown: slowdown(),
    });
    // The limit is a second on a machine that runs only this test. Other processes may leave less of the processors.
    const second = 1_000 * slowdown();
    expect(peak).toBeLessThan(memoryLimit);
    expect(scrapeTimes.length).toBeGreaterThan(duration / 1_000 / 4);
    expect(percentile(scrapeTimes, 0.99)).toBeLessThan(second);
    expect(percentile(counts.lateness, 0.99)).toBeLessThan(second);

    const { body } = await request(`http://${address}/metrics`, {
      dispatcher: scraper,
      headers: { authorization: authorization(password) },
    });
    const metrics = countsOf(await body.text());
    const wrong = counts.clusters.flatMap(({ good, hostile }, index) => {
      const series = metrics.get(`cluster-${index}`);
      const polls = series?.get('polls_total') ?? 0;
      const due = Math.floor(duration / pollInterval) - 2;
      const failures = [...(series ?? [])]
        .filter(([name]) => name.startsWith('poll_failures_total'))
        .reduce((sum, [, value]) => sum + value, 0);
      return polls >= due && failures <= hostile ? [] : [{ index, polls, failures, good, hostile }];
    });
    expect(wrong).toEqual([]);

    exporter.child.kill('SIGTERM');
    expect((await exporter.exited)[0]).toBe(0);
  });
});
