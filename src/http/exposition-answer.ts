import type { Request, Response } from 'express';
import { contentTypes } from '../metrics/exposition.ts';
import type { Page } from '../metrics/page.ts';
import { negotiateFormat } from './negotiate.ts';
import { sendBytes } from './send-bytes.ts';

/** Sends what `body` gives in the format and encoding that the client prefers. */
export async function sendExposition(request: Request, response: Response, body: Page['body']): Promise<void> {
  const format = negotiateFormat(request.headers.accept);
  const encoding = request.acceptsEncodings(['gzip', 'identity']) === 'gzip' ? 'gzip' : 'identity';
  const bytes = await body(format, encoding);
  response.writeHead(200, {
    'content-type': contentTypes[format],
    'content-length': bytes.length,
    vary: 'accept, accept-encoding',
    ...(encoding === 'gzip' && { 'content-encoding': 'gzip' }),
  });
  sendBytes(response, bytes);
}
