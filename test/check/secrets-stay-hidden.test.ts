import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { httpServer } from '../transport/loopback.ts';
import { check } from './checking.ts';

/** The mark is repeated so that one copy stays whole if a character is lost; the others are escaped in many ways. */
const mark = 'OPENSESAME';
const marked = `${mark}&"é ${mark}/+<${mark}`;
const inForm = encodeURIComponent(marked);
const inUrl = `${mark}3`;

/** Quotes the whole request in every part of the answer that can hold text. */
function echo(status: number, contentType: string): RequestListener {
  return async (request, response) => {
    const { shown, json } = await seen(request);
    const quoted = shown.replace(/[^\x20-\x7e]/g, '?');
    response.writeHead(status, {
      'content-type': `${contentType}; note=${quoted.replace(/[";]/g, ' ')}`,
      'www-authenticate': `Bearer error_description="expected at least one of [${quoted}]"`,
      location: `/login?was=${encodeURIComponent(shown)}`,
    });
    response.end(contentType.includes('json') ? json : `<title>${shown}</title><p>${shown}`);
  };
}

async function seen(request: IncomingMessage) {
  const body = Buffer.concat(await request.toArray()).toString();
  const shown = `${request.url} ${request.rawHeaders.join(' ')} ${body} ${decodeURIComponent(body.replaceAll('+', ' '))}`;
  const fields = { error: shown, error_description: shown, title: shown, detail: shown, issuer: shown, brokers: shown };
  return { shown, json: JSON.stringify(fields) };
}

/** Answers with a token whose claims quote the request. */
async function echoToken(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { shown } = await seen(request);
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { aud: shown, scope: shown, azp: shown, iss: shown, exp: 4_000_000_000, iat: 1_000_000_000 };
  const token = `${part({ alg: 'none' })}.${part(claims)}.${mark}`;
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ access_token: token, expires_in: 60 }));
}

const basic = `basic_auth: { username: user, password: ${JSON.stringify(marked)} }`;

function oauth2(url: string, more = ''): string {
  return (
    `oauth2: { client_id: exporter, client_secret: ${JSON.stringify(marked)}, ` +
    `endpoint_params: { tenant: ${JSON.stringify(`${marked}2`)} }, token_url: '${url}?key=${inUrl}'${more} }`
  );
}

async function everythingPrinted(address: string, ...settings: readonly string[]): Promise<string> {
  const header = marked.replace('é', 'e');
  const lines = ['name: one', `address: ${address}`, `headers: { X-Key: ${JSON.stringify(header)} }`, ...settings];
  const file = ['clusters:', '  -', ...lines.map((line) => `    ${line}`)].join('\n');
  const text = await check({ file });
  const json = await check({ file }, { output: 'json' });
  return text.text + json.text;
}

/** Also in other encodings, such as that of Basic. */
function expectHidden(printed: string): void {
  expect(printed).toContain('<secret>');
  expect(printed).not.toContain(mark);
  expect(printed).not.toContain(Buffer.from(`user:${marked}`).toString('base64'));
  expect(printed).not.toContain(Buffer.from(`user:${mark}`).toString('base64'));
  expect(printed).not.toContain(Buffer.from(`exporter:${inForm}`).toString('base64'));
}

const answers = [200, 302, 400, 401, 403, 404, 429, 500].flatMap((status) =>
  ['text/html', 'application/json', 'application/problem+json'].map((contentType) => [status, contentType] as const),
);

describe('check prints no secret', () => {
  it.each(answers)('if the cluster answers %i %s to a password', async (status, contentType) => {
    expectHidden(await everythingPrinted(await httpServer(echo(status, contentType)), basic));
  });

  it.each(answers)('if the cluster answers %i %s to a token', async (status, contentType) => {
    const address = await httpServer(echo(status, contentType));
    expectHidden(await everythingPrinted(address, oauth2(`${await httpServer(echoToken)}token`)));
  });

  it.each(answers)('if the identity provider answers %i %s', async (status, contentType) => {
    const identity = await httpServer(echo(status, contentType));
    const address = await httpServer((_request, response) => response.end());
    expectHidden(await everythingPrinted(address, oauth2(`${identity}realms/one/token`)));
    expectHidden(await everythingPrinted(address, oauth2(identity, ', client_auth: client_secret_basic')));
  });

  it.each(answers)('if the proxy answers %i %s', async (status, contentType) => {
    const proxy = new URL(await httpServer(echo(status, contentType)));
    proxy.username = 'user';
    proxy.password = mark;
    expectHidden(await everythingPrinted('http://zeebe', basic, `proxy_url: ${proxy.href}`));
    expectHidden(await everythingPrinted('https://zeebe', basic, `proxy_url: ${proxy.href}`));
  });

  it('if the proxy quotes its credentials in the answer to a token request', async () => {
    const asked: unknown[] = [];
    const proxy = new URL(
      await httpServer(({ headers }, response) => {
        const credentials = headers['proxy-authorization'];
        asked.push(credentials);
        response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error: credentials }));
      }),
    );
    proxy.username = 'user';
    proxy.password = mark;
    const oauth = oauth2('http://identity/token');
    expectHidden(await everythingPrinted('http://zeebe', oauth, `proxy_url: ${proxy.href}`));
    expect(asked).toContain(`Basic ${Buffer.from(`user:${mark}`).toString('base64')}`);
  });

  it('if nothing answers', async () => {
    const hangUp: RequestListener = (request) => request.socket.destroy();
    const address = await httpServer(hangUp);
    expectHidden(await everythingPrinted(address, basic));
    expectHidden(await everythingPrinted(address, oauth2(address)));
    expectHidden(await everythingPrinted(address.replace('http:', 'https:'), basic));
  });
});
