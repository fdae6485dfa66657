import type { IncomingMessage, ServerResponse } from 'node:http';
import accepts from 'accepts';
import { contentTypes, type Format } from '../metrics/exposition.ts';
import type { Encoding, Page } from '../metrics/page.ts';
import { negotiateFormat } from './negotiate.ts';
import { lengthOf, sendBytes } from './send-bytes.ts';

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
  const encoding = accepts(request).encodings(['gzip', 'identity']) === 'gzip' ? 'gzip' : 'identity';
  const negotiated: Preferred = { format: negotiateFormat(accept), encoding };
  known.set(headers, negotiated);
  return negotiated;
}
