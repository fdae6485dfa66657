import type { ServerResponse } from 'node:http';
import { sendBytes } from './send-bytes.ts';

/** Answers with a line of plain text. */
export function sendText(
  response: ServerResponse,
  status: number,
  line: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(`${line}\n`);
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': body.length,
    ...headers,
  });
  sendBytes(response, [body]);
}
