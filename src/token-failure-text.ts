import type { ClientAuthenticationMethod } from './config/client-authentication-config.ts';
import type { SettingNames } from './config/config.ts';
import type { NoOpenIdConfiguration, NoTokenResponse, TokenDefect, TokenRequestRefused } from './failure.ts';

/** A failure in words: sentences without capital and full stop. */
export interface FailureText {
  /** What was expected and what was found. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** What the sentences about an answer have in common. */
export interface AnswerPhrases {
  /** `POST https://… answered 400`. */
  readonly answered: string;
  /** What the answer said, after a colon; empty if it said nothing. */
  readonly said: string;
  /** `check oauth2.token_url`: names the setting that holds the address. */
  readonly checkAddress: string;
}

export function noToken({ contentType, defect }: NoTokenResponse, phrases: AnswerPhrases): FailureText {
  const found = defect && tokenDefect(defect);
  return {
    message:
      `${phrases.answered} with content type ${JSON.stringify(contentType)}, but not with a bearer token` +
      (found ? `: ${found.message}` : ''),
    remedy: found?.remedy ?? phrases.checkAddress,
  };
}

/** There is no remedy if the answer is that of something else than a token endpoint. */
function tokenDefect(defect: TokenDefect): Partial<FailureText> & Pick<FailureText, 'message'> {
  switch (defect.kind) {
    case 'not_utf8':
      return { message: 'it is not UTF-8' };
    case 'no_access_token':
      return { message: 'it has no access_token' };
    case 'too_long':
      return {
        message: `its access_token has ${defect.length} characters, expected at most ${defect.maxLength}`,
        remedy: 'let the identity provider put less into the token: fewer roles, groups or audiences of this client',
      };
    case 'not_ascii': {
      const { position, length } = defect;
      return {
        message: `its access_token has a character at position ${position} of ${length} that is not visible ASCII`,
        remedy: 'let the identity provider issue tokens that a header can carry (RFC 6750, 2.1)',
      };
    }
    case 'not_bearer': {
      const { tokenType } = defect;
      const found = tokenType === undefined ? 'not a short text' : JSON.stringify(tokenType);
      return {
        message: `its token_type is ${found}, expected Bearer`,
        remedy: 'let the identity provider issue bearer tokens to this client (RFC 6750)',
      };
    }
  }
}

export function tokenRequestRefused(
  { kind, scopes, clientAuthentication }: TokenRequestRefused,
  { answered, said, checkAddress }: AnswerPhrases,
  names: SettingNames,
): FailureText {
  const message = `${answered}${said}`;
  switch (kind) {
    case 'client_refused':
      return { message, remedy: checkClient(clientAuthentication, names) };
    case 'scope_refused':
      return {
        message: `${message}; asked for scope ${JSON.stringify(scopes.join(' '))}`,
        remedy: `check ${names['oauth2.scopes']}; Microsoft Entra ID expects <application id>/.default`,
      };
    case 'token_request_refused':
      return { message, remedy: `${checkAddress}, and ${names['oauth2.audience']}` };
    case 'token_requests_limited':
      return { message, remedy: 'let fewer clients ask for tokens from this address' };
    case 'identity_provider_failed':
      return { message, remedy: "see the identity provider's own log" };
  }
}

export function tokenRequestWaits(names: SettingNames): FailureText {
  return {
    message:
      'the token request did not get its turn in time: the exporter limits the requests to this identity provider, ' +
      'and others came first',
    remedy:
      'wait: the request stays in the queue; if this lasts, let several clusters use one client, or raise ' +
      `${names['oauth2.token_requests_per_second']} if the identity provider allows it`,
  };
}

function checkClient(method: ClientAuthenticationMethod, names: SettingNames): string {
  const check = `check ${names['oauth2.client_id']} and`;
  switch (method) {
    case 'client_secret_post':
    case 'client_secret_basic':
      return (
        `${check} ${names['oauth2.client_secret']}: the secret may have expired or been replaced, or the client may ` +
        'not use client credentials'
      );
    case 'private_key_jwt':
      return (
        `${check} ${names['oauth2.client_certificate_key_file']}: the identity provider must know the public key or ` +
        'its certificate, the key id and the algorithm, both clocks must be right, and the client must be allowed ' +
        'client credentials'
      );
    case 'tls_client_auth':
      return (
        `${check} ${names['oauth2.tls_config.cert_file']}: the identity provider must know the certificate as that ` +
        'of the client, and the client must be allowed client credentials'
      );
  }
}

export function noOpenIdConfiguration(
  problem: NoOpenIdConfiguration,
  { answered }: AnswerPhrases,
  names: SettingNames,
): FailureText {
  return {
    message: `${answered}${insteadOfConfiguration(configurationFound(problem))}`,
    remedy:
      `set ${names['oauth2.issuer_url']} to the issuer exactly as the identity provider names it, or ` +
      `${names['oauth2.token_url']} instead`,
  };
}

export function insteadOfConfiguration(found: string): string {
  return `, expected its OpenID configuration with a token_endpoint, got ${found}`;
}

function configurationFound(problem: NoOpenIdConfiguration): string {
  switch (problem.kind) {
    case 'no_openid_configuration':
      return 'no such document';
    case 'openid_configuration_of_other_issuer':
      return `a document of issuer ${problem.issuer}`;
    case 'token_endpoint_without_tls':
      return `one that has https at the issuer and not at the token_endpoint ${problem.tokenEndpoint}`;
  }
}
