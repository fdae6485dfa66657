import type { IncomingMessage, ServerResponse } from 'node:http';
import { MIMEType } from 'node:util';
import accepts from 'accepts';
import { contentTypes, type Format } from '../metrics/family.ts';
import type { Encoding, Page } from '../metrics/page.ts';
import { lengthOf, type Sender } from './response.ts';

/** Sends a body in the format and encoding that the client prefers. */
export type SendMetrics = (request: IncomingMessage, response: ServerResponse, body: Page['body']) => Promise<void>;

export function createSendMetrics({ sendBytes }: Sender): SendMetrics {
  const negotiate = createNegotiation();
  return async (request, response, body) => {
    const { format, encoding } = negotiate(request);
    const bytes = await body(format, encoding);
    response.writeHead(200, {
      'content-type': contentTypes[format],
      'content-length': lengthOf(bytes),
      vary: 'accept, accept-encoding',
      ...(encoding === 'gzip' && { 'content-encoding': 'gzip' }),
    });
    sendBytes(response, bytes);
  };
}

interface Negotiated {
  readonly format: Format;
  readonly encoding: Encoding;
}

const maxCached = 100;

/** Negotiates the content. Caches the results by the headers, as a scraper sends the same ones with every scrape. */
function createNegotiation(): (request: IncomingMessage) => Negotiated {
  const cache = new Map<string, Negotiated>();
  return (request) => {
    const { accept, 'accept-encoding': acceptEncoding } = request.headers;
    const headers = `${accept}\n${acceptEncoding}`;
    const cached = cache.get(headers);
    if (cached) return cached;
    if (cache.size >= maxCached) cache.clear();
    const negotiated = { format: negotiateFormat(accept), encoding: negotiateEncoding(request) };
    cache.set(headers, negotiated);
    return negotiated;
  };
}

/** Characters. Scrapers and browsers send less than 500. Longer headers are ignored, as parsing them costs too much. */
const maxHeaderLength = 1_000;

/** Returns gzip if `Accept-Encoding` (RFC 9110, 12.5.3) prefers it. */
export function negotiateEncoding(request: IncomingMessage): Encoding {
  const header = request.headers['accept-encoding'] ?? '';
  if (header.length > maxHeaderLength) return 'identity';
  return accepts(request).encodings(['gzip', 'identity']) === 'gzip' ? 'gzip' : 'identity';
}

/**
 * Returns OpenMetrics if `Accept` (RFC 9110, 12.5.1) prefers version 1.0.0 of it, and otherwise the text format, also
 * if the header is absent or malformed. Ignores parameters other than the version and q, such as `escaping` of
 * Prometheus 3.
 */
export function negotiateFormat(accept = ''): Format {
  if (accept.length > maxHeaderLength) return 'text';
  const ranges = splitList(accept).flatMap((range) => parseRange(range) ?? []);
  const openmetrics = preferenceFor(ranges, [
    ({ type, version }) => type === 'application/openmetrics-text' && version === '1.0.0',
  ]);
  const text = preferenceFor(ranges, [
    ({ type, version }) => type === 'text/plain' && (version === null || version === '0.0.4'),
    ({ type }) => type === 'text/*',
    ({ type }) => type === '*/*',
  ]);
  const preferred = openmetrics.quality - text.quality || text.rank - openmetrics.rank;
  return openmetrics.quality > 0 && preferred > 0 ? 'openmetrics' : 'text';
}

interface MediaRange {
  readonly type: string;
  readonly version: string | null;
  readonly quality: number;
}

/**
 * Returns the quality of the most specific range that matches. The matchers are ordered by specificity; `rank` is the
 * index of the one that matches, or -1.
 */
function preferenceFor(
  ranges: readonly MediaRange[],
  matchers: readonly ((range: MediaRange) => boolean)[],
): { readonly quality: number; readonly rank: number } {
  const rank = matchers.findIndex((matches) => ranges.some(matches));
  const matches = matchers[rank] ?? (() => false);
  return { quality: Math.max(0, ...ranges.filter(matches).map(({ quality }) => quality)), rank };
}

function parseRange(text: string): MediaRange | undefined {
  let range: MIMEType;
  try {
    range = new MIMEType(text);
  } catch {
    return undefined;
  }
  const quality = Number(range.params.get('q') ?? 1);
  return {
    type: range.essence,
    version: range.params.get('version'),
    quality: quality >= 0 && quality <= 1 ? quality : 0,
  };
}

/** Splits a list at the commas that are not inside quotes. */
function splitList(list: string): readonly string[] {
  return list.match(/(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g) ?? [];
}
