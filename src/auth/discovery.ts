import { type AuthorizationServer, discoveryRequest, processDiscoveryResponse } from 'oauth4webapi';
import { withDeadline } from '../clock.ts';
import type { OAuth2Config } from '../config/config.ts';
import type { FailureProblem } from '../failure.ts';
import { type Json, jsonObject } from '../json.ts';
import { singleLine } from '../redact.ts';
import { type Answer, unreadableBody } from '../transport/reply.ts';
import {
  type OAuthContext,
  type Refusal,
  recordingFetch,
  refusalAfter,
  retryAfter,
  type TimeLimit,
} from './token-response.ts';

/** An authorization server, as oauth4webapi names its fields. */
export interface TokenServer extends AuthorizationServer {
  readonly token_endpoint: string;
}

interface Discovered {
  readonly ok: true;
  readonly server: TokenServer;
}

/** The discovery of an issuer's token endpoint, which is repeated now and then. */
export interface Discovery {
  /** Returns the server found before, or discovers it if that was too long ago. Never rejects. */
  readonly server: (limit: TimeLimit) => Promise<Discovered | Refusal>;
  /** Makes the next call discover the server again, as a token request to the known one has failed. */
  readonly repeat: () => void;
}

/**
 * Milliseconds for which a discovery document is used. It changes rarely, but the identity provider may move its token
 * endpoint, and the connection to the issuer shows whether the certificate was renewed.
 */
const maxAge = 60 * 60 * 1000;

/**
 * While discovery fails, the token endpoint found before stays in use, since it may work. Calls `onMoved` when another one
 * is found.
 */
export function createDiscovery(issuer: URL, context: OAuthContext, onMoved: () => void): Discovery {
  const { clock } = context;
  let previous: Discovered | undefined;
  let dueAt = Number.NEGATIVE_INFINITY;
  let hasFailed = false;

  const discoverNow = async (limit: TimeLimit) => {
    const found = await discover(issuer, context, limit);
    if (!found.ok) return found;
    if (previous && previous.server.token_endpoint !== found.server.token_endpoint) onMoved();
    previous = found;
    dueAt = clock.monotonic() + maxAge;
    hasFailed = false;
    return found;
  };
  /** Leaves most of the time to the token request, which is expected to succeed. */
  const discoverBeside = ({ signal, timeout }: TimeLimit) =>
    withDeadline(timeout / 4, signal, (deadline) => discoverNow({ signal: deadline, timeout }));

  return {
    server: async (limit) => {
      const known = previous;
      if (!known) return discoverNow(limit);
      if (clock.monotonic() < dueAt) return known;
      const found = await (hasFailed ? discoverNow(limit) : discoverBeside(limit));
      return found.ok || limit.signal.aborted ? found : known;
    },
    repeat: () => {
      hasFailed = true;
      dueAt = Number.NEGATIVE_INFINITY;
    },
  };
}

/** Finds the token endpoint of an issuer (OpenID Connect Discovery 1.0, 4). Never rejects. */
async function discover(issuer: URL, context: OAuthContext, limit: TimeLimit): Promise<Discovered | Refusal> {
  const { options, reply } = recordingFetch(context, limit, endpointsOf);
  try {
    const response = await discoveryRequest(issuer, { ...options, algorithm: 'oidc' });
    const server = await processDiscoveryResponse(issuer, response);
    const token_endpoint = tokenEndpointOf(server, context.config);
    if (isFitFor(issuer, token_endpoint)) return { ok: true, server: { issuer: server.issuer, token_endpoint } };
    throw new Error('the discovery document names no token endpoint');
  } catch (error) {
    const request = { to: 'issuer', url: issuer.href } as const;
    const answer = reply();
    if (answer?.kind !== 'answer' || answer.status >= 300) return refusalAfter(error, answer, request, context);
    const { status } = answer;
    const failure = { reason: 'token_response_invalid', problem: problemWith(answer), request, status } as const;
    return { ok: false, failure, ...retryAfter(answer, context.clock) };
  }
}

/** Returns the fields of a discovery document that matter. The others are not validated. */
function endpointsOf({ issuer, token_endpoint, mtls_endpoint_aliases }: Json): unknown {
  return { issuer, token_endpoint, mtls_endpoint_aliases };
}

/** Refuses to send the secret over http if the issuer was configured with https, whatever the document says. */
function isFitFor(issuer: URL, tokenEndpoint: string): boolean {
  const protocol = URL.parse(tokenEndpoint)?.protocol;
  return protocol === 'https:' || (protocol === 'http:' && issuer.protocol === 'http:');
}

/** Prefers the endpoint for clients that authenticate with a certificate (RFC 8705, 5), for such a client. */
function tokenEndpointOf(
  { token_endpoint = '', mtls_endpoint_aliases }: AuthorizationServer,
  { clientAuthentication }: OAuth2Config,
): string {
  const alias: unknown = mtls_endpoint_aliases?.token_endpoint;
  return clientAuthentication.method === 'tls_client_auth' && typeof alias === 'string' ? alias : token_endpoint;
}

/** Returns the URL for messages. The query is left out, as it may hold keys. */
export function withoutQuery(endpoint: string): string {
  const url = URL.parse(endpoint);
  return url ? singleLine(`${url.origin}${url.pathname}`) : 'that is no URL';
}

function problemWith(answer: Answer): FailureProblem {
  const body = unreadableBody(answer);
  if (body) return { kind: 'unreadable_body', body };
  const { issuer, token_endpoint } = jsonObject(answer.body) ?? {};
  if (typeof issuer !== 'string') return { kind: 'no_openid_configuration' };
  if (typeof token_endpoint === 'string' && /^http:/i.test(token_endpoint) && /^https:/i.test(issuer)) {
    return { kind: 'token_endpoint_without_tls', tokenEndpoint: withoutQuery(token_endpoint) };
  }
  return { kind: 'openid_configuration_of_other_issuer', issuer: singleLine(answer.masked(issuer)) };
}
