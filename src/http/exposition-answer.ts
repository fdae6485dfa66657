import type { IncomingMessage, ServerResponse } from 'node:http';
import { contentTypes, type Format } from '../metrics/exposition.ts';
import type { Encoding, Page } from '../metrics/page.ts';
import { lengthOf } from './backlog.ts';
import { negotiateEncoding, negotiateFormat } from './negotiate.ts';
import { sendBytes } from './send-bytes.ts';

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
