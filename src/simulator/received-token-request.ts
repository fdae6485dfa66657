import type { IncomingHttpHeaders } from 'node:http';

/** A token request (RFC 6749, section 4.4). What is missing or unreadable is undefined. */
export interface ReceivedTokenRequest {
  readonly contentType: string;
  readonly grantType: string | undefined;
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  /** A JWT (RFC 7523, section 2.2). */
  readonly clientAssertion: string | undefined;
  readonly audience: string | undefined;
  readonly scope: string | undefined;
}

const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Credentials in the Authorization header (client_secret_basic) take precedence over those in the body. */
export function readTokenRequest(headers: IncomingHttpHeaders, body: string): ReceivedTokenRequest {
  const contentType = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  const parameter = contentType === 'application/json' ? jsonParameters(body) : formParameters(body);
  const basic = basicCredentials(headers.authorization);
  return {
    contentType,
    grantType: parameter('grant_type'),
    clientId: basic?.clientId ?? parameter('client_id'),
    clientSecret: basic?.clientSecret ?? parameter('client_secret'),
    clientAssertion: parameter('client_assertion_type') === jwtBearer ? parameter('client_assertion') : undefined,
    audience: parameter('audience'),
    scope: parameter('scope'),
  };
}

type Parameters = (name: string) => string | undefined;

function formParameters(body: string): Parameters {
  const form = new URLSearchParams(body);
  return (name) => form.get(name) ?? undefined;
}

function jsonParameters(body: string): Parameters {
  try {
    const fields = new Map<string, unknown>(Object.entries(JSON.parse(body)));
    return (name) => {
      const value = fields.get(name);
      return typeof value === 'string' ? value : undefined;
    };
  } catch {
    return () => undefined;
  }
}

/** Decodes id and secret, which are form-encoded before they are joined (RFC 6749, section 2.3.1). */
function basicCredentials(authorization: string | undefined) {
  const encoded = /^Basic +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const joined = Buffer.from(encoded, 'base64').toString();
  const colon = joined.includes(':') ? joined.indexOf(':') : joined.length;
  return { clientId: formDecoded(joined.slice(0, colon)), clientSecret: formDecoded(joined.slice(colon + 1)) };
}

const formDecoded = (text: string): string =>
  new URLSearchParams(`value=${text.replaceAll('&', '%26')}`).get('value') ?? '';
