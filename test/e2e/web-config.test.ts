import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Agent, request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { runExporter, startExporter } from './exporter.ts';
import { createSystemFolder } from './process.ts';
import { startPrometheusWith } from './systems/prometheus.ts';
import { until } from './until.ts';

const run = promisify(execFile);

const document = await readFile(new URL('../../docs/web-config.md', import.meta.url), 'utf8');
const blocks = (language: string) =>
  [...document.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, block = '']) => block);
const [makeAll = '', , makeClient = ''] = blocks('sh');
const [withPassword = '', scrapes = '', withClientCertificate = ''] = blocks('yaml');
const exampleHash = /\$2y\$\S+/;

/** Runs the commands of docs/web-config.md in a new folder, and writes its examples beside their output. */
async function documented() {
  const { data: folder } = await createSystemFolder('web-config');
  const shell = async (commands: string) => (await run('sh', ['-euc', commands], { cwd: folder })).stdout;
  const [hash = ''] = exampleHash.exec(await shell(makeAll)) ?? [];
  await shell(makeClient);
  await writeFile(
    join(folder, 'web.yml'),
    withPassword.replace(exampleHash, () => hash),
  );
  await writeFile(join(folder, 'clients.yml'), withClientCertificate);
  return {
    folder,
    password: (await readFile(join(folder, 'password'), 'utf8')).trim(),
    /** Creates a new certificate for the exporter. */
    renew: () => shell(makeAll.split('\n').slice(2, 5).join('\n')),
    curl: (...args: readonly string[]) =>
      run('curl', ['--silent', '--show-error', '--max-time', '20', ...args], { cwd: folder }),
  };
}

const environment = { ZEEBE_REST_ADDRESS: 'http://127.0.0.1:1' };

async function startWithWebConfig(folder: string, file: string) {
  const exporter = await startExporter({ environment, flags: [`--web.config.file=${join(folder, file)}`] });
  return { exporter, base: `https://localhost:${exporter.address.split(':')[1]}` };
}

const status = ['--output', '/dev/null', '--write-out', '%{http_code}'];

describe('the documented web configuration', () => {
  it('is accepted by promtool and by --config.check', async () => {
    const { folder } = await documented();
    const { stdout, stderr } = await run('promtool', ['check', 'web-config', join(folder, 'web.yml')]);
    expect(stdout + stderr).toContain('SUCCESS');
    for (const file of ['web.yml', 'clients.yml']) {
      const flags = ['--config.check', `--web.config.file=${join(folder, file)}`];
      expect((await runExporter({ environment, flags })).code).toBe(0);
    }
    await writeFile(join(folder, 'web.yml'), 'basic_auth_users: { prometheus: password }');
    const flags = ['--config.check', `--web.config.file=${join(folder, 'web.yml')}`];
    const { code, output } = await runExporter({ environment, flags });
    expect(code).toBe(1);
    expect(output).toMatch(/web\.yml:1: basic_auth_users: expected a bcrypt hash .* for prometheus/);
  });

  it('requires the password from curl, except for the health paths', async () => {
    const { folder, password, curl } = await documented();
    const { base } = await startWithWebConfig(folder, 'web.yml');
    const trusting = (...args: readonly string[]) => curl('--cacert', 'ca.crt', ...args);
    const { stdout } = await trusting(
      '--user',
      `prometheus:${password}`,
      '--dump-header',
      'headers',
      `${base}/metrics`,
    );
    expect(stdout).toContain('zeebe_topology_exporter_web_config_last_reload_successful 1\n');
    expect(await readFile(join(folder, 'headers'), 'utf8')).toMatch(/x-content-type-options: nosniff/i);
    const of = async (...args: readonly string[]) => (await trusting(...status, ...args)).stdout;
    expect(await of(`${base}/metrics`)).toBe('401');
    expect(await of('--user', 'prometheus:wrong', `${base}/metrics`)).toBe('401');
    expect(await of('--request', 'POST', `${base}/-/reload`)).toBe('401');
    expect(await of('--user', `prometheus:${password}`, '--request', 'POST', `${base}/-/reload`)).toBe('200');
    expect(await of(`${base}/-/healthy`)).toBe('200');
    await expect(curl(`${base}/-/healthy`)).rejects.toThrow(/certificate/);
  });

  it('requires a client certificate from curl', async () => {
    const { folder, curl } = await documented();
    const { base } = await startWithWebConfig(folder, 'clients.yml');
    const trusting = ['--cacert', 'ca.crt', ...status, `${base}/metrics`];
    expect((await curl('--cert', 'client.crt', '--key', 'client.key', ...trusting)).stdout).toBe('200');
    await expect(curl(...trusting)).rejects.toThrow();
    await expect(curl('--cert', 'exporter.crt', '--key', 'exporter.key', ...trusting)).rejects.toThrow();
  });

  it('is scraped by Prometheus, also after the certificate was renewed', async () => {
    const { folder, renew } = await documented();
    const { exporter } = await startWithWebConfig(folder, 'web.yml');
    const target = exporter.address.replace('127.0.0.1', 'localhost');
    const configuration = { global: { scrape_interval: '1s' }, ...parse(scrapes.replace('localhost:10650', target)) };
    const files = Object.fromEntries(
      await Promise.all(['ca.crt', 'password'].map(async (name) => [name, await readFile(join(folder, name), 'utf8')])),
    );
    const prometheus = await startPrometheusWith(configuration, files);
    onTestFinished(prometheus.stop);
    const expiry = 'zeebe_topology_exporter_tls_certificate_expiry_timestamp_seconds';
    const [before = 0] = await until('it has scraped', 60, async () => {
      expect(await prometheus.query('up')).toEqual([1]);
      const found = await prometheus.query(expiry);
      expect(found).toHaveLength(1);
      return found;
    });
    await until('the renewed certificate can expire a second later', 5, () =>
      expect(Date.now() / 1000).toBeGreaterThan(before - 365 * 86_400 + 1),
    );
    await renew();
    await until('it scrapes the renewed one', 60, async () => {
      const [now = 0] = await prometheus.query(expiry);
      expect(now).toBeGreaterThan(before);
      expect(await prometheus.query('up')).toEqual([1]);
    });
    expect(await prometheus.query('min_over_time(up[10m])')).toEqual([1]);
  });
});

describe('a slowloris attack of 500 connections, a load of 190 clients and 10 password guessers', () => {
  it('do not prevent scrapes of curl', async () => {
    const { folder, password, curl } = await documented();
    const { exporter, base } = await startWithWebConfig(folder, 'web.yml');
    const port = Number(exporter.address.split(':')[1]);
    const dispatcher = new Agent({ connections: 200, connect: { rejectUnauthorized: false } });
    let isOver = false;

    const slow = async () => {
      while (!isOver) {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => {});
        socket.write('\x16\x03\x01');
        onTestFinished(() => void socket.destroy());
        await new Promise((resolve) => socket.once('close', resolve));
      }
    };
    const ask = async (user: string) => {
      const headers = { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
      const { statusCode, body } = await request(`${base}/metrics`, { dispatcher, headers });
      await body.dump();
      return statusCode;
    };
    const load = async () => {
      while (!isOver) await ask(`prometheus:${password}`);
    };
    const guess = async () => {
      while (!isOver) await ask(`prometheus:${Math.random()}`);
    };
    const attackers = [
      ...Array.from({ length: 500 }, slow),
      ...Array.from({ length: 190 }, load),
      ...Array.from({ length: 10 }, guess),
    ];

    const seconds: number[] = [];
    for (let scrape = 0; scrape < 20; scrape++) {
      const { stdout } = await curl(
        ...['--cacert', 'ca.crt', '--user', `prometheus:${password}`, '--output', '/dev/null'],
        ...['--write-out', '%{http_code} %{time_total}', `${base}/metrics`],
      );
      const [code, time] = stdout.split(' ');
      expect(code).toBe('200');
      seconds.push(Number(time));
    }
    console.log(`20 scrapes under attack took ${Math.min(...seconds)} to ${Math.max(...seconds)} s`);
    isOver = true;
    await exporter.running.stop();
    await Promise.allSettled(attackers);
    await dispatcher.destroy();
  });
});
