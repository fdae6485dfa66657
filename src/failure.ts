import type { ClientAuthenticationMethod } from './config/client-authentication-config.ts';

/** How a request can fail before there is a whole answer. */
export const transportFailureReasons = ['dns', 'connect', 'tls', 'timeout', 'too_large', 'other'] as const;
export type TransportFailureReason = (typeof transportFailureReasons)[number];

/** How a request for the topology can fail, authentication aside. */
const requestFailureReasons = [
  'dns',
  'connect',
  'tls',
  'timeout',
  'not_found',
  'redirect',
  'rate_limited',
  'http_status',
  'content_type',
  'too_large',
  'malformed',
  'other',
] as const;
export type RequestFailureReason = (typeof requestFailureReasons)[number];

/** How a request for a token can fail. */
export const tokenFailureReasons = [
  'invalid_client',
  'invalid_scope',
  'token_request_rejected',
  'token_rate_limited',
  'token_endpoint_unreachable',
  'token_response_invalid',
  'other',
] as const;
export type TokenFailureReason = (typeof tokenFailureReasons)[number];

/** What can be wrong with authentication. */
export const authFailureReasons = [
  'authentication_required',
  'credentials_rejected',
  'token_rejected',
  'audience_mismatch',
  'forbidden',
  ...tokenFailureReasons,
] as const;
export type AuthFailureReason = (typeof authFailureReasons)[number];

/** Why a poll can fail. `auth` stands for every reason of authentication. */
export const pollFailureReasons = ['auth', ...requestFailureReasons] as const;
export type PollFailureReason = (typeof pollFailureReasons)[number];

export type FailureReason = PollFailureReason | AuthFailureReason;

/** The facts of a failure. All texts are redacted and have one line; `failureText` makes sentences of them. */
export interface Failure<Reason extends FailureReason = FailureReason> {
  /** The label of the metrics. */
  readonly reason: Reason;
  readonly problem: FailureProblem;
  /** Absent if it is not the failure of one request. */
  readonly request?: FailedRequest;
  /** The status of the answer; absent if there was no whole answer. */
  readonly status?: number;
  /**
   * What the answer said about the failure: `error` and `error_description` (RFC 6749, 5.2), the challenge and the body
   * of a 401, title and detail of problem details (RFC 9457), or the beginning of the body; absent if it said nothing,
   * or if it may hold a token.
   */
  readonly said?: string;
}

export interface FailedRequest {
  /**
   * `cluster`: GET of the topology. `token_endpoint`: POST to the configured one. `issuer`: discovery, where `url` is
   * the issuer. `discovered_token_endpoint`: POST to the one that the issuer names.
   */
  readonly to: 'cluster' | 'token_endpoint' | 'issuer' | 'discovered_token_endpoint';
  /** Without the query of a token endpoint, which may hold keys. */
  readonly url: string;
}

/** Tells apart the situations that have sentences of their own, with the facts that only they have. */
export type FailureProblem =
  | Unanswered
  | AccessRefused
  | TokenRefused
  | NoTopology
  | NoTokenResponse
  | TokenRequestRefused
  | NoOpenIdConfiguration
  /** `location` is empty if the answer names none. */
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'unreadable_body'; readonly body: UnreadableBody }
  | NoRequest;

/** The cluster answered 401 without a token, or 403. */
export type AccessRefused =
  | { readonly kind: 'no_credentials' }
  | { readonly kind: 'password_refused'; readonly username: string }
  | { readonly kind: 'forbidden' };

/** The cluster, or what is in front of it, answered with something else than a topology. */
export type NoTopology =
  | { readonly kind: 'not_found' }
  | { readonly kind: 'rate_limited' }
  | { readonly kind: 'http_status' }
  | { readonly kind: 'content_type'; readonly contentType: string }
  /** `mismatch` names the place in the answer, what was expected there and what was found. */
  | { readonly kind: 'not_a_topology'; readonly mismatch: string };

/** The token endpoint answered with success, and without a bearer token. */
export interface NoTokenResponse {
  readonly kind: 'no_token';
  readonly contentType: string;
  /** Absent if the answer is no JSON object, or none with status 200. */
  readonly defect?: TokenDefect;
}

/** The issuer answered with success, and without a configuration that names a token endpoint to use. */
export type NoOpenIdConfiguration =
  | { readonly kind: 'no_openid_configuration' }
  | { readonly kind: 'openid_configuration_of_other_issuer'; readonly issuer: string }
  | { readonly kind: 'token_endpoint_without_tls'; readonly tokenEndpoint: string };

/** It is not the failure of a request. */
export type NoRequest =
  /** The poll waited for the token request that another poll had sent. */
  | { readonly kind: 'joined_token_request_unfinished' }
  /** The limit for requests to the identity provider left no time for the token request in this poll. */
  | { readonly kind: 'token_request_waits' }
  | { readonly kind: 'no_room_on_page'; readonly bytes: number; readonly maxBytes: number }
  | { readonly kind: 'nothing_sent' };

/** There was no whole answer. */
export interface Unanswered extends TransportFailure {
  readonly kind: 'unanswered';
}

export interface TransportFailure {
  readonly reason: TransportFailureReason;
  /**
   * Of Node.js (`ECONNREFUSED`, `CERT_HAS_EXPIRED`), OpenSSL (`ERR_SSL_…`) or undici (`UND_ERR_…`); empty if the error
   * has none.
   */
  readonly code: string;
  /** The message of Node.js, OpenSSL or undici, and the code if the message does not have it. */
  readonly cause: string;
  /** Whether the time of the poll ran out, and not that of one phase of the request, such as connecting. */
  readonly isPastDeadline: boolean;
  /** The TLS alert with which the server ended the handshake; absent if it is none that a setting can solve. */
  readonly alert?: TlsAlert;
  /** Absent if the request did not go through a proxy, or certainly failed behind it. */
  readonly proxy?: InvolvedProxy;
}

/**
 * `client_certificate`: the server asks for one, or refuses the one shown. `no_application_protocol`: it speaks HTTP/2
 * only (RFC 7301, 3.2). `protocol_version`: it speaks other versions of TLS only.
 */
export type TlsAlert = 'client_certificate' | 'no_application_protocol' | 'protocol_version';

/** The proxy that requests to a URL go through. */
export interface ProxyInFront {
  /** Host and port, without credentials. */
  readonly address: string;
  /** Where it is configured: in a setting of the cluster, or in variables of the environment. */
  readonly setting: 'proxy_url' | 'HTTP_PROXY' | 'HTTPS_PROXY or HTTP_PROXY';
}

/** The proxy of a failed request. */
export interface InvolvedProxy extends ProxyInFront {
  /** Whether the request failed at the proxy; false where it may as well have failed behind it. */
  readonly isAtFault: boolean;
  /** The status with which the proxy refused the request. */
  readonly status?: number;
}

/** The cluster answered 401 to a token that was issued just now. */
export interface TokenRefused {
  readonly kind: 'token_refused' | 'token_for_another_audience';
  /** The audiences of the token; absent if it is opaque. */
  readonly audiences?: readonly string[];
  readonly configuredAudience?: string;
}

/** The token endpoint, or the issuer, answered with an error: `status` and `said` tell which. */
export interface TokenRequestRefused {
  readonly kind:
    | 'client_refused'
    | 'scope_refused'
    | 'token_request_refused'
    | 'token_requests_limited'
    | 'identity_provider_failed';
  readonly clientAuthentication: ClientAuthenticationMethod;
  /** The scopes that were requested. */
  readonly scopes: readonly string[];
  /** Absent if the body could be read: `said` has its beginning. */
  readonly unreadable?: UnreadableBody;
}

/** Why the body of an answer could not be read as text. */
export interface UnreadableBody {
  readonly why: 'too_large' | 'malformed' | 'unknown_coding';
  /** The `Content-Encoding`; empty if there is none. */
  readonly coding: string;
  readonly maxBytes: number;
}

/** Why a token response has no bearer token that can be sent. */
export type TokenDefect =
  | { readonly kind: 'not_utf8' }
  | { readonly kind: 'no_access_token' }
  | { readonly kind: 'too_long'; readonly length: number; readonly maxLength: number }
  /** `position` is that of the first character that is not visible ASCII, from 1. */
  | { readonly kind: 'not_ascii'; readonly position: number; readonly length: number }
  /** `tokenType` is absent if it is not a short text, and could be the token. */
  | { readonly kind: 'not_bearer'; readonly tokenType?: string };
