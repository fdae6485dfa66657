import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { type DecodingProblem, decodeContent } from './decode-content.ts';
import { headerOf } from './header.ts';
import { readingBudget } from './reading-budget.ts';

/** A body as text, without a byte order mark. JSON is UTF-8 (RFC 8259, 8.1): anything else is shown as U+FFFD. */
export interface BodyText {
  readonly body: string;
  readonly isUtf8: boolean;
  /** Why the text is empty though the body is not. */
  readonly undecoded?: UndecodedBody;
}

export interface UndecodedBody {
  /** Of the `Content-Encoding`, as it came. */
  readonly coding: string;
  readonly problem: DecodingProblem;
}

/** Bytes, as they arrive and decoded. */
export interface BodyLimits {
  /** Of the body of a 200, which is read whole or not at all. */
  readonly maxBytes: number;
  /** Of any other, whose beginning is read. */
  readonly maxErrorBytes: number;
}

interface BodyResponse extends Pick<Dispatcher.ResponseData, 'statusCode' | 'headers'> {
  readonly body: Readable;
}

/** Reads a body as text. Some servers and proxies compress it although `identity` is asked for. */
export async function readBody(response: BodyResponse, limits: BodyLimits): Promise<BodyText> {
  const isWhole = response.statusCode === 200;
  const maxBytes = isWhole ? limits.maxBytes : limits.maxErrorBytes;
  const coding = headerOf(response, 'content-encoding');
  const undecoded = (problem: DecodingProblem) => ({ body: '', isUtf8: true, undecoded: { coding, problem } });

  const bytes = await readBytes(response.body, maxBytes);
  if (isWhole && bytes.length > maxBytes) return undecoded('too_large');
  const decoded = await decodeContent(coding, bytes.subarray(0, maxBytes), limits.maxBytes);
  if (!decoded.ok) return undecoded(decoded.problem);
  const text = decoded.bytes.subarray(0, maxBytes);
  return { body: new TextDecoder().decode(text), isUtf8: isUtf8(text) };
}

/** Reads a body until it has more than that many bytes, and hangs up on the rest. */
async function readBytes(body: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      length += chunk.length;
      readingBudget.add(body, chunk.length);
      // To leave the loop is to destroy the body, and the connection with it.
      if (length > maxBytes) break;
    }
  } finally {
    readingBudget.release(body);
  }
  return Buffer.concat(chunks);
}
