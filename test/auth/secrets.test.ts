import fc from 'fast-check';
import nock from 'nock';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AuthenticationConfig, ClusterConfig } from '../../src/config/config.ts';
import { Secret } from '../../src/secret.ts';
import { told } from '../failure-texts.ts';
import { oauth2Config } from './oauth2-config.ts';
import { pollOf } from './poll-of.ts';

beforeAll(() => nock.disableNetConnect());
afterEach(() => nock.cleanAll());
afterAll(() => nock.restore());

/** Made of what encoders treat in different ways; long enough to be in no message by chance. */
const secretOf = (alphabet: string) => fc.string({ unit: fc.constantFrom(...alphabet), minLength: 16, maxLength: 80 });
const clientSecret = secretOf('aZ09 +/\\"\'<>&%=.-_~:;{}äß€😀');
const headerValue = secretOf('aZ09+/\\"\'<>&%=.-_~:;{}');
const accessToken = secretOf('aZ09-._~+/=');

/** How a page shows the request that it got. */
const echoes: Readonly<Record<string, (request: string) => string>> = {
  'as it came': (request) => request,
  'url-encoded': encodeURIComponent,
  'in a JSON text': (request) => JSON.stringify(request),
  'in JSON': (request) => JSON.stringify({ request }),
  'as an OAuth error': (request) => JSON.stringify({ error: 'invalid_request', error_description: request }),
  'where a topology has its brokers': (request) => JSON.stringify({ brokers: request }),
  'where a topology has its version': (request) => JSON.stringify({ clusterSize: request, gatewayVersion: request }),
};

interface Echo {
  readonly status: number;
  readonly shape: string;
  /** What is shown: the part that matters, or everything. */
  readonly part: string;
  readonly contentType: string;
}

const echo: fc.Arbitrary<Echo> = fc.record({
  status: fc.constantFrom(200, 200, 200, 201, 302, 400, 401, 403, 404, 407, 418, 429, 500, 503),
  shape: fc.constantFrom(...Object.keys(echoes)),
  part: fc.constantFrom('everything', 'body', 'form', 'authorization', 'x-api-key'),
  contentType: fc.constantFrom('application/json', 'text/html', 'text/plain'),
});

async function echoed(request: Request, { status, shape, part, contentType }: Echo) {
  const body = await request.text();
  const lines = [...request.headers].map(([name, value]) => `${name}: ${value}`);
  const everything = `${request.method} ${request.url}\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
  const form = JSON.stringify([...new URLSearchParams(body)]);
  const shown = new Map(Object.entries({ everything, body, form })).get(part) ?? request.headers.get(part) ?? '';
  const answer = echoes[shape]?.(shown) ?? '';
  const inHeader = encodeURIComponent(shown);
  const headers = { 'content-type': `${contentType}; echo=${inHeader}`, location: `/login?${inHeader}` };
  return [status, answer, { ...headers, 'www-authenticate': `Bearer realm="${inHeader}"` }];
}

/** All that comes of a poll, with every text that a person may read. */
async function textsOf(config: Partial<ClusterConfig>): Promise<string> {
  const result = await pollOf({ address: new URL('http://cluster.test/'), ...config })();
  const failures = [result.outcome.ok ? undefined : result.outcome.failure, result.authentication.failure];
  return JSON.stringify([result, failures.map((failure) => failure && told(failure))]);
}

/** None of a secret's spellings, nor their beginning, as a text that was cut would show it. */
function expectHidden(texts: string, secrets: readonly string[], beginning = 12): void {
  for (const secret of secrets) {
    const form = new URLSearchParams({ secret }).toString().slice('secret='.length);
    for (const spelling of [secret, encodeURIComponent(secret), form, JSON.stringify(secret).slice(1, -1)]) {
      const seen = spelling.slice(0, beginning);
      expect(texts).not.toContain(seen);
      // As JSON, since that is what `texts` are.
      expect(texts).not.toContain(JSON.stringify(seen).slice(1, -1));
    }
  }
}

/** Nor what Basic makes of it, which begins with the user name. */
function expectNoBasic(texts: string, username: string, password: string): void {
  const credentials = Buffer.from(`${username}:${password}`).toString('base64');
  expectHidden(texts, [credentials], Math.ceil((4 / 3) * (username.length + 10)));
}

describe('no secret is in any message, whatever is echoed', () => {
  it('by the identity provider', async () => {
    const method = fc.constantFrom('client_secret_post' as const, 'client_secret_basic' as const);
    await fc.assert(
      fc.asyncProperty(clientSecret, clientSecret, method, echo, async (secret, parameter, clientAuth, what) => {
        nock.cleanAll();
        nock('http://identity.test')
          .persist()
          .post('/token')
          .reply((request: Request) => echoed(request, what));
        const authentication = oauth2Config({
          clientAuthentication: { method: clientAuth, secret: new Secret(secret) },
          endpointParams: { key: new Secret(parameter) },
        });
        const texts = await textsOf({ authentication });
        expectHidden(texts, [secret, parameter]);
        expectNoBasic(texts, 'exporter', formEncoded(secret));
      }),
      { numRuns: 50 },
    );
  }, 60_000);

  it('by the cluster', async () => {
    const method = fc.constantFrom('none' as const, 'basic' as const, 'oauth2' as const);
    await fc.assert(
      fc.asyncProperty(
        method,
        clientSecret,
        accessToken,
        headerValue,
        echo,
        async (chosen, password, token, key, what) => {
          nock.cleanAll();
          nock('http://identity.test')
            .persist()
            .post('/token')
            .reply(200, { access_token: token, token_type: 'Bearer' });
          nock('http://cluster.test')
            .persist()
            .get('/v1/topology')
            .reply((request: Request) => echoed(request, what));
          const methods: Readonly<Record<typeof chosen, AuthenticationConfig>> = {
            none: { method: 'none' },
            basic: { method: 'basic', username: 'demo', password: new Secret(password) },
            oauth2: oauth2Config(),
          };
          const texts = await textsOf({ authentication: methods[chosen], headers: { 'x-api-key': new Secret(key) } });
          expectHidden(texts, [password, token, key]);
          expectNoBasic(texts, 'demo', password);
        },
      ),
    );
  }, 60_000);
});

/** As RFC 6749, 2.3.1 wants it and Go does it. */
function formEncoded(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!*'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
