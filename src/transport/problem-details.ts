import type { Answer } from './reply.ts';

/**
 * Returns what the body of an error says: the title and the detail of problem details (RFC 9457), otherwise the whole
 * body. The text is not redacted.
 */
export function problemText({ contentType, body }: Pick<Answer, 'contentType' | 'body'>): string {
  if (!/^application\/problem\+json\s*(;|$)/i.test(contentType)) return body;
  const { title, detail } = membersOf(body);
  return [title, detail].filter((member) => typeof member === 'string' && member !== '').join(': ') || body;
}

function membersOf(body: string): { readonly title?: unknown; readonly detail?: unknown } {
  try {
    const problem: unknown = JSON.parse(body);
    return typeof problem === 'object' && problem !== null ? problem : {};
  } catch {
    return {};
  }
}
