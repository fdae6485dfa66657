import { describe, expect, it } from 'vitest';
import type { Failure, FailureProblem } from '../src/failure.ts';
import { failureText } from '../src/failure-text.ts';
import { onlyCluster } from './config/loading.ts';
import { told } from './failure-texts.ts';

const client = { clientAuthentication: 'client_secret_post', scopes: ['zeebe'] } as const;
const unanswered = {
  kind: 'unanswered',
  reason: 'connect',
  code: '',
  cause: 'refused',
  isPastDeadline: false,
} as const;

/** One problem of each kind. */
const problems: { readonly [Kind in FailureProblem['kind']]: FailureProblem & { readonly kind: Kind } } = {
  unanswered,
  no_credentials: { kind: 'no_credentials' },
  password_refused: { kind: 'password_refused', username: 'demo' },
  forbidden: { kind: 'forbidden' },
  token_refused: { kind: 'token_refused', audiences: ['zeebe'], configuredAudience: 'zeebe' },
  token_for_another_audience: { kind: 'token_for_another_audience' },
  not_found: { kind: 'not_found' },
  redirect: { kind: 'redirect', location: '' },
  rate_limited: { kind: 'rate_limited' },
  http_status: { kind: 'http_status' },
  content_type: { kind: 'content_type', contentType: 'text/html' },
  unreadable_body: { kind: 'unreadable_body', body: { why: 'malformed', coding: 'gzip', maxBytes: 1 } },
  not_a_topology: { kind: 'not_a_topology', mismatch: 'brokers: expected a list, got 7' },
  no_token: { kind: 'no_token', contentType: 'text/html' },
  client_refused: { kind: 'client_refused', ...client },
  scope_refused: { kind: 'scope_refused', ...client },
  token_request_refused: { kind: 'token_request_refused', ...client },
  token_requests_limited: { kind: 'token_requests_limited', ...client },
  identity_provider_failed: { kind: 'identity_provider_failed', ...client },
  no_openid_configuration: { kind: 'no_openid_configuration' },
  openid_configuration_of_other_issuer: { kind: 'openid_configuration_of_other_issuer', issuer: 'https://other' },
  token_endpoint_without_tls: { kind: 'token_endpoint_without_tls', tokenEndpoint: 'http://identity.test/token' },
  joined_token_request_unfinished: { kind: 'joined_token_request_unfinished' },
  token_request_waits: { kind: 'token_request_waits' },
  no_room_on_page: { kind: 'no_room_on_page', bytes: 2e6, maxBytes: 1e6 },
  nothing_sent: { kind: 'nothing_sent' },
};

const url = 'https://identity.test/token';

describe('the text of a failure', () => {
  it.each(Object.values(problems))('has a message and a remedy without gaps: $kind', (problem) => {
    for (const to of ['cluster', 'token_endpoint', 'issuer', 'discovered_token_endpoint'] as const) {
      const { message, remedy } = told({ reason: 'other', problem, request: { to, url }, status: 500 });
      for (const text of [message, remedy]) expect(text).toMatch(/^(?!.*undefined)[^\r\n]+[^.]$/);
    }
  });

  it.each([
    ['cluster', 'GET'],
    ['token_endpoint', 'POST'],
    ['discovered_token_endpoint', 'POST'],
    ['issuer', 'discovery from issuer'],
  ] as const)('names what was asked: %s', (to, words) => {
    expect(told({ reason: 'other', problem: unanswered, request: { to, url } }).message).toBe(
      `${words} ${url} failed: refused`,
    );
  });

  it('quotes what the answer said', () => {
    const failure = { reason: 'other', request: { to: 'token_endpoint', url }, status: 400, said: 'no' } as const;
    expect(told({ ...failure, problem: problems.client_refused }).message).toBe(`POST ${url} answered 400: no`);
  });
});

describe('a remedy names the setting', () => {
  const env = {
    CAMUNDA_REST_ADDRESS: 'http://zeebe:8080',
    ZEEBE_CLIENT_ID: 'exporter',
    CAMUNDA_CLIENT_SECRET: 'opensesame',
    ZEEBE_AUTHORIZATION_SERVER_URL: 'https://identity.test/token',
  };
  const { settingNames } = onlyCluster({ env });
  const remedyOf = (failure: Pick<Failure, 'problem' | 'request'>) =>
    failureText({ reason: 'other', ...failure }, settingNames).remedy;

  it('by the variable that sets it', () => {
    const request = { to: 'token_endpoint', url } as const;
    expect(remedyOf({ problem: problems.client_refused, request })).toMatch(
      /^check ZEEBE_CLIENT_ID and CAMUNDA_CLIENT_SECRET: /,
    );
    expect(remedyOf({ problem: problems.no_token, request })).toBe('check ZEEBE_AUTHORIZATION_SERVER_URL');
    expect(remedyOf({ problem: problems.not_a_topology, request: { to: 'cluster', url } })).toBe(
      'check the host and the path in CAMUNDA_REST_ADDRESS',
    );
  });

  it('by a variable that could set it', () => {
    expect(remedyOf({ problem: problems.rate_limited, request: { to: 'cluster', url } })).toBe(
      'poll less often: raise ZEEBE_POLL_INTERVAL',
    );
  });

  it('by its key, where no variable sets it', () => {
    const problem = { ...unanswered, alert: 'no_application_protocol' } as const;
    expect(remedyOf({ problem, request: { to: 'cluster', url } })).toBe(
      'the cluster speaks only HTTP/2: set enable_http2 in a configuration file (no variable sets it) to true',
    );
  });

  it('by its key, for a cluster of a configuration file', () => {
    expect(told({ reason: 'other', problem: problems.client_refused }).remedy).toMatch(
      /^check oauth2.client_id and oauth2.client_secret: /,
    );
  });

  it.each([
    ['issuer', 'oauth2.issuer_url'],
    ['discovered_token_endpoint', 'oauth2.issuer_url'],
    ['token_endpoint', 'oauth2.token_url'],
  ] as const)('that led to the %s', (to, setting) => {
    expect(told({ reason: 'other', problem: problems.no_token, request: { to, url } }).remedy).toBe(`check ${setting}`);
  });
});
