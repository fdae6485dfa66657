import type { IncomingMessage, ServerResponse } from 'node:http';
import { MIMEType } from 'node:util';
import accepts from 'accepts';
import { contentTypes, type Format } from '../metrics/family.ts';
import type { Encoding, Page } from '../metrics/page.ts';
import { lengthOf, sendBytes } from './response.ts';

interface Preferred {
  readonly format: Format;
  readonly encoding: Encoding;
}

/** Of the last scrapers, by their headers: each sends the same ones with every scrape. */
const known = new Map<string, Preferred>();
const mostKnown = 100;

/** Sends what `body` gives in the format and encoding that the client prefers. */
export async function sendExposition(
  request: IncomingMessage,
  response: ServerResponse,
  body: Page['body'],
): Promise<void> {
  const { format, encoding } = preferred(request);
  const bytes = await body(format, encoding);
  response.writeHead(200, {
    'content-type': contentTypes[format],
    'content-length': lengthOf(bytes),
    vary: 'accept, accept-encoding',
    ...(encoding === 'gzip' && { 'content-encoding': 'gzip' }),
  });
  sendBytes(response, bytes);
}

function preferred(request: IncomingMessage): Preferred {
  const { accept, 'accept-encoding': acceptEncoding } = request.headers;
  const headers = `${accept}\n${acceptEncoding}`;
  const before = known.get(headers);
  if (before) return before;
  if (known.size >= mostKnown) known.clear();
  const negotiated: Preferred = { format: negotiateFormat(accept), encoding: negotiateEncoding(request) };
  known.set(headers, negotiated);
  return negotiated;
}

/** Characters. Scrapers and browsers send less than 500; longer headers cost more than the answer and are ignored. */
const longestHeader = 1_000;

/** Gzip where `Accept-Encoding` (RFC 9110, 12.5.3) prefers it. */
export function negotiateEncoding(request: IncomingMessage): Encoding {
  const header = request.headers['accept-encoding'] ?? '';
  if (header.length > longestHeader) return 'identity';
  return accepts(request).encodings(['gzip', 'identity']) === 'gzip' ? 'gzip' : 'identity';
}

/**
 * OpenMetrics only where `Accept` (RFC 9110, 12.5.1) prefers it, in the one version that is spoken here; the plain
 * text format for anything else, nothing and nonsense too. Parameters other than the version and q, such as
 * Prometheus 3's `escaping`, do not matter.
 */
export function negotiateFormat(accept = ''): Format {
  if (accept.length > longestHeader) return 'text';
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

/** The most specific range that matches decides; `rank` is 0 for the first of the matchers. */
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

/** At the commas outside of quotes. */
function splitList(list: string): readonly string[] {
  return list.match(/(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g) ?? [];
}
