import type { SettingNames } from './config/config.ts';
import type { AccessRefused, Failure, TokenRefused } from './failure.ts';
import { singleLine } from './redact.ts';
import { tenantCredentials } from './tenant-failure-text.ts';
import type { AnswerPhrases, FailureText } from './token-failure-text.ts';

/** Makes the sentences for a 401 without a token, and for a 403. */
export function accessRefused(
  problem: AccessRefused,
  { request }: Failure,
  { answered }: AnswerPhrases,
  names: SettingNames,
): FailureText {
  const password = `${names['basic_auth.username']} and ${names['basic_auth.password']}`;
  const client = `${names['oauth2.client_id']} and ${names['oauth2.client_secret']}`;
  const ofTenant = tenantCredentials(request);
  const withTenant = (remedy: string) => (ofTenant === '' ? remedy : `${remedy}; ${ofTenant}`);
  switch (problem.kind) {
    case 'no_credentials':
      return {
        message: 'the cluster answered 401 and no credentials are set',
        remedy: withTenant(`set ${password}, or ${client}, depending on what the cluster asks for`),
      };
    case 'password_refused':
      return {
        message: `the cluster answered 401 to the user name ${JSON.stringify(problem.username)} and its password`,
        remedy: withTenant(
          `check ${password}; a cluster that asks for OIDC refuses every password: set ${client} instead`,
        ),
      };
    case 'forbidden':
      return {
        message: answered,
        remedy: withTenant(
          'the cluster does not allow this client to read the topology: grant it access, or check the ingress or ' +
            'firewall in front of the cluster',
        ),
      };
  }
}

/** Makes the sentences for a 401 to a new token. */
export function tokenRefused(
  { kind, audiences, configuredAudience }: TokenRefused,
  { request }: Failure,
  { said }: AnswerPhrases,
  names: SettingNames,
): FailureText {
  const has =
    audiences === undefined ? 'unknown audiences (it is opaque)' : `audiences ${singleLine(JSON.stringify(audiences))}`;
  const configured =
    configuredAudience === undefined ? 'none is configured' : `configured is ${JSON.stringify(configuredAudience)}`;
  const answer = said === '' ? '' : `; the cluster said${said}`;
  const ofTenant = tenantCredentials(request);
  const remedy =
    kind === 'token_for_another_audience'
      ? 'the identity provider must put the audience that the cluster expects into the token: set ' +
        `${names['oauth2.audience']}, in Keycloak an audience mapper on the client, in Entra ID ` +
        `${names['oauth2.scopes']} to <application id>/.default`
      : 'check that the cluster trusts this identity provider (issuer, signing keys) and that both clocks are right';
  return {
    message: `the cluster answered 401 to a new token; the token has ${has}, ${configured}${answer}`,
    remedy: ofTenant === '' ? remedy : `${remedy}; ${ofTenant}`,
  };
}
