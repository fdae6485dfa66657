import { createServer } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pollFailureReasons, tokenFailureReasons } from '../../src/failure.ts';
import { neverAborted, tokenEndpoint } from '../auth/asking.ts';
import { pollOf } from '../auth/poll-of.ts';
import { told } from '../failure-texts.ts';
import { json, whole } from '../faults/connection-handlers.ts';
import { goodBodies, wholeToken, wholeTopology } from '../faults/endpoint-documents.ts';
import { pageOf } from '../metrics/pages.ts';
import { parseStrictly } from '../metrics/strict-parser.ts';
import { listen } from '../transport/loopback.ts';
import { mistyped, rewritten } from './mutations.ts';
import { expectNoUnhandledErrors } from './unhandled-errors.ts';

const runs = { numRuns: 250 };

expectNoUnhandledErrors();

/** Starts a server that sends the bytes of the last `answerWith` to every request, until the end of the test. */
async function rawServer() {
  let answer: Uint8Array = new Uint8Array();
  const server = createServer((socket) => {
    socket.once('data', () => socket.end(answer));
  });
  return {
    origin: `http://127.0.0.1:${await listen(server)}`,
    answerWith: (bytes: Uint8Array) => {
      answer = bytes;
    },
  };
}

const characters = '{}[]":,0123456789.-+eE\\ \n\t\0null';
const bytes = fc.uint8Array({ maxLength: 400 });
const line = fc.string({ unit: 'binary', maxLength: 20 });

/** Generates bytes that are hardly HTTP, and HTTP responses with any content. */
function answers(documents: readonly unknown[]): fc.Arbitrary<Uint8Array> {
  const texts = documents.map((document) => JSON.stringify(document));
  const body = fc.oneof(
    ...documents.map((document) => rewritten(document).map((each) => JSON.stringify(each) ?? '')),
    ...texts.map((text) => mistyped(text, characters)),
    bytes.map((each) => Buffer.from(each)),
  );
  const status = fc.oneof(fc.constant(200), fc.integer({ min: 100, max: 999 }));
  const http = fc
    .tuple(status, body, fc.dictionary(fc.constantFrom('x', 'location', 'retry-after', 'www-authenticate'), line))
    .map(([code, text, headers]) => whole(code, text, { ...json, ...headers }));
  return fc.oneof(
    { weight: 3, arbitrary: fc.tuple(fc.constant(200), body).map(([code, text]) => whole(code, text, json)) },
    { weight: 2, arbitrary: http },
    http
      .chain((each) => mistyped(each.toString('latin1'), 'HTTP/1. \r\n:;0'))
      .map((each) => Buffer.from(each, 'latin1')),
    bytes,
  );
}

describe('any answer of a cluster', () => {
  it('is read as a topology that can be exposed, or as a failure with a known reason', async () => {
    const { origin, answerWith } = await rawServer();
    const poll = pollOf({ address: new URL(origin), pollTimeout: 30_000 });
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(answers([wholeTopology, JSON.parse(goodBodies.cluster('', ''))]), async (each) => {
        answerWith(each);
        const result = await poll();
        if (result.outcome.ok) taken++;
        else {
          expect(pollFailureReasons).toContain(result.outcome.failure.reason);
          expect(told(result.outcome.failure).message).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        }
        for (const format of ['text', 'openmetrics'] as const) {
          parseStrictly(await pageOf(format, { results: [result] }), format);
        }
      }),
      runs,
    );
    expect(taken).toBeGreaterThan(0);
  });
});

describe('any answer of an identity provider', () => {
  it.each([
    ['a token request', 'tokenUrl', () => [wholeToken]],
    [
      'discovery',
      'issuerUrl',
      (origin: string) => [{ issuer: origin, token_endpoint: `${origin}/token`, ...wholeToken }],
    ],
  ] as const)('to %s is read as a token that can be sent, or as a failure with a known reason', async (_, key, documents) => {
    const { origin, answerWith } = await rawServer();
    const endpoint = key === 'tokenUrl' ? { tokenUrl: new URL(origin) } : { issuerUrl: new URL(origin) };
    let taken = 0;
    // Each token endpoint is new, since a discovery document is cached.
    await fc.assert(
      fc.asyncProperty(answers(documents(origin)), async (each) => {
        answerWith(each);
        const result = await tokenEndpoint({ endpoint })(neverAborted);
        if (result.ok) {
          taken++;
          expect(result.token.accessToken.open()).toMatch(/^[\x21-\x7e]+$/);
          expect(Number.isNaN(new Date(result.token.expiresAt ?? 0).getTime())).toBe(false);
        } else {
          expect(tokenFailureReasons).toContain(result.failure.reason);
          expect(told(result.failure).message).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        }
      }),
      runs,
    );
    expect(taken).toBeGreaterThan(0);
  });
});
