import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { exampleFile } from '../../docs/configuration.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { load } from '../config/loading.ts';
import { mistyped, rewritten } from './mutations.ts';
import { expectNoUnhandledErrors } from './unhandled-errors.ts';

const runs = { numRuns: 200 };

expectNoUnhandledErrors();

const files = { 'conf/secrets/production': 'a', 'conf/secrets/keycloak': 'b', 'conf/secrets/staging': 'c' };
const example = {
  poll_interval: '15s',
  clusters: [
    {
      name: 'one',
      address: 'http://zeebe:8080',
      basic_auth: { username: 'demo', password: 'demo' },
      headers: { a: 'b' },
    },
    {
      name: 'two',
      address: 'https://zeebe',
      oauth2: {
        client_id: 'a',
        client_secret: 'b',
        token_url: 'https://login',
        scopes: ['c'],
        endpoint_params: { d: 'e' },
        tls_config: {},
      },
      tls_config: { insecure_skip_verify: true, server_name: 'zeebe' },
    },
  ],
};

/** Returns how many of the files are accepted. All others have to be rejected with a list of problems. */
function countAccepted(file: fc.Arbitrary<string | Buffer>): number {
  let taken = 0;
  fc.assert(
    fc.property(file, (content) => {
      try {
        expect(load({ file: content, files }).config.clusters.length).toBeGreaterThan(0);
        taken++;
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        expect(error.problems.length).toBeGreaterThan(0);
      }
    }),
    runs,
  );
  return taken;
}

describe('a configuration file is accepted or rejected with a list of problems', () => {
  it('for any bytes', () => {
    countAccepted(fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)));
    countAccepted(fc.string({ unit: fc.constantFrom(...':-?{}[]&*!|>\'"%@`#, \n\tabc01~<=.'), maxLength: 60 }));
  });

  it('for any YAML', () => {
    countAccepted(fc.jsonValue().map((value) => stringify(value)));
    countAccepted(fc.jsonValue().map((value) => stringify({ clusters: value })));
    countAccepted(fc.jsonValue().map((value) => stringify({ clusters: [value] })));
  });

  it('for a valid file with typos', () => {
    const typoCharacters = ':-{}[]&*!|>\'"#, \n\t0';
    for (const valid of [exampleFile, stringify(example)]) {
      expect(countAccepted(fc.constant(valid))).toBe(runs.numRuns);
      countAccepted(mistyped(valid, typoCharacters));
    }
  });

  it('for a valid file with other values', () => {
    expect(countAccepted(rewritten(example).map((value) => stringify(value)))).toBeGreaterThan(0);
  });
});
