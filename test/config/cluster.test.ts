import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { complaints, configError, fileWith, load, oauth2Of, onlyCluster, saasFileWith } from './loading.ts';

const place = 'conf/exporter.yml:4: clusters[0]';

describe('interval and timeout', () => {
  const file = 'poll_interval: 20s\npoll_timeout: 8s\nclusters:\n  - { name: a, address: http://zeebe }';

  it('are 15s and 10s', () => {
    expect(onlyCluster({ file: fileWith() })).toMatchObject({ pollInterval: 15_000, pollTimeout: 10_000 });
  });

  it('of the top of the file are those of every cluster', () => {
    expect(onlyCluster({ file })).toMatchObject({ pollInterval: 20_000, pollTimeout: 8_000 });
  });

  it('of the environment win over the top of the file', () => {
    const env = { ZEEBE_POLL_INTERVAL: '30s', ZEEBE_POLL_TIMEOUT: '12s' };
    expect(onlyCluster({ file, env })).toMatchObject({ pollInterval: 30_000, pollTimeout: 12_000 });
  });

  it("of a cluster itself win over the environment's", () => {
    const env = { ZEEBE_POLL_INTERVAL: '30s', ZEEBE_POLL_TIMEOUT: '12s' };
    const own = fileWith('poll_interval: 1m', 'poll_timeout: 5s');
    expect(onlyCluster({ file: own, env })).toMatchObject({ pollInterval: 60_000, pollTimeout: 5_000 });
  });

  it('are equal where only a short interval is set', () => {
    expect(onlyCluster({ file: fileWith('poll_interval: 5s') })).toMatchObject({ pollTimeout: 5_000 });
    expect(onlyCluster({ env: { ZEEBE_POLL_INTERVAL: '5s' } })).toMatchObject({ pollTimeout: 5_000 });
  });

  it('are an error where the timeout is above the interval, wherever both come from', () => {
    expect(complaints({ file: fileWith('poll_interval: 5s', 'poll_timeout: 5001ms') })).toEqual([
      'conf/exporter.yml:5: clusters[0].poll_timeout: expected at most the poll_interval, "5s", found "5001ms"',
    ]);
    expect(onlyCluster({ file: fileWith('poll_interval: 5s', 'poll_timeout: 5s') }).pollTimeout).toBe(5_000);
    expect(complaints({ file: fileWith('poll_interval: 5s'), env: { ZEEBE_POLL_TIMEOUT: '10s' } })).toEqual([
      'ZEEBE_POLL_TIMEOUT: expected at most the poll_interval, "5s", found "10s"',
    ]);
    expect(complaints({ file: fileWith('poll_timeout: 20s') })).toEqual([
      `${place}.poll_timeout: expected at most the poll_interval, "15s", found "20s"`,
    ]);
  });

  it('that are wrong themselves are not compared', () => {
    expect(complaints({ file: fileWith('poll_interval: often', 'poll_timeout: 20s') })).toEqual([
      `${place}.poll_interval: expected a duration such as 15s or 1m30s, found "often"`,
    ]);
    expect(complaints({ file: fileWith('poll_interval: 5', 'poll_timeout: 20s') })).toHaveLength(1);
  });

  it.each(['1ms', '999ms', '25h'])('are not %s', (interval) => {
    expect(complaints({ file: fileWith(`poll_interval: ${interval}`) })).toEqual([
      `${place}.poll_interval: expected a duration from 1s to 24h, or 0, found "${interval}"`,
    ]);
  });

  it('of all clusters that are wrong in one place are told once', () => {
    const file = 'poll_interval: soon\nclusters: [{ name: a, address: http://a }, { name: b, address: http://b }]';
    expect(complaints({ file })).toEqual([
      'conf/exporter.yml:1: poll_interval: expected a duration such as 15s or 1m30s, found "soon"',
    ]);
    expect(configError({ file }).problems).toHaveLength(1);
  });
});

describe('the name', () => {
  it('and the address are needed', () => {
    expect(complaints({ file: 'clusters:\n  - api_version: v1' })).toEqual([
      'conf/exporter.yml:2: clusters[0].name: expected a value, found nothing',
      'conf/exporter.yml:2: clusters[0].address: expected a value, found nothing',
    ]);
  });

  it.each(['a', 'with spaces and {"quotes"}', 'x'.repeat(128), '😀'.repeat(128)])('may be %s', (name) => {
    const file = `clusters: [{ name: ${JSON.stringify(name)}, address: http://zeebe }]`;
    expect(onlyCluster({ file }).name).toBe(name);
  });

  it.each([
    ['', 'text without control characters, not empty'],
    ['a\nb', 'text without control characters, not empty'],
    ['a\u0085', 'text without control characters, not empty'],
    ['x'.repeat(129), 'a name of at most 128 characters'],
  ])('is not %j', (name, expected) => {
    const file = `clusters: [{ name: ${JSON.stringify(name)}, address: http://zeebe }]`;
    expect(complaints({ file })[0]).toContain(`clusters[0].name: expected ${expected}, found "`);
  });

  it('belongs to one cluster, also where another thing is wrong with that', () => {
    const file = `
clusters:
  - { name: a, address: http://zeebe }
  - { name: b, address: http://zeebe }
  - { name: a, address: zeebe }
  - { name: a, address: http://zeebe }
`;
    const expected =
      'expected a name that no other cluster has, found "a", as at conf/exporter.yml:3: clusters[0].name';
    expect(complaints({ file })).toEqual([
      `conf/exporter.yml:5: clusters[2].name: ${expected}`,
      'conf/exporter.yml:5: clusters[2].address: expected a URL that begins with http:// or https://, found "zeebe"',
      `conf/exporter.yml:6: clusters[3].name: ${expected}`,
    ]);
  });
});

describe('authentication', () => {
  it('has one method at most', () => {
    const file = saasFileWith('basic_auth: { username: a, password: b }', 'oauth2: { client_id: a, client_secret: b }');
    expect(complaints({ file })).toEqual([
      `${place}.basic_auth: expected at most one of basic_auth and oauth2, found both`,
    ]);
  });

  it('has one place for its token endpoint', () => {
    const urls = 'token_url: https://keycloak/token, issuer_url: https://keycloak';
    expect(complaints({ file: saasFileWith(`oauth2: { client_id: a, client_secret: b, ${urls} }`) })).toEqual([
      `${place}.oauth2.issuer_url: expected only one of oauth2.token_url and oauth2.issuer_url, found both`,
    ]);
  });

  it('has a user name without a colon (RFC 7617)', () => {
    expect(complaints({ file: fileWith('basic_auth: { username: "a:b", password: c }') })).toEqual([
      `${place}.basic_auth.username: expected a user name without a colon (RFC 7617), found "a:b"`,
    ]);
  });

  it('has no empty parts', () => {
    const expected = 'expected text without control characters, not empty, found';
    expect(complaints({ file: saasFileWith('oauth2: { client_id: "", client_secret: "" }') })).toEqual([
      `${place}.oauth2.client_id: ${expected} ""`,
      `${place}.oauth2.client_secret: ${expected} <secret>`,
    ]);
    expect(complaints({ file: fileWith('basic_auth: { username: "", password: "" }') })).toEqual([
      `${place}.basic_auth.username: ${expected} ""`,
      `${place}.basic_auth.password: ${expected} <secret>`,
    ]);
  });

  it('has scopes one by one', () => {
    expect(complaints({ file: saasFileWith('oauth2: { client_id: a, client_secret: b, scopes: [a b] }') })).toEqual([
      `${place}.oauth2.scopes: expected scopes without spaces, quotes and backslashes, one an entry, found ["a b"]`,
    ]);
  });

  it.each([
    'grant_type',
    'client_id',
    'client_secret',
    'audience',
    'scope',
    'resource',
    'client_assertion',
    'client_assertion_type',
  ])('does not let endpoint_params overwrite %s', (name) => {
    const file = saasFileWith(`oauth2: { client_id: a, client_secret: b, endpoint_params: { ${name}: opensesame } }`);
    expect(complaints({ file })).toEqual([
      `${place}.oauth2.endpoint_params: expected parameters other than ${name} (the settings beside endpoint_params fill it), found <secret>`,
    ]);
  });
});

describe('a header', () => {
  it('may have any name and value that HTTP allows', () => {
    const { headers } = onlyCluster({ file: fileWith('headers: { X.Foo: "a b", x-empty: "", X-Latin: "é" }') });
    expect(Object.entries(headers).map(([name, value]) => [name, value.open()])).toEqual([
      ['X.Foo', 'a b'],
      ['x-empty', ''],
      ['X-Latin', 'é'],
    ]);
  });

  it.each([
    ['Authorization', 'a', 'headers other than authorization (credentials belong in basic_auth, oauth2 or proxy_url)'],
    ['Proxy-Authorization', 'a', 'headers other than proxy-authorization'],
    ['Host', 'a', 'headers other than host'],
    ['Content-Length', '0', 'headers other than content-length'],
    ['Transfer-Encoding', 'a', 'headers other than transfer-encoding'],
    ['connection', 'a', 'headers other than connection'],
    ['X Foo', 'a', 'header names of letters, digits and hyphens'],
    ['X:Foo', 'a', 'header names of letters, digits and hyphens'],
    ['', 'a', 'header names of letters, digits and hyphens'],
    ['X-Foo', 'a\r\nb', 'a value of the header x-foo without control characters'],
    ['X-Foo', '😀', 'a value of the header x-foo without control characters and characters beyond Latin-1'],
  ])('is not %j: %j', (name, value, expected) => {
    const [complaint] = complaints({
      file: fileWith(`headers: { ${JSON.stringify(name)}: ${JSON.stringify(value)} }`),
    });
    expect(complaint).toContain(`${place}.headers: expected ${expected}`);
    expect(complaint).toMatch(/, found <secret>$/);
  });

  it('is there once, in whatever case', () => {
    expect(complaints({ file: fileWith('headers: { X-Foo: a, x-foo: b }') })).toEqual([
      `${place}.headers: expected each header once (x-foo is there twice), found <secret>`,
    ]);
  });
});

describe('a secret in a file', { timeout: 60_000 }, () => {
  const file = fileWith('basic_auth: { username: demo, password_file: secrets/zeebe }');
  const passwordIn = (content: string) => {
    const { authentication } = onlyCluster({ file, files: { 'conf/secrets/zeebe': content } });
    return authentication.method === 'basic' ? authentication.password.open() : undefined;
  };

  it('is looked for beside the configuration file', () => {
    expect(passwordIn('opensesame')).toBe('opensesame');
  });

  it('may have an absolute path', () => {
    const absolute = fileWith(`basic_auth: { username: demo, password_file: ${process.cwd()}/elsewhere }`);
    expect(onlyCluster({ file: absolute, files: { elsewhere: 'opensesame' } }).authentication.method).toBe('basic');
  });

  it('loses the newlines at its end and nothing else', () => {
    const withoutControl = fc.string({ minLength: 1, unit: 'binary' }).filter((text) => !/\p{Cc}/u.test(text));
    const newlines = fc.array(fc.constantFrom('\n', '\r\n')).map((each) => each.join(''));
    fc.assert(
      fc.property(withoutControl, newlines, (password, end) => {
        expect(passwordIn(`${password}${end}`)).toBe(password);
      }),
    );
  });

  it('keeps the spaces at its end', () => {
    expect(passwordIn(' open sesame \u00a0\n')).toBe(' open sesame \u00a0');
  });

  it.each([
    ['', 'nothing', ''],
    ['\n', 'only line breaks', ''],
    ['\r\n\n', 'only line breaks', ''],
    ['two\nlines', '2 lines', ''],
    ['user: a\r\npassword: b\r\n', '2 lines', ''],
    ['nul\0', 'the control character U+0000', ':1:4'],
    ['a\u0085b', 'the control character U+0085', ':1:2'],
  ])('is not %j', (content, found, position) => {
    expect(complaints({ file, files: { 'conf/secrets/zeebe': content } })).toEqual([
      `${place}.basic_auth.password_file: expected a file with text without control characters, not empty, found ${found} in ${process.cwd()}/conf/secrets/zeebe${position}`,
    ]);
  });

  it('that cannot be read is named with the reason', () => {
    expect(complaints({ file })).toEqual([
      `${place}.basic_auth.password_file: expected a readable file, found ${process.cwd()}/conf/secrets/zeebe: no such file or directory`,
    ]);
  });

  it('cannot stand in the configuration as well', () => {
    const both = fileWith('basic_auth: { username: demo, password: a, password_file: secrets/zeebe }');
    expect(complaints({ file: both, files: { 'conf/secrets/zeebe': 'a' } })).toEqual([
      `${place}.basic_auth.password_file: expected only one of basic_auth.password and basic_auth.password_file, found both`,
    ]);
  });
});

describe('tls_config', () => {
  const names = ['client-cert.pem', 'client-key.pem', 'other-key.pem', 'encrypted-key.pem', 'two-certs.pem'];
  const pem = Object.fromEntries(
    names.map((name) => [name, readFileSync(new URL(`../fixtures/config/${name}`, import.meta.url), 'utf8')]),
  );
  const files = Object.fromEntries(Object.entries(pem).map(([name, content]) => [`conf/${name}`, content]));
  const inConf = (name: string) => `${process.cwd()}/conf/${name}`;

  it('reads its files', () => {
    const file = fileWith(
      'tls_config: { ca_file: two-certs.pem, cert_file: client-cert.pem, key_file: client-key.pem }',
    );
    const { tls } = onlyCluster({ file, files }).transport;
    expect(tls).toMatchObject({ ca: pem['two-certs.pem'], cert: pem['client-cert.pem'], insecureSkipVerify: false });
    expect(tls.key?.open()).toBe(pem['client-key.pem']);
  });

  it('of oauth2 is its own', () => {
    const file = saasFileWith('oauth2: { client_id: a, client_secret: b, tls_config: { ca_file: two-certs.pem } }');
    expect(oauth2Of({ file, files }).transport.tls.ca).toBe(pem['two-certs.pem']);
    expect(onlyCluster({ file, files }).transport.tls).toEqual({ insecureSkipVerify: false });
  });

  it.each([
    ['cert_file: client-cert.pem', 'key_file'],
    ['key_file: client-key.pem', 'cert_file'],
  ])('with %s alone misses %s', (line, missing) => {
    expect(complaints({ file: fileWith(`tls_config: { ${line} }`), files })).toEqual([
      `${place}.tls_config.${missing}: expected a value, found nothing`,
    ]);
  });

  it.each([
    ['ca_file: client-key.pem', 'ca_file', 'a file with PEM certificates', 'client-key.pem'],
    ['ca_file: broken.pem', 'ca_file', 'a file with PEM certificates', 'broken.pem'],
    ['ca_file: half.pem', 'ca_file', 'a file with PEM certificates', 'half.pem'],
    [
      'cert_file: client-cert.pem, key_file: encrypted-key.pem',
      'key_file',
      'a file with a PEM private key that is not encrypted',
      'encrypted-key.pem',
    ],
    [
      'cert_file: client-cert.pem, key_file: client-cert.pem',
      'key_file',
      'a file with a PEM private key that is not encrypted',
      'client-cert.pem',
    ],
  ])('{ %s } names the file', (line, key, expected, name) => {
    const certificate = pem['client-cert.pem'] ?? '';
    const broken = {
      'conf/broken.pem': 'opensesame',
      'conf/half.pem': `${certificate}-----BEGIN CERTIFICATE-----\nb3BlbnNlc2FtZQ==\n-----END CERTIFICATE-----\n`,
    };
    expect(complaints({ file: fileWith(`tls_config: { ${line} }`), files: { ...files, ...broken } })).toEqual([
      `${place}.tls_config.${key}: expected ${expected}, found another content in ${inConf(name)}`,
    ]);
  });

  it('has the key of its certificate', () => {
    const file = fileWith('tls_config: { cert_file: client-cert.pem, key_file: other-key.pem }');
    expect(complaints({ file, files })).toEqual([
      `${place}.tls_config.key_file: expected the key of the certificate in tls_config.cert_file, found another key`,
    ]);
  });
});

it('tells all problems of all clusters at once', () => {
  const file = `
poll_timeout: soon
clusters:
  - name: a
    address: zeebe
    headers: { Host: a }
  - address: http://zeebe
    oauth2: { client_id: "" }
  - 15
`;
  expect(complaints({ file, flags: { 'web.telemetry_path': 'metrics' } })).toHaveLength(9);
  expect(() => load({ file })).toThrow(/The configuration cannot be used:\n {2}conf\/exporter.yml:2: poll_timeout: /);
  const lines = complaints({ file }).map((complaint) => Number(/:(\d+): /.exec(complaint)?.[1]));
  expect(lines).toEqual(lines.toSorted((one, other) => one - other));
  expect(lines).toEqual(expect.arrayContaining([2, 5, 6, 7, 8, 9]));
});

describe('a poll interval of 0', () => {
  it.each(['0', '0s', '"0"'])('may be written as %s, for the cluster or at the top', (zero) => {
    expect(onlyCluster({ file: fileWith(`poll_interval: ${zero}`) })).toMatchObject({
      pollInterval: 0,
      pollTimeout: 10_000,
    });
    expect(onlyCluster({ file: `poll_interval: ${zero}\n${fileWith()}` }).pollInterval).toBe(0);
    expect(onlyCluster({ env: { ZEEBE_POLL_INTERVAL: '0' } }).pollInterval).toBe(0);
  });

  it('does not limit the timeout', () => {
    expect(onlyCluster({ file: fileWith('poll_interval: 0', 'poll_timeout: 1m') }).pollTimeout).toBe(60_000);
  });

  it('leaves the number 0 an error where no duration is expected', () => {
    expect(complaints({ file: fileWith('proxy_url: 0') })).toHaveLength(1);
    expect(complaints({ file: fileWith('basic_auth: { username: a, password: 0 }') })[0]).toContain('in quotes');
  });
});

describe('the minimum interval of probes', () => {
  const basic = 'basic_auth: { username: a, password: b }';

  it.each([
    [[], 0],
    [[basic], 5_000],
    [[basic, 'probe_min_interval: 0'], 0],
    [['probe_min_interval: 1m'], 60_000],
  ])('with the settings %j is %i ms', (lines, milliseconds) => {
    expect(onlyCluster({ file: fileWith(...lines) }).probeMinInterval).toBe(milliseconds);
  });

  it('at the top of the file is that of all clusters', () => {
    expect(onlyCluster({ file: `probe_min_interval: 2s\n${fileWith(basic)}` }).probeMinInterval).toBe(2_000);
  });

  it('is at most a day', () => {
    expect(complaints({ file: fileWith('probe_min_interval: 25h') })).toEqual([
      `${place}.probe_min_interval: expected a duration of at most 24h, found "25h"`,
    ]);
  });
});
