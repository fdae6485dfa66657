/** What is odd about the value of a variable, and what it says without that. */
interface VariableValue {
  readonly text: string;
  readonly problem?: { readonly expected: string; readonly found: string };
  /** Completes 'the value of CAMUNDA_CLIENT_SECRET …'. */
  readonly notice?: string;
}

/**
 * Quotes and blanks around a value are a mistake, except around a secret, where they may be part of it: that is only
 * told. Node.js replaces bytes that are not UTF-8 by U+FFFD.
 */
export function variableValue(raw: string, isSecret: boolean): VariableValue {
  if (raw.includes('\uFFFD')) {
    const problem = { expected: 'text in UTF-8', found: 'a byte of another encoding, such as Latin-1' };
    return { text: raw, problem };
  }
  const { what, text } = unwrapped(raw);
  if (what === undefined) {
    return { text };
  }
  if (isSecret && !/\p{Cc}/u.test(raw)) {
    return { text: raw, notice: `has ${what} around it, which are part of the secret${whence}` };
  }
  return { text, problem: { expected: `a value without ${what} around it${whence}`, found: `${what} around it` } };
}

const whence = ' (docker --env-file keeps them)';

function unwrapped(raw: string): { readonly what?: 'blanks' | 'quotes'; readonly text: string } {
  const trimmed = raw.trim();
  if (trimmed !== raw) {
    return { what: 'blanks', text: trimmed };
  }
  const isQuoted = /^(["']).*\1$/s.test(raw);
  return isQuoted ? { what: 'quotes', text: raw.slice(1, -1) } : { text: raw };
}
