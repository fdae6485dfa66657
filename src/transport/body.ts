import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';

/** A body as text, without a byte order mark. JSON is UTF-8 (RFC 8259, 8.1): anything else is shown as U+FFFD. */
export interface BodyText {
  readonly body: string;
  readonly isUtf8: boolean;
}

/** Reads the beginning of a body as text. */
export async function readText(body: Readable, most: number): Promise<BodyText> {
  return textOf(await readBytes(body, most));
}

export function textOf(bytes: Buffer): BodyText {
  return { body: new TextDecoder().decode(bytes), isUtf8: isUtf8(bytes) };
}

/** Reads a body up to that many bytes and hangs up on the rest. */
export async function readBytes(body: Readable, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    // To leave the loop is to destroy the body, and the connection with it.
    if (length > most) break;
  }
  return Buffer.concat(chunks).subarray(0, most);
}
