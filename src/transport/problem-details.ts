import { jsonObject } from '../json.ts';
import type { Answer } from './reply.ts';

/**
 * Returns what the body of an error says: the title and the detail of problem details (RFC 9457), otherwise the whole
 * body. The text is not redacted.
 */
export function problemText({ contentType, body }: Pick<Answer, 'contentType' | 'body'>): string {
  if (!/^application\/problem\+json\s*(;|$)/i.test(contentType)) return body;
  const { title, detail } = jsonObject(body) ?? {};
  return [title, detail].filter((member) => typeof member === 'string' && member !== '').join(': ') || body;
}
