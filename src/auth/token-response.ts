import { isTime } from './claims.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The fields of a token response that matter, in the form that RFC 6749, 5.1 asks for; none where it holds no bearer
 * token. Providers leave out `token_type`, send null for what is not there, and call nonsense a lifetime: none of it
 * makes a token worse.
 */
export function essentialsOf(response: Fields): unknown {
  if (tokenProblemOf(response)) return {};
  const { access_token, expires_in } = response;
  const seconds = typeof expires_in === 'string' ? Number(expires_in) : expires_in;
  return { access_token, token_type: 'Bearer', expires_in: isTime(seconds) ? seconds : undefined };
}

/** What is wrong with a successful answer, and what to do about it. */
export interface TokenProblem {
  /** Continues 'not with a bearer token'. Never quotes the token. */
  readonly message: string;
  /** Absent where the answer is that of something else. */
  readonly remedy?: string;
}

/** Undefined where the answer holds a token that can be sent. */
export function tokenProblemOf({ access_token, token_type }: Fields): TokenProblem | undefined {
  if (typeof access_token !== 'string' || access_token === '') return { message: 'it has no access_token' };
  const { length } = access_token;
  if (length > maxTokenLength) {
    return {
      message: `its access_token has ${length} characters, expected at most ${maxTokenLength}`,
      remedy: 'let the identity provider put less into the token: fewer roles, groups or audiences of this client',
    };
  }
  const misplaced = access_token.search(/[^\x21-\x7e]/);
  if (misplaced >= 0) {
    return {
      message: `its access_token has a character at position ${misplaced + 1} of ${length} that is not visible ASCII`,
      remedy: 'let the identity provider issue tokens that a header can carry (RFC 6750, 2.1)',
    };
  }
  if (isBearer(token_type)) return undefined;
  return {
    message: `its token_type is ${quoted(token_type)}, expected Bearer`,
    remedy: 'let the identity provider issue bearer tokens to this client (RFC 6750)',
  };
}

/** The limit of Node's own servers for all headers of a request; most other servers take half of it. */
const maxTokenLength = 16 * 1024;

/** Missing, or one of the names under which providers issue bearer tokens. */
function isBearer(tokenType: unknown): boolean {
  return (tokenType ?? '') === '' || (typeof tokenType === 'string' && bearerNames.test(tokenType.trim()));
}

const bearerNames = /^(bearer([ _-]?token)?|(at\+)?jwt)$/i;

/** A longer one is no name, and could be the token. */
function quoted(tokenType: unknown): string {
  return typeof tokenType === 'string' && tokenType.length <= 32 ? JSON.stringify(tokenType) : 'not a short text';
}

/** The error that some providers send with a successful status (RFC 6749, 5.2 asks for 400); undefined for none. */
export function errorOf(response: Fields | undefined): string | undefined {
  const { access_token = null, error } = response ?? {};
  return access_token === null && typeof error === 'string' && error !== '' ? error : undefined;
}
