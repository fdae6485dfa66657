import { describe, expect, it } from 'vitest';

import {
  clientSecretOf,
  complaints,
  fileWith,
  load,
  oauth2Of,
  onlyCluster,
  saasAddress,
  saasFileWith,
} from './loading.ts';

const client = { ZEEBE_REST_ADDRESS: saasAddress, CAMUNDA_CLIENT_ID: 'exporter', CAMUNDA_CLIENT_SECRET: 'opensesame' };

describe("a variable's value with quotes or blanks around it", () => {
  it.each([
    ['ZEEBE_REST_ADDRESS', `"${saasAddress}"`, 'quotes'],
    ['ZEEBE_REST_ADDRESS', `'${saasAddress}'`, 'quotes'],
    ['ZEEBE_REST_ADDRESS', ` ${saasAddress}`, 'blanks'],
    ['ZEEBE_REST_ADDRESS', `${saasAddress}\n`, 'blanks'],
    ['ZEEBE_REST_ADDRESS', '  ', 'blanks'],
    ['CAMUNDA_CLIENT_ID', '"exporter"', 'quotes'],
    ['CAMUNDA_OAUTH_SCOPE', '"a b"', 'quotes'],
    ['ZEEBE_CLUSTER_NAME', 'production ', 'blanks'],
    ['CAMUNDA_CLIENT_SECRET', 'opensesame\n', 'blanks'],
  ])('%s=%j is told in words, and nothing else of it', (variable, value, what) => {
    const env = { ZEEBE_POLL_INTERVAL: '1m', ...client, [variable]: value };
    const problems = complaints({ env });
    expect(problems).toContain(
      `${variable}: expected a value without ${what} around it (docker --env-file keeps them), found ${what} around it`,
    );
    expect(problems.filter((problem) => !problem.startsWith('CAMUNDA_OAUTH_URL'))).toHaveLength(1);
  });

  it.each([
    ['"opensesame"', 'quotes'],
    [' opensesame', 'blanks'],
  ])('may be a secret: %j is sent as it is, and a notice says so', (value, what) => {
    const env = { ...client, CAMUNDA_CLIENT_SECRET: value };
    expect(clientSecretOf(oauth2Of({ env }))).toBe(value);
    expect(load({ env }).notices).toEqual([
      {
        message: `the value of CAMUNDA_CLIENT_SECRET has ${what} around it, which are part of the secret (docker --env-file keeps them)`,
        variables: ['CAMUNDA_CLIENT_SECRET'],
      },
    ]);
  });

  it.each(['"', `"a'`, 'a"', '"a" b'])('is not %j', (name) => {
    expect(onlyCluster({ env: { ZEEBE_CLUSTER_NAME: name } }).name).toBe(name);
  });

  it('is told of a proxy too', () => {
    expect(complaints({ env: { HTTPS_PROXY: '"http://user:opensesame@proxy:3128"' } })).toEqual([
      'HTTPS_PROXY: expected a value without quotes around it (docker --env-file keeps them), found quotes around it',
    ]);
  });
});

describe('a variable that stands for the value of another one', () => {
  const expected = `expected the value itself (a variable such as \${NAME} is not replaced here)`;
  const place = 'conf/exporter.yml:4: clusters[0]';

  it.each([
    [`name: "\${NAME}"`, 'name', `"\${NAME}"`],
    [`proxy_url: "http://\${HOST}:\${PORT}"`, 'proxy_url', `"http://\${HOST}:\${PORT}"`],
    [`proxy_url: "http://user:\${PASSWORD}@proxy"`, 'proxy_url', '<secret>'],
    [`tls_config: { ca_file: "/etc/\${NAME}/ca.pem" }`, 'tls_config.ca_file', `"/etc/\${NAME}/ca.pem"`],
    [`headers: { X-Tenant: "\${TENANT}" }`, 'headers', '<secret>'],
  ])('is refused in a file: %s', (line, key, found) => {
    const file = fileWith(line).replace(/ {2}- name: one\n {4}(?=.*\n {4}name)/, '  - ');
    expect(complaints({ file }).map((complaint) => complaint.replace(/yml:\d/, 'yml:4'))).toEqual([
      `${place}.${key}: ${expected}, found ${found}`,
    ]);
  });

  it.each([
    `client_id: a, client_secret: "\${CAMUNDA_CLIENT_SECRET}"`,
    `client_id: "\${CAMUNDA_CLIENT_ID}", client_secret: b`,
    `client_id: a, client_secret: b, scopes: [a, "\${SCOPE}"]`,
    `client_id: a, client_secret: b, endpoint_params: { a: b, c: "\${SCOPE}" }`,
  ])('is refused in a file: oauth2 with %s', (oauth2) => {
    expect(complaints({ file: saasFileWith(`oauth2: { ${oauth2} }`) })).toEqual([expect.stringContaining(expected)]);
  });

  it('is refused in a variable', () => {
    expect(complaints({ env: { ZEEBE_REST_ADDRESS: `http://\${HOST}:8080/x` } })).toEqual([
      `ZEEBE_REST_ADDRESS: ${expected}, found "http://\${HOST}:8080/x"`,
    ]);
    expect(complaints({ env: { ...client, CAMUNDA_CLIENT_SECRET: `\${SECRET}` } })).toEqual([
      `CAMUNDA_CLIENT_SECRET: ${expected}, found <secret>`,
    ]);
  });

  it.each([`a\${b}c`, `\${b}c`, `\${}`, '$b', `\${a b}`])('is not seen in the secret %j', (secret) => {
    expect(clientSecretOf(oauth2Of({ env: { ...client, CAMUNDA_CLIENT_SECRET: secret } }))).toBe(secret);
  });
});

describe('what was found', () => {
  it.each([
    'localhost:8080',
    'socks5://proxy:1080',
    'http:///path',
    'https://',
    'http://ze ebe:8080',
    'ftp://[::1]:80/a',
    '/v1',
  ])('is shown where nothing in it can be a secret: %s', (address) => {
    expect(complaints({ file: `clusters: [{ name: a, address: "${address}" }]` })).toEqual([
      expect.stringMatching(/found "/),
    ]);
  });

  it('is cut after 80 characters, in the middle of none', () => {
    const found = (level: string) => complaints({ flags: { 'log.level': level } })[0]?.replace(/.* found /, '');
    expect(found('x'.repeat(78))).toBe(`"${'x'.repeat(78)}"`);
    expect(found('x'.repeat(79))).toBe(`"${'x'.repeat(79)}…`);
    expect(found('😀'.repeat(79))).toBe(`"${'😀'.repeat(79)}…`);
  });
});

describe('half a character', () => {
  const problem =
    'expected text of whole characters, found half a character (one of \\uD800 to \\uDFFF that stands alone)';

  it.each([
    ['name: "a\\uD800"', 'name'],
    ['tls_config: { server_name: "\\uDC00a" }', 'tls_config.server_name'],
    ['basic_auth: { username: "\\uDC00\\uD800", password: a }', 'basic_auth.username'],
    ['basic_auth: { username: a, password: "\\uD800" }', 'basic_auth.password'],
    ['headers: { X-A: "\\uD800" }', 'headers'],
    ['headers: { "X-\\uD800": a }', 'headers'],
    ['oauth2: { client_id: a, client_secret: b, scopes: [a, "\\uD800"] }', 'oauth2.scopes'],
    ['oauth2: { client_id: a, client_secret: b, endpoint_params: { a: "\\uD800" } }', 'oauth2.endpoint_params'],
  ])('is refused with its place: %s', (line, key) => {
    const file = line.startsWith('name') ? `clusters:\n\n\n  - ${line}\n    address: http://zeebe` : saasFileWith(line);
    expect(complaints({ file })).toEqual([`conf/exporter.yml:4: clusters[0].${key}: ${problem}`]);
  });

  it('is none where both halves are there', () => {
    const file = 'clusters: [{ name: "\\uD83D\\uDE00", address: http://zeebe }]';
    expect(onlyCluster({ file }).name).toBe('😀');
  });
});
