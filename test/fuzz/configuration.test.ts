import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { exampleFile } from '../../docs/configuration.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { load } from '../config/loading.ts';
import { expectNothingToEscape } from './escaping.ts';
import { mistyped, rewritten } from './mutations.ts';

const runs = { numRuns: 200 };

expectNothingToEscape();

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

/** How many of the files were taken: every other is refused with what is wrong in it. */
function takenOf(file: fc.Arbitrary<string | Buffer>): number {
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

describe('a configuration file is taken or refused with what is wrong', () => {
  it('whatever bytes it has', () => {
    takenOf(fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)));
    takenOf(fc.string({ unit: fc.constantFrom(...':-?{}[]&*!|>\'"%@`#, \n\tabc01~<=.'), maxLength: 60 }));
  });

  it('whatever YAML it is', () => {
    takenOf(fc.jsonValue().map((value) => stringify(value)));
    takenOf(fc.jsonValue().map((value) => stringify({ clusters: value })));
    takenOf(fc.jsonValue().map((value) => stringify({ clusters: [value] })));
  });

  it('whatever the slips of the pen', () => {
    const slips = ':-{}[]&*!|>\'"#, \n\t0';
    expect(takenOf(mistyped(exampleFile, slips))).toBeGreaterThan(0);
    expect(takenOf(mistyped(stringify(example), slips))).toBeGreaterThan(0);
  });

  it('whatever stands where something else should', () => {
    expect(takenOf(rewritten(example).map((value) => stringify(value)))).toBeGreaterThan(0);
  });
});
