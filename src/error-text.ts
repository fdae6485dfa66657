import { everySecret } from './config/secret.ts';
import { hideSecrets } from './transport/secrets.ts';

export interface ErrorText {
  readonly type: string;
  readonly message: string;
  /** With those of its causes. */
  readonly stack: string;
}

/** What may be told of an error that nobody expected, and of which nobody knows what it quotes. */
export function errorText(error: unknown): ErrorText {
  const secrets = everySecret().flatMap(partsOf);
  const hide = (text: string) => hideSecrets(text, secrets).replace(credentials, '<secret>');
  const isError = error instanceof Error;
  return {
    type: isError ? error.constructor.name : typeof error,
    message: hide(isError ? error.message : textOf(error)),
    stack: hide(chain(error).map(stackOf).join('\ncaused by ')),
  };
}

/** What follows `Basic` and `Bearer` in a header, and JSON Web Tokens. */
const credentials = /(?<=(?:Basic|Bearer)(?: |%20|\+))[\w.~+/=-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/** A key may be shown line by line, and of a proxy's URL only the user information. */
function partsOf(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= 16);
  const url = URL.parse(secret);
  const information = url ? [url.username, url.password] : [];
  return [secret, ...lines, ...information, ...information.map(decoded)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A cause that leads back to itself has to end somewhere. */
const mostCauses = 8;

function chain(error: unknown): readonly unknown[] {
  const errors = [error];
  for (let each = error; each instanceof Error && each.cause !== undefined && errors.length < mostCauses; ) {
    each = each.cause;
    errors.push(each);
  }
  return errors;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return textOf(error);
  const inside = error instanceof AggregateError ? error.errors.map((each) => `\n  of which ${stackOf(each)}`) : [];
  return `${error.stack ?? error}${inside.join('')}`;
}

/** Of what is no error. In JSON, since `inspect` escapes quotes in ways of its own, in which secrets are not recognized. */
function textOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  try {
    return JSON.stringify(thrown) ?? String(thrown);
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}
