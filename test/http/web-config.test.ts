import { writeFile } from 'node:fs/promises';
import { Agent, request } from 'undici';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ConfigError } from '../../src/config/problem.ts';
import { complaints, load } from '../config/loading.ts';
import { ca, renewed } from '../config/web-config-fixtures.ts';
import { cluster, configOf, healthy, start } from '../exporting.ts';
import { readPage, valuesOf } from '../metrics/pages.ts';
import { withoutProxy } from '../transport/without-proxy.ts';
import { loadedWebConfig, tls, webFolder } from './serving.ts';

const soon = { timeout: 20_000, interval: 100 };
const web = { listenAddresses: [{ host: '127.0.0.1', port: 0 }], telemetryPath: '/metrics' };

beforeEach(withoutProxy);

/** Starts an exporter with that web configuration. `read` returns the values of its metrics about it. */
async function exporterWith(lines: readonly string[]) {
  const folder = await webFolder(lines);
  const webConfig = await loadedWebConfig(folder.path);
  const exporter = await start(configOf([await cluster('one', healthy)], { web, webConfig }));
  const dispatcher = new Agent({ connect: { ca, servername: 'localhost' } });
  onTestFinished(() => dispatcher.destroy());
  const scheme = lines === tls ? 'https' : 'http';
  return {
    ...folder,
    get: (path: string) => request(`${scheme}://${exporter.addresses[0]}${path}`, { dispatcher }),
    read: async () => {
      const { body } = await request(`${scheme}://${exporter.addresses[0]}/metrics`, { dispatcher });
      const page = readPage(await body.text());
      return {
        successful: valuesOf(page, 'exporter_web_config_last_reload_successful'),
        expiry: valuesOf(page, 'exporter_tls_certificate_expiry_timestamp_seconds'),
      };
    },
  };
}

const expiry = (year: number, month: number) => ({ '': Date.UTC(year, month) / 1000 });

describe('the metrics of the web configuration', () => {
  it('are absent without one', async () => {
    const exporter = await start(configOf([await cluster('one', healthy)]));
    const { body } = await request(`http://${exporter.addresses[0]}/metrics`);
    const families = [...readPage(await body.text()).keys()];
    expect(families.filter((name) => name.includes('web_config') || name.includes('certificate'))).toEqual([]);
  });

  it('include no certificate without TLS', async () => {
    const { read } = await exporterWith(['http_server_config: {}']);
    expect(await read()).toEqual({ successful: { '': 1 }, expiry: {} });
  });

  it('follow the certificate, and report an unusable file', async () => {
    const { path, write, read } = await exporterWith(tls);
    expect(await read()).toEqual({ successful: { '': 1 }, expiry: expiry(2119, 0) });
    await write('server.crt', renewed.cert);
    await vi.waitFor(async () => expect((await read()).successful).toEqual({ '': 0 }), soon);
    await write('server.key', renewed.key);
    await vi.waitFor(
      async () => expect(await read()).toEqual({ successful: { '': 1 }, expiry: expiry(2119, 5) }),
      soon,
    );
    await writeFile(path, '');
    await vi.waitFor(async () => expect((await read()).successful).toEqual({ '': 0 }), soon);
  });
});

describe('the security headers of the status page', () => {
  it('are overridden by those of the web configuration', async () => {
    const { get } = await exporterWith(['http_server_config: { headers: { X-Frame-Options: sameorigin } }']);
    const { headers, body } = await get('/');
    await body.dump();
    expect(headers['x-frame-options']).toBe('sameorigin');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
  });
});

describe('an unusable web configuration', () => {
  const flags = { 'web.config.file': 'conf/web.yml' };

  it('is reported together with the other problems of the configuration', () => {
    const files = { 'conf/web.yml': 'basic_auth_users: { bob: secret }' };
    const env = { ZEEBE_POLL_INTERVAL: 'soon' };
    expect(complaints({ env, flags, files })).toEqual([
      expect.stringContaining('ZEEBE_POLL_INTERVAL'),
      expect.stringContaining('conf/web.yml:1: basic_auth_users: expected a bcrypt hash'),
    ]);
    expect(complaints({ flags })[0]).toBe('conf/web.yml: expected a readable file, found no such file or directory');
  });

  it('rejects the start and leaves nothing running', async () => {
    const { path } = await webFolder(['nonsense']);
    await expect(loadedWebConfig(path)).rejects.toThrow(ConfigError);
  });

  it('is part of the configuration only by its path, not by its content', () => {
    const of = (content: string) => load({ flags, files: { 'conf/web.yml': content } }).config.web;
    expect(of('basic_auth_users: {}')).toEqual(of(''));
  });
});
