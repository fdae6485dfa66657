import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { healthy, ofCluster } from '../exporting.ts';
import { closedPort, httpServer } from '../transport/loopback.ts';
import { withoutProxy } from '../transport/without-proxy.ts';
import { newFolder, soon, startFrom } from './discovering.ts';

vi.setConfig({ testTimeout: 60_000 });
beforeEach(withoutProxy);

const silent: RequestListener = () => {};
const slow: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"brokers":');
};
const huge: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(Buffer.alloc(32 * 1024 * 1024, ' '));
};

it('broken clusters and a provider without response delay neither other clusters nor changes of them', async () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'conf.d'));
  const provider = await httpServer(silent);
  const configFile = join(folder, 'exporter.yml');
  const saas = `{ address: "${provider}", oauth2: { client_id: a, client_secret: b, token_url: "${provider}token" } }`;
  writeFileSync(configFile, `discovery:\n  files: { paths: [conf.d/*.yml] }\n  saas: ${saas}\n`);
  // The first poll of each list is sent at once. No poll of a broken cluster times out during the test.
  const add = (name: string, address: string, times = 'poll_interval: 1h\n  poll_timeout: 1h') =>
    writeFileSync(join(folder, 'conf.d', `${name}.yml`), `- name: ${name}\n  address: ${address}\n  ${times}\n`);
  const { names, read } = await startFrom(configFile);

  const expected: string[] = [];
  const broken = { a: await httpServer(silent), b: await httpServer(slow), c: await httpServer(huge) };
  for (const [name, address] of Object.entries({ ...broken, d: `http://127.0.0.1:${await closedPort()}` })) {
    add(name, address);
    expected.push(name);
    await vi.waitFor(async () => expect(await names()).toEqual(expected), soon);
  }
  add('good', await httpServer(healthy), 'poll_interval: 1s');
  await vi.waitFor(async () => {
    const page = await read();
    expect(ofCluster(page, 'up', 'good')).toMatchObject([{ value: 1 }]);
    expect(ofCluster(page, 'polls_total', 'good')[0]?.value).toBeGreaterThan(2);
    expect(ofCluster(page, 'poll_failing', 'c')).toContainEqual(
      expect.objectContaining({ labels: { zeebe_cluster: 'c', reason: 'too_large' }, value: 1 }),
    );
    expect(ofCluster(page, 'up', 'd')).toMatchObject([{ value: 0 }]);
  }, soon);
  expect(ofCluster(await read(), 'poll_failures_total', 'good').every(({ value }) => value === 0)).toBe(true);
  // Their polls have not ended yet.
  for (const name of ['a', 'b']) expect(ofCluster(await read(), 'polls_total', name)).toMatchObject([{ value: 0 }]);

  for (const name of ['a', 'b']) rmSync(join(folder, 'conf.d', `${name}.yml`));
  await vi.waitFor(async () => expect(await names()).toEqual(['c', 'd', 'good']), soon);
});
