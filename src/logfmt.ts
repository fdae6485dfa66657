import { escapeUnprintable } from './redact.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Writes fields as logfmt: time, level and message first, in the order of Go's slog. A nested field is named by its
 * path (`err.stack`), and the value of a list is its JSON text.
 */
export function toLogfmt({ time, level, msg, ...others }: Fields): string {
  return pairs({ time, level, msg, ...others })
    .map(([name, value]) => `${quoted(name)}=${quoted(value)}`)
    .join(' ');
}

function pairs(fields: object, prefix = ''): readonly (readonly [name: string, value: string])[] {
  return Object.entries(fields).flatMap(([key, value]) => {
    const name = `${prefix}${key}`;
    if (value === undefined) return [];
    if (Array.isArray(value)) return [[name, JSON.stringify(value)] as const];
    return typeof value === 'object' && value !== null ? pairs(value, `${name}.`) : [[name, String(value)] as const];
  });
}

/** Whether slog writes a text in quotes. */
const needsQuotes = /^$|[\s"=\p{C}\p{Zl}\p{Zp}]/u;

/** Quotes a text if necessary, with the escape sequences of JSON, which the decoders of logfmt know. */
function quoted(text: string): string {
  return needsQuotes.test(text) ? escapeUnprintable(JSON.stringify(text)) : text;
}
