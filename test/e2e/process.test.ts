import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, open, readFile, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { command, runExporter, startExporter } from './exporter.ts';
import { freePorts } from './ports.ts';
import { createSystemFolder, start } from './process.ts';
import { until } from './until.ts';

describe('the process', () => {
  it('is not ready and exposes no series of the cluster until its first poll has ended', async () => {
    const gateway = await startSilentGateway();
    const exporter = await startExporter({ environment: { ZEEBE_REST_ADDRESS: gateway.address } });
    const request = await gateway.request();
    expect((await exporter.get('/-/healthy')).status).toBe(200);
    expect((await exporter.get('/-/ready')).status).toBe(503);
    const before = await exporter.scrape();
    expect(before.series('zeebe_topology_up')).toEqual([]);
    expect(before.value('zeebe_topology_polls_total')).toBe(0);
    expect(before.value('zeebe_topology_poll_interval_seconds')).toBe(15);

    request.writeHead(500).end();
    await until('it is ready', 30, async () => expect((await exporter.get('/-/ready')).status).toBe(200));
    const after = await exporter.scrape();
    expect(after.set('zeebe_topology_poll_failing', 'reason')).toEqual(['http_status']);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('exits with code 0 at once on %s during a poll', async (signal) => {
    const gateway = await startSilentGateway();
    const environment = {
      ZEEBE_REST_ADDRESS: gateway.address,
      ZEEBE_POLL_INTERVAL: '5m',
      ZEEBE_POLL_TIMEOUT: '5m',
    };
    const exporter = await startExporter({ environment });
    await gateway.request();

    exporter.running.signal(signal);
    const timeout = AbortSignal.timeout(5_000);
    await Promise.race([exporter.running.exited, once(timeout, 'abort')]);
    expect(timeout.aborted, 'whether it took more than five seconds').toBe(false);
    expect(await exporter.running.exited).toEqual({ code: 0, signal: null });
  });

  it('reports all problems of a configuration file, and does not start', async () => {
    const file = `
clusters:
  - { name: one, address: "http://127.0.0.1:1", poll_interval: soon }
  - { name: one, adress: "http://127.0.0.1:1" }
`;
    const codes = { '--config.check': 1, '--web.listen-address=127.0.0.1:0': 78 };
    for (const [flag, expected] of Object.entries(codes)) {
      const { code, output } = await runExporter({ file, flags: [flag] });
      expect(code, flag).toBe(expected);
      for (const part of ['exporter.yaml', 'poll_interval', 'soon', 'adress', 'one']) expect(output).toContain(part);
      expect(output).not.toContain('listening');
    }
  });

  it('accepts a valid file with --config.check without listening', async () => {
    const file = 'clusters: [{ name: one, address: "http://127.0.0.1:1" }]';
    const { code, output } = await runExporter({ file, flags: ['--config.check'] });
    expect(code).toBe(0);
    expect(output).not.toContain('listening');
  });

  it('fails with a message if its port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const { code, output } = await runExporter({ flags: [`--web.listen-address=127.0.0.1:${port}`] });
    expect(code).toBe(1);
    expect(output).toContain(`127.0.0.1:${port}`);
    expect(output).toMatch(/in use/);
  });

  it('names every file that is missing, and does not start', async () => {
    const file = `
clusters:
  - name: one
    address: "https://127.0.0.1:1"
    basic_auth: { username: demo, password_file: no-password }
    tls_config: { ca_file: no-authority, cert_file: no-certificate, key_file: no-key }
`;
    const { code, output } = await runExporter({ file, flags: ['--web.listen-address=127.0.0.1:0'] });
    expect(code).toBe(78);
    for (const name of ['no-password', 'no-authority', 'no-certificate', 'no-key']) expect(output).toContain(name);
    expect(output).toContain('no such file');
  });

  it.each([
    ['is missing', '/no/such/exporter.yaml', 'no such file'],
    ['is a folder', '/', 'directory'],
  ])('reports that the configuration file %s', async (_what, path, reason) => {
    const { code, output } = await runExporter({ flags: [`--config.file=${path}`] });
    expect(code).toBe(78);
    expect(output).toContain(path);
    expect(output).toContain(reason);
  });

  it.each([
    ['2 for an invalid command line', ['--no-such-flag'], 2],
    ['78 for a missing web configuration file', ['--web.config.file=/no/such/web.yml'], 78],
    ['1 for invalid settings of the demo', ['demo', '--log.level=loud'], 1],
  ])('exits with code %s', async (_what, flags, expected) => {
    expect((await runExporter({ flags })).code).toBe(expected);
  });

  it('does not open a debugger on SIGUSR1, and keeps serving', async () => {
    const exporter = await startExporter({ environment: { ZEEBE_REST_ADDRESS: 'http://127.0.0.1:1' } });
    exporter.running.signal('SIGUSR1');
    // A process handles its signals in order.
    exporter.running.signal('SIGHUP');
    await until('it has read its configuration again', 30, () => {
      expect(exporter.running.output()).toContain('the configuration was read again');
    });
    expect((await exporter.get('/-/healthy')).status).toBe(200);
    expect(exporter.running.output()).not.toContain('Debugger');
  });

  it('writes its listen addresses to HEALTHCHECK_FILE for the health check of the image', async () => {
    const { data } = await createSystemFolder('healthcheck');
    const environment = { ZEEBE_REST_ADDRESS: 'http://127.0.0.1:1', HEALTHCHECK_FILE: join(data, 'addresses') };
    const { address } = await startExporter({ environment });
    await until('it is written', 30, async () => {
      expect(await readFile(environment.HEALTHCHECK_FILE, 'utf8')).toBe(`http://${address}`);
    });
  });

  it('logs that HEALTHCHECK_FILE cannot be written, and keeps serving', async () => {
    const environment = { ZEEBE_REST_ADDRESS: 'http://127.0.0.1:1', HEALTHCHECK_FILE: '/no/such/folder/addresses' };
    const exporter = await startExporter({ environment });
    await until('the error is logged', 30, () => expect(exporter.running.output()).toMatch(/HEALTHCHECK_FILE: ENOENT/));
    expect((await exporter.get('/-/healthy')).status).toBe(200);
  });

  it('serves while all clusters are down, and logs the reason', async () => {
    const [port] = await freePorts(1);
    const clusters = ['one', 'two'].map((name) => ({ name, address: `http://127.0.0.1:${port}`, poll_interval: '1s' }));
    const exporter = await startExporter({ file: JSON.stringify({ clusters }) });
    await until('it is ready', 30, async () => expect((await exporter.get('/-/ready')).status).toBe(200));
    const page = await exporter.scrape();
    expect(page.series('zeebe_topology_up').map(({ value }) => value)).toEqual([0, 0]);
    expect(exporter.running.output()).toMatch(/ECONNREFUSED/);
  });
});

/** Makes Node.js run a script before the exporter. */
function loadedFirst(script: string): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` };
}

describe('an unexpected exception', () => {
  const secret = 'OPENSESAME';
  const file = `clusters: [{ name: one, address: "http://127.0.0.1:1", poll_interval: 1s, headers: { X-Key: ${secret} } }]`;
  const flags = ['--web.listen-address=127.0.0.1:0'];
  /** Throws in the polling loop of a cluster, after a few polls. */
  const throwsInPollingLoop = `
    const now = performance.now.bind(performance);
    const isPollingLoop = () => new Error().stack.includes('/cluster/monitor.ts');
    let polls = 0;
    performance.now = () => {
      if (isPollingLoop() && ++polls > 6) throw new RangeError('the clock of ${secret} broke');
      return now();
    };`;

  /** Runs the defect soon after the exporter listens. */
  const soon = (defect: string) => `
    import { Server } from 'node:net';
    const { listen } = Server.prototype;
    Server.prototype.listen = function (...args) {
      this.once('listening', () => setTimeout(() => { ${defect} }, 200));
      return listen.apply(this, args);
    };`;
  const error = `new RangeError('the clock of ${secret} broke')`;

  it.each([
    ['thrown', soon(`throw ${error}`)],
    ['rejected', soon(`Promise.reject(${error})`)],
    ['thrown in the polling loop', throwsInPollingLoop],
  ])('%s ends the process with code 1, and is logged with its stack and without secrets', async (_what, script) => {
    const { code, signal, output } = await runExporter({ file, flags, environment: loadedFirst(script) });
    expect({ code, signal }).toEqual({ code: 1, signal: null });
    const lines = output
      .trimEnd()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({
      level: 'fatal',
      msg: 'ended by an unexpected error: the clock of <secret> broke',
      err: { type: 'RangeError', stack: expect.stringMatching(/^RangeError: the clock of <secret> broke\n {4}at /) },
    });
    expect(output).not.toContain(secret);
  });

  it('is logged with its stack in the pretty format, too', async () => {
    const script = soon(`throw ${error}`);
    const pretty = [...flags, '--log.format=pretty'];
    const { code, output } = await runExporter({ file, flags: pretty, environment: loadedFirst(script) });
    expect(code).toBe(1);
    expect(output).toMatch(
      /FATAL: ended by an unexpected error: the clock of <secret> broke\n {4}RangeError: .*\n {8}at /,
    );
    expect(output).not.toContain(secret);
  });

  it('that is undefined ends the process with code 1', async () => {
    const environment = loadedFirst(soon('Promise.reject(undefined)'));
    const { code, output } = await runExporter({ file, flags, environment });
    expect(code).toBe(1);
    expect(output).toContain('ended by an unexpected error: ');
  });
});

describe('a second signal', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('%s ends a stopping process at once', async (second, expected) => {
    const neverClosed = `import { Server } from 'node:net'; Server.prototype.close = () => {};`;
    const environment = { ZEEBE_REST_ADDRESS: 'http://127.0.0.1:1', ...loadedFirst(neverClosed) };
    const exporter = await startExporter({ environment });
    exporter.running.signal('SIGTERM');
    await until('it stops', 30, () => expect(exporter.running.output()).toContain('SIGTERM: stopping'));
    exporter.running.signal(second);
    expect(await exporter.running.exited).toEqual({ code: expected, signal: null });
  });
});

describe('a log that cannot be written', () => {
  it.each([
    ['to a full disk', '2>/dev/full'],
    ['to a closed pipe', '2> >(exit 0)'],
    ['to two closed pipes', '> >(exit 0) 2>&1'],
  ])('%s does not stop the exporter', async (_what, redirection) => {
    const [port] = await freePorts(1);
    const at = await createSystemFolder('exporter');
    const script = `exec "$@" ${redirection}`;
    const flags = [`--web.listen-address=127.0.0.1:${port}`, '--log.level=debug'];
    const environment = { ZEEBE_REST_ADDRESS: 'http://127.0.0.1:1', ZEEBE_POLL_INTERVAL: '1s' };
    const running = start(at, ['bash', '-c', script, 'bash', ...command, ...flags], environment);
    onTestFinished(running.stop);
    const polls = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    await until('a few polls have been logged', 60, async () => {
      expect(await polls()).toMatch(/^zeebe_topology_polls_total\{.*\} [3-9]$/m);
    });
    running.signal('SIGTERM');
    expect(await running.exited).toEqual({ code: 0, signal: null });
  });
});

describe('a log that is not read', () => {
  /** A reload of this file fails and logs a line of 16 kB. */
  const unusable = JSON.stringify({
    clusters: Array.from({ length: 70 }, (_, index) => ({ name: `cluster ${index}`, address: 'zeebe' })),
  });
  const usable = 'clusters: [{ name: one, address: "http://127.0.0.1:1", poll_interval: 1s }]';

  /** Starts the exporter with a pipe for its standard error, and makes it log more than the pipe and 1 MiB can buffer. */
  async function startUnread() {
    const at = await createSystemFolder('exporter');
    const [file, fifo, listening] = [join(at.data, 'exporter.yaml'), join(at.data, 'log'), join(at.data, 'addresses')];
    await writeFile(file, usable);
    await promisify(execFile)('mkfifo', [fifo]);
    const log = await open(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    onTestFinished(() => log.close());
    const flags = [`--config.file=${file}`, '--web.listen-address=127.0.0.1:0'];
    const script = ['bash', '-c', `exec "$@" 2>${fifo}`, 'bash', ...command, ...flags] as const;
    const running = start(at, script, { HEALTHCHECK_FILE: listening });
    onTestFinished(running.stop);
    const address = await until('it listens', 60, () => readFile(listening, 'utf8'));
    await writeFile(file, unusable);
    const reload = async () => (await fetch(`${address}/-/reload`, { method: 'POST' })).status;
    for (let count = 0; count < 150; count++) expect(await reload()).toBe(500);
    return { running, fifo, page: async () => (await fetch(`${address}/metrics`)).text() };
  }

  it('blocks neither scrapes nor polls nor SIGTERM', async () => {
    const { running, page } = await startUnread();
    const polls = async () => Number(/^zeebe_topology_polls_total\{.*\} (\d+)$/m.exec(await page())?.[1]);
    const before = await polls();
    await until('more polls have ended', 30, async () => expect(await polls()).toBeGreaterThan(before + 1));
    running.signal('SIGTERM');
    expect(await running.exited).toEqual({ code: 0, signal: null });
  });

  it('loses lines, and reports how many once it is read again', async () => {
    const { running, fifo } = await startUnread();
    let log = '';
    const cat = spawn('cat', [fifo], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void cat.kill('SIGKILL'));
    cat.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      log += chunk;
    });
    await until('the number of lost lines is logged', 30, () => expect(log).toContain('lines of the log were lost'));
    running.signal('SIGTERM');
    expect(await running.exited).toEqual({ code: 0, signal: null });
    await until('all is read', 30, () => expect(log).toContain('SIGTERM: stopping'));
    const lines = log
      .trimEnd()
      .split('\n')
      .map((line): { readonly msg: string; readonly lost?: number } => JSON.parse(line));
    const rejected = lines.filter(({ msg }) => msg.startsWith('the configuration was not changed'));
    const lostCounts = lines.flatMap(({ lost }) => lost ?? []);
    expect(lostCounts).toHaveLength(1);
    // Nearly all lost lines are those of the reloads.
    expect(rejected.length + (lostCounts[0] ?? 0)).toBeGreaterThanOrEqual(150);
    expect(Math.max(...log.split('\n').map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(16 * 1024);
  });
});

describe('npm start', () => {
  it('ends the exporter when npm gets SIGTERM', async () => {
    const at = await createSystemFolder('exporter');
    const npm = ['npm', '--prefix', join(import.meta.dirname, '..', '..'), 'start', '--'] as const;
    const flags = ['--web.listen-address=127.0.0.1:0', '--log.format=json'];
    const running = start(at, [...npm, ...flags], { ZEEBE_REST_ADDRESS: 'http://127.0.0.1:1' });
    onTestFinished(running.stop);
    await until('it listens', 60, () => expect(running.output()).toContain('listening on'));
    running.signalLeader('SIGTERM');
    await until('the exporter has stopped', 30, () => expect(running.output()).toContain('SIGTERM: stopping'));
    await running.exited;
  });
});

describe('SIGHUP', () => {
  it('during the start reloads the configuration after the start', async () => {
    const at = await createSystemFolder('exporter');
    await writeFile(join(at.data, 'exporter.yaml'), 'clusters: [{ name: one, address: "http://127.0.0.1:1" }]');
    // The signal arrives while modules are still loaded.
    const environment = loadedFirst(
      `process.once('newListener', () => setImmediate(() => process.kill(process.pid, 'SIGHUP')))`,
    );
    const flags = ['--config.file=exporter.yaml', '--web.listen-address=127.0.0.1:0'];
    const running = start(at, [...command, ...flags], environment);
    onTestFinished(running.stop);
    await until('it has read its configuration again', 60, () => {
      expect(running.output()).toContain('the configuration was read again: 1 unchanged');
    });
    expect(running.output()).toMatch(/listening.*\n(.*\n)*.*was read again/);
  });

  it('ends the check command like Ctrl-C', async () => {
    const gateway = await startSilentGateway();
    const at = await createSystemFolder('exporter');
    const running = start(at, [...command, 'check'], { ZEEBE_REST_ADDRESS: gateway.address });
    onTestFinished(running.stop);
    await gateway.request();
    running.signal('SIGHUP');
    expect(await running.exited).toEqual({ code: 1, signal: null });
  });

  it('ends the demo like Ctrl-C', async () => {
    const at = await createSystemFolder('exporter');
    const running = start(at, [...command, 'demo', '--web.listen-address=127.0.0.1:0']);
    onTestFinished(running.stop);
    await until('the demo explains what happens', 60, () => expect(running.output()).toContain('What happens'));
    running.signal('SIGHUP');
    expect(await running.exited).toEqual({ code: 0, signal: null });
  });
});

interface SilentGateway {
  readonly address: string;
  /** Returns the response of the next request, which only the test sends. */
  readonly request: () => Promise<ServerResponse>;
}

async function startSilentGateway(): Promise<SilentGateway> {
  const server = createServer().listen(0, '127.0.0.1');
  const arrived = once(server, 'request');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async request() {
      const [, response] = (await arrived) as [unknown, ServerResponse];
      return response;
    },
  };
}
