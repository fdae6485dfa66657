import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { httpServer } from '../transport/loopback.ts';
import { neverAborted, tokenEndpoint } from './asking.ts';
import { askOnce } from './refusals.ts';

interface Encoded {
  readonly status?: number;
  readonly encoding: string;
  readonly body: Buffer;
}

/** What comes of an answer of a token endpoint over a real socket. */
async function ask({ status = 200, encoding, body }: Encoded) {
  const url = await httpServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'content-encoding': encoding });
    response.end(body);
  });
  return askOnce({ endpoint: { tokenUrl: new URL(url) } });
}

const token = Buffer.from('{"access_token":"opaque","token_type":"Bearer"}');
const refusal = Buffer.from('{"error":"invalid_client","error_description":"no such client"}');

describe('a token request', () => {
  it('asks for no compression', async () => {
    const asked: unknown[] = [];
    const url = await httpServer(({ headers }, response) => {
      asked.push(headers['accept-encoding']);
      response.end(token);
    });
    await tokenEndpoint({ endpoint: { tokenUrl: new URL(url) } })(neverAborted);
    expect(asked).toEqual(['identity']);
  });
});

describe('an answer that is compressed all the same', () => {
  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ] as const)('is read: %s', async (encoding, encode) => {
    const answer = await ask({ encoding, body: encode(token) });
    expect(answer.ok && answer.token.accessToken.open()).toBe('opaque');
  });

  it('is read where it is an error', async () => {
    expect(await ask({ status: 401, encoding: 'gzip', body: gzipSync(refusal) })).toMatchObject({
      failure: {
        reason: 'invalid_client',
        message: expect.stringMatching(/answered 401: invalid_client: no such client$/),
      },
    });
  });

  it.each([
    [
      'a coding that is not known',
      { encoding: 'rot13', body: token },
      ' with content encoding "rot13", expected identity, gzip, deflate, br or zstd',
    ],
    [
      'another body than its header says',
      { encoding: 'gzip', body: token },
      ' with content encoding "gzip", but its body is not encoded so',
    ],
  ])('is named: %s', async (_, encoded, named) => {
    for (const status of [200, 201]) {
      expect(await ask({ ...encoded, status })).toMatchObject({
        failure: {
          reason: 'token_response_invalid',
          message: expect.stringMatching(new RegExp(`answered ${status}${named}$`)),
          remedy: expect.stringContaining('turn off compression'),
        },
      });
    }
    const refused = await ask({ ...encoded, status: 400 });
    expect(refused).toMatchObject({
      failure: { reason: 'token_request_rejected', message: expect.stringMatching(`answered 400${named}$`) },
    });
  });

  it('is refused where it is larger than it may be once decoded', async () => {
    const body = gzipSync(Buffer.alloc(1024 * 1024 + 1, ' '));
    expect(await ask({ encoding: 'gzip', body })).toMatchObject({
      failure: {
        reason: 'token_response_invalid',
        message: expect.stringMatching(
          /answered 200 with content encoding "gzip", and more than 1048576 bytes when decoded$/,
        ),
        remedy: expect.stringContaining('oauth2.token_url'),
      },
    });
  });
});

describe('an answer that is not compressed', () => {
  const padded = (length: number) => Buffer.concat([token, Buffer.alloc(length - token.length, ' ')]);

  it('may be as long as the limit, and no longer', async () => {
    expect((await ask({ encoding: '', body: padded(1024 * 1024) })).ok).toBe(true);
    expect(await ask({ encoding: '', body: padded(1024 * 1024 + 1) })).toMatchObject({
      failure: { message: expect.stringMatching(/answered 200 with a body of more than 1048576 bytes$/) },
    });
  });

  it('is told as one in another character set than UTF-8', async () => {
    const body = Buffer.from('{"access_token":"opaque","scope":"\xe4"}', 'latin1');
    expect(await ask({ encoding: '', body })).toMatchObject({
      failure: { reason: 'token_response_invalid', message: expect.stringMatching(/bearer token: it is not UTF-8$/) },
    });
  });

  it('is read from its beginning only where it is an error', async () => {
    const long = (length: number) =>
      Buffer.from(JSON.stringify({ padding: 'x'.repeat(length), error: 'invalid_client' }));
    const reasonOf = async (length: number) => {
      const answer = await ask({ status: 400, encoding: '', body: long(length) });
      return answer.ok ? undefined : answer.failure.reason;
    };
    expect(await reasonOf(60 * 1024)).toBe('invalid_client');
    expect(await reasonOf(64 * 1024)).toBe('token_request_rejected');
  });
});
