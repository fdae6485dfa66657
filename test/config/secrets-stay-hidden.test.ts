import { inspect } from 'node:util';

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';

import { ConfigError } from '../../src/config/problem.ts';
import { load } from './loading.ts';

/** Thrice, so that a character lost or gained somewhere leaves one of them whole. */
const mark = 'OPENSESAME';
const marked = mark.repeat(3);

const clusters = [
  {
    name: 'production',
    address: 'https://zeebe.example.com/base',
    api_version: 'v2',
    poll_interval: '20s',
    oauth2: {
      client_id: 'exporter',
      client_secret: marked,
      token_url: 'https://login.example.com/token',
      scopes: ['a', 'b'],
      endpoint_params: { tenant: marked },
      client_auth: 'client_secret_basic',
      tls_config: { insecure_skip_verify: true },
    },
    proxy_url: `http://proxy:${marked}@proxy:3128`,
    headers: { 'X-Api-Key': marked },
  },
  {
    name: 'staging',
    address: 'http://staging:8080',
    basic_auth: { username: 'demo', password: marked },
    proxy_url: `http://${marked}:${marked}@proxy:3128/`,
  },
  {
    name: 'keycloak',
    address: 'http://keycloak:8080',
    oauth2: {
      client_id: 'exporter',
      client_certificate_key_file: 'key',
      issuer_url: 'https://keycloak/realms/a',
      client_certificate_key_password: marked,
      tls_config: { min_version: 'TLS13' },
    },
  },
];
const file = { poll_interval: '15s', clusters };
const env = {
  CAMUNDA_REST_ADDRESS: `https://user:${marked}@zeebe`,
  CAMUNDA_CLIENT_ID: 'exporter',
  CAMUNDA_CLIENT_SECRET: marked,
  CAMUNDA_BASIC_AUTH_USERNAME: 'demo',
  CAMUNDA_BASIC_AUTH_PASSWORD: marked,
};

/** Everything that the operator may get to see of an attempt to load a configuration. */
function everythingShown(given: Parameters<typeof load>[0]): string {
  const warnings = vi.spyOn(process, 'emitWarning').mockReturnValue();
  const shown = (result: unknown) => inspect([result, warnings.mock.calls], { depth: Number.POSITIVE_INFINITY });
  try {
    return shown(load(given));
  } catch (error) {
    if (error instanceof ConfigError) {
      return shown(error);
    }
    throw error;
  }
}

interface Edit {
  /** Where, as a share of the text. */
  readonly at: number;
  readonly removed: number;
  readonly inserted: string;
}

const inserted = fc.oneof(
  fc.constant(''),
  fc.string({ unit: fc.constantFrom(...':{}[],"\'*&!|>#%@`-?\\\n\t \0'), maxLength: 3 }),
);
const edits = fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), removed: fc.nat(4), inserted }), {
  minLength: 1,
  maxLength: 3,
});

function broken(text: string, edit: Edit): string {
  const start = Math.floor(edit.at * text.length);
  return text.slice(0, start) + edit.inserted + text.slice(start + edit.removed);
}

describe('a secret', { timeout: 120_000 }, () => {
  it.each([
    ['block', stringify(file)],
    ['flow', stringify(file, { collectionStyle: 'flow', lineWidth: 0 })],
    ['quoted', stringify(file, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' })],
  ])('is not shown by any slip of the pen in a file in %s style', (_style, text) => {
    expect(everythingShown({ file: text })).not.toContain(mark);
    fc.assert(
      fc.property(edits, (slips) => {
        expect(everythingShown({ file: slips.reduce(broken, text) })).not.toContain(mark);
      }),
      { numRuns: 300 },
    );
  });

  it('is not shown by a value of another kind, wherever it stands', () => {
    const values = [null, 0, true, '', 'x', marked, [], [marked], {}, { [marked]: null }, { a: marked }, `\0${marked}`];
    const paths = pathsOf(file);
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.constantFrom(...values), (path, value) => {
        // Where secrets belong nowhere, one is shown like any other text.
        fc.pre(JSON.stringify(value)?.includes(mark) !== true || mayHoldSecrets(path));
        expect(everythingShown({ file: stringify(replaced(file, path, value)) })).not.toContain(mark);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    `? { a: ${marked} }\n: b`,
    `a: &x { b: ${marked} }\n*x : c`,
    `a: &x ${marked}\n*x : c`,
  ])('is not shown as part of a key that is no text: %j', (text) => {
    expect(everythingShown({ file: text })).not.toContain(mark);
  });

  it('is not shown by any variable that is wrong', () => {
    const variables = fc.constantFrom(
      ...Object.keys(env),
      'CAMUNDA_AUTH_STRATEGY',
      'CAMUNDA_OAUTH_URL',
      'ZEEBE_CLIENT_SECRET',
    );
    const value = fc.constantFrom('', 'NONE', 'BASIC', 'OAUTH', 'http://', 'x:y', '\0');
    fc.assert(
      fc.property(fc.dictionary(variables, value), (wrong) => {
        expect(everythingShown({ env: { ...env, ...wrong } })).not.toContain(mark);
      }),
    );
  });

  it.each([
    `https://user:${marked}@zeebe`,
    `https://${marked}@zeebe`,
    `user:${marked}@zeebe:8080`,
    `${marked}@zeebe`,
    `ftp://user:${marked}@zeebe`,
    `https://user:${marked}zeebe`,
    `https//user:${marked}@zeebe`,
    `https://user:pass@word${marked}@zeebe`,
    `https://user:pass/${marked}@zeebe`,
    `https://zeebe/?token=${marked}`,
    `https://zeebe/#${marked}`,
  ])('is not shown as part of the address %s', (address) => {
    expect(everythingShown({ env: { ZEEBE_REST_ADDRESS: address } })).toContain('<secret>');
    expect(everythingShown({ env: { ZEEBE_REST_ADDRESS: address } })).not.toContain(mark);
  });

  it('is not shown by a file that holds it, nor by one that is no secret', () => {
    const text = stringify({
      clusters: [
        {
          name: 'a',
          address: 'http://zeebe',
          basic_auth: { username: 'demo', password_file: 'secret' },
          tls_config: { ca_file: 'secret', cert_file: 'secret', key_file: 'secret' },
        },
        {
          name: 'b',
          address: 'http://zeebe',
          oauth2: {
            client_id: 'exporter',
            client_certificate_key_file: 'secret',
            client_certificate_key_password_file: 'secret',
            client_certificate_file: 'secret',
          },
        },
      ],
    });
    for (const content of [
      marked,
      `${marked}\n${marked}`,
      `-----BEGIN PRIVATE KEY-----\n${marked}\n-----END PRIVATE KEY-----`,
    ]) {
      expect(everythingShown({ file: text, files: { 'conf/secret': content } })).not.toContain(mark);
    }
  });
});

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) {
    return [path];
  }
  const inside = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...inside.flatMap(([key, part]) => pathsOf(part, [...path, key]))];
}

function replaced(value: unknown, path: Path, replacement: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) {
    return replacement;
  }
  if (Array.isArray(value)) {
    return value.map((part, index) => (index === key ? replaced(part, rest, replacement) : part));
  }
  const entries = Object.entries(value ?? {});
  return Object.fromEntries(
    entries.map(([name, part]) => [name, name === key ? replaced(part, rest, replacement) : part]),
  );
}

function mayHoldSecrets(path: Path): boolean {
  const name = String(path.findLast((part) => typeof part === 'string') ?? '');
  const names = ['client_secret', 'endpoint_params', 'tenant', 'proxy_url', 'headers', 'X-Api-Key', 'password'];
  return [...names, 'client_certificate_key_password'].includes(name);
}
