import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { samplesOf } from '../metrics/pages.ts';
import { withoutProxy } from '../transport/without-proxy.ts';
import { soon } from './discovering.ts';
import { reject } from './kubernetes-server.ts';
import { untilNames, untilProblem, untilUp, workspace } from './kubernetes-workspace.ts';

vi.setConfig({ testTimeout: 60_000 });
beforeEach(withoutProxy);

/** Milliseconds: all Services are listed again and again, or not again during a test. */
const always = 20;
const never = 3_600_000;

const basic = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** Settings with a profile for one namespace. */
const settings = (namespace: string) => [
  'allow_external_names: true',
  `profiles: { camunda: { namespaces: [${namespace}], basic_auth: { username: camunda, password: pass-4 } } }`,
];

/** An exporter of two Services, of which that in orders uses the profile. */
async function usedInOrders() {
  const { server, service, configure, start } = await workspace();
  configure(...settings('orders'));
  server.apply(service('orders', 'zeebe', { profile: 'camunda' }), service('other', 'zeebe'));
  const exporter = await start(never);
  await untilNames(exporter, ['orders/zeebe', 'other/zeebe']);
  return { server, service, configure, exporter };
}

describe('a profile', () => {
  const profiles =
    'profiles: { camunda: { namespaces: [team-*], basic_auth: { username: camunda, password_file: password } } }';

  it('gives its settings to the Services of its namespaces that name it, and to no others', async () => {
    const { server, service, folder, authorizations, start } = await workspace(profiles);
    writeFileSync(join(folder, 'password'), 's3cr3t\n');
    server.apply(
      service('other', 'zeebe', { profile: 'camunda' }),
      service('team-a', 'open'),
      service('team-a', 'zeebe', { profile: 'camunda' }),
    );
    const exporter = await start(never);
    await untilNames(exporter, ['team-a/open', 'team-a/zeebe']);
    await vi.waitFor(async () => expect(samplesOf(await exporter.read(), 'up')).toHaveLength(2), soon);
    expect(authorizations.map(String).toSorted()).toEqual([basic('camunda', 's3cr3t'), 'undefined']);
    await untilProblem(
      exporter,
      'Service other/zeebe: zeebe-topology-exporter/profile: expected no profile, as discovery.kubernetes.profiles has none for the namespace other',
    );
  });

  it('that is taken from a namespace is no longer used there after a reload', async () => {
    const { exporter, configure } = await usedInOrders();
    configure(...settings('billing'));
    expect((await exporter.reload()).status).toBe(200);
    await untilNames(exporter, ['other/zeebe']);
    await untilUp(exporter, false);
  });

  it.each([
    ['no namespace', '/services'],
    ['another namespace alone', '/namespaces/orders/services'],
  ])('that is taken from a namespace is no longer used there while %s can be listed', async (_what, path) => {
    const ofTwo = (namespace: string) => ['namespaces: [orders, other]', ...settings(namespace)];
    const { server, service, configure, start } = await workspace();
    configure(...ofTwo('orders'));
    server.apply(service('orders', 'open'), service('orders', 'zeebe', { profile: 'camunda' }));
    const exporter = await start(always);
    await untilNames(exporter, ['orders/open', 'orders/zeebe']);
    server.intercept(path, (_, response) => reject(response, 500, 'no storage'));
    await untilUp(exporter, false);
    expect(await exporter.names()).toEqual(['orders/open', 'orders/zeebe']);
    configure(...ofTwo('billing'));
    expect((await exporter.reload()).status).toBe(200);
    await untilNames(exporter, ['orders/open']);
  });

  it('that is taken from a namespace is not kept by a Service with a problem that no longer names it', async () => {
    const { server, service, exporter, configure } = await usedInOrders();
    server.apply(service('orders', 'zeebe', { scheme: 'ftp' }));
    await untilUp(exporter, false);
    expect(await exporter.names()).toEqual(['orders/zeebe', 'other/zeebe']);
    configure(...settings('billing'));
    expect((await exporter.reload()).status).toBe(200);
    await untilNames(exporter, ['other/zeebe']);
  });

  it('that does not exist is a problem that lists those for the namespace', async () => {
    const { server, service, start } = await workspace(
      'profiles: { a: { namespaces: [orders] }, b: { namespaces: ["*"] }, c: { namespaces: [billing] } }',
    );
    server.apply(service('orders', 'zeebe', { profile: 'c' }));
    const exporter = await start(never);
    await untilUp(exporter, false);
    await untilProblem(exporter, 'for the namespace orders: a, b, found "c"');
  });
});

describe('a Secret', () => {
  it('gives credentials, which follow it at the interval and are never shown', async () => {
    const { server, service, authorizations, start } = await workspace();
    server.setSecret('orders', 'exporter', { username: 'exporter', password: 'f1rst-s3cr3t\n' });
    server.apply(service('orders', 'zeebe', { secret: 'exporter' }));
    const exporter = await start(always);
    await vi.waitFor(() => expect(authorizations).toContain(basic('exporter', 'f1rst-s3cr3t')), soon);
    server.setSecret('orders', 'exporter', { username: 'exporter', password: 's3cond-s3cr3t' });
    await vi.waitFor(() => expect(authorizations).toContain(basic('exporter', 's3cond-s3cr3t')), soon);
    const shown = [
      JSON.stringify(exporter.lines),
      (await exporter.get('/api/v1/clusters')).text,
      (await exporter.get('/metrics')).text,
    ].join('\n');
    expect(shown).not.toContain('s3cr3t');
  });

  it('is read once it exists, and only by the name in the namespace of the Service', async () => {
    const { server, service, authorizations, start } = await workspace();
    server.setSecret('other', 'exporter', { username: 'a', password: 'pass-1' });
    server.apply(service('orders', 'zeebe', { secret: 'exporter' }));
    const exporter = await start(always);
    await untilUp(exporter, false);
    expect(await exporter.names()).toEqual([]);
    server.setSecret('orders', 'exporter', { username: 'c', password: 'pass-2' });
    await untilNames(exporter, ['orders/zeebe']);
    await vi.waitFor(() => expect(authorizations).toEqual([basic('c', 'pass-2')]), soon);
    const secrets = server.requests.filter((url) => url.includes('/secrets'));
    expect(new Set(secrets)).toEqual(new Set(['/api/v1/namespaces/orders/secrets/exporter']));
  });

  it('that cannot be read any more leaves the credentials as they were', async () => {
    const { server, service, start } = await workspace();
    server.setSecret('orders', 'exporter', { username: 'exporter', password: 'pass-3' });
    server.apply(service('orders', 'zeebe', { secret: 'exporter' }));
    const exporter = await start(always);
    await untilNames(exporter, ['orders/zeebe']);
    server.intercept('/secrets/', (_, response) => response.writeHead(500).end());
    await untilUp(exporter, false);
    await untilProblem(exporter, 'the API server responded with 500');
    expect(await exporter.names()).toEqual(['orders/zeebe']);
  });

  it('is not read again where another Service changes', async () => {
    const { server, service, start } = await workspace();
    server.setSecret('orders', 'exporter', { username: 'a', password: 'pass-1' });
    server.apply(service('orders', 'zeebe', { secret: 'exporter' }));
    const exporter = await start(never);
    await untilNames(exporter, ['orders/zeebe']);
    server.apply(service('other', 'zeebe'));
    await untilNames(exporter, ['orders/zeebe', 'other/zeebe']);
    expect(server.requests.filter((url) => url.includes('/secrets/'))).toHaveLength(1);
  });

  it('adds the client of OAuth 2 to the settings of a profile', async () => {
    const profile = 'oauth2: { client_id: unused, issuer_url: "http://127.0.0.1:1/realms/a" }';
    const { server, service, start } = await workspace(`profiles: { keycloak: { namespaces: ["*"], ${profile} } }`);
    server.setSecret('orders', 'exporter', { 'client-id': 'exporter', 'client-secret': 's3cr3t' });
    server.apply(service('orders', 'zeebe', { secret: 'exporter', profile: 'keycloak' }));
    const exporter = await start(never);
    await untilNames(exporter, ['orders/zeebe']);
    await untilUp(exporter, true);
  });

  it.each([
    ['client_secret_file: none', { 'client-id': 'exporter', 'client-secret': 's3cr3t' }],
    ['client_secret_file: none', { 'client-secret': 's3cr3t' }],
    ['client_auth: private_key_jwt, client_certificate_key_file: none', { 'client-secret': 's3cr3t' }],
    ['client_secret_file: none', { username: 'exporter', password: 's3cr3t' }],
  ])('takes precedence over a profile with %s', async (credential, values) => {
    const profile = `oauth2: { client_id: all, ${credential}, issuer_url: "http://127.0.0.1:1/realms/a" }`;
    const { server, service, start } = await workspace(`profiles: { keycloak: { namespaces: ["*"], ${profile} } }`);
    server.setSecret('orders', 'exporter', values);
    server.apply(service('orders', 'zeebe', { secret: 'exporter', profile: 'keycloak' }));
    const exporter = await start(never);
    await untilNames(exporter, ['orders/zeebe']);
    await untilUp(exporter, true);
  });

  it.each([
    [
      { user: 'a' },
      'Secret orders/exporter: expected the keys username and password, or client-id and client-secret, found none of them',
    ],
    [
      { username: 'a' },
      'Secret orders/exporter: password: expected a value, or a file that holds it in basic_auth.password_file, found nothing',
    ],
    [
      { username: 's3cr3t:', password: 'a' },
      'Secret orders/exporter: username: expected a user name without a colon (RFC 7617), found <secret>',
    ],
    [
      { username: 'a', password: '' },
      'Secret orders/exporter: password: expected text without control characters, not empty, found <secret>',
    ],
    [
      { username: 'a', password: 's3cr3t\nx' },
      'Secret orders/exporter: password: expected text without control characters',
    ],
    [
      { 'client-id': 'a', 'client-secret': 's3cr3t' },
      'Service orders/zeebe: oauth2.token_url: expected a token endpoint',
    ],
    [
      { username: 'a', password: 's3cr3t', 'client-id': 'a', 'client-secret': 'b' },
      'at most one of basic_auth and oauth2',
    ],
  ])('with %j is a problem that does not show it', async (values, expected) => {
    const { server, service, start } = await workspace();
    server.setSecret('orders', 'exporter', values);
    server.apply(service('orders', 'zeebe', { secret: 'exporter' }));
    const exporter = await start(never);
    await untilUp(exporter, false);
    await untilProblem(exporter, expected);
    expect(JSON.stringify(exporter.lines)).not.toContain('s3cr3t');
  });
});
