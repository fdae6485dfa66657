import { identityProviderUrl, type OAuth2Config } from '../config/config.ts';
import type { Failure } from '../failure.ts';
import { singleLine } from '../redact.ts';
import { tenantCredentials } from '../tenant-failure-text.ts';
import type { Answer } from '../transport/reply.ts';
import { clientNames, isEntra, isKeycloak, isSaasCluster, type Target, tokenEndpoint } from './check-target.ts';
import { diagnosisOf, proxyBefore } from './diagnose-connection.ts';
import { type Diagnosis, type TokenFacts, upperFirst, withFullStop } from './steps.ts';

/** The cluster answered 401 or 403: no credentials, the wrong kind of them, wrong ones, or missing permissions. */
export function diagnoseAuthentication(
  failure: Failure,
  answer: Answer,
  target: Target,
  token: TokenFacts | undefined,
): Diagnosis {
  const { problem, change } = diagnoseCredentials(failure, answer, target, token);
  const ofTenant = tenantCredentials(failure.request);
  return { problem, change: ofTenant === '' ? change : `${change} ${upperFirst(withFullStop(ofTenant))}` };
}

function diagnoseCredentials(
  failure: Failure,
  answer: Answer,
  target: Target,
  token: TokenFacts | undefined,
): Diagnosis {
  const required = requiredBy(answer, target);
  switch (failure.problem.kind) {
    case 'no_credentials':
      return {
        problem: `The cluster requires ${required ?? 'credentials'}, but no credentials are set.`,
        change: `Set ${namesFor(required, target)}.`,
      };
    case 'password_refused':
      return required === aToken
        ? wrongKindDiagnosis(aToken, `${aPassword} are set`, target)
        : {
            problem: 'The cluster rejected the user name and password.',
            change: `Correct ${namesFor(aPassword, target)}.`,
          };
    case 'token_refused':
    case 'token_for_another_audience':
      return required === aPassword
        ? wrongKindDiagnosis(aPassword, `was sent ${aToken}`, target)
        : diagnoseToken(failure, answer, target, token);
    case 'forbidden':
      return forbiddenDiagnosis(target, token);
    default:
      return diagnosisOf(failure, target);
  }
}

const aToken = 'a token (OIDC)';
const aPassword = 'a user name and password (Basic)';
type Required = typeof aToken | typeof aPassword;

/** The kind of credentials that the answer names, if any. Zeebe 8.5 to 8.7 report a password as a bad JWT. */
function requiredBy({ wwwAuthenticate, body }: Answer, { config }: Target): Required | undefined {
  const basic = /\bbasic\b/i.test(wwwAuthenticate);
  const bearer = /\bbearer\b/i.test(wwwAuthenticate) || /\bjwt\b/i.test(body) || isSaasCluster(config.address);
  return basic === bearer ? undefined : basic ? aPassword : aToken;
}

function wrongKindDiagnosis(required: Required, actual: string, target: Target): Diagnosis {
  const other = required === aToken ? aPassword : aToken;
  return {
    problem: `The cluster requires ${required}, but ${actual}.`,
    change: `Set ${namesFor(required, target)} instead of ${namesFor(other, target)}.`,
  };
}

function namesFor(required: Required | undefined, target: Target): string {
  const { settingNames } = target.config;
  const password = `${settingNames['basic_auth.username']} and ${settingNames['basic_auth.password']}`;
  const token = clientNames(target);
  if (required === undefined) return `${password}, or ${token}, depending on what the cluster requires`;
  return required === aToken ? token : password;
}

function forbiddenDiagnosis(target: Target, token: TokenFacts | undefined): Diagnosis {
  return {
    problem:
      'The cluster, or a proxy in front of it, does not permit this client to read the topology (403)' +
      (token ? ', although the token was just issued.' : '.'),
    change: `Grant ${clientOf(target)} permission to read the cluster, or check ${mayForbid(target)} in front of it.`,
  };
}

function clientOf({ config: { authentication, settingNames } }: Target): string {
  switch (authentication.method) {
    case 'none':
      return 'clients without credentials';
    case 'basic':
      return `the user of ${settingNames['basic_auth.username']}`;
    case 'oauth2':
      return `the client of ${settingNames['oauth2.client_id']}`;
  }
}

/** What may answer 403 besides the cluster. A proxy that refuses a tunnel is reported as such. */
function mayForbid(target: Target): string {
  const { address, transport } = target.config;
  const proxy = address.protocol === 'http:' ? proxyBefore({ url: address, transport }, target) : undefined;
  return proxy === undefined ? 'the ingress or firewall' : `${proxy}, or the ingress or firewall`;
}

/** The token was just issued, so its audience or its issuer is wrong, or the clocks differ. */
function diagnoseToken({ problem }: Failure, answer: Answer, target: Target, token: TokenFacts | undefined): Diagnosis {
  const { address, settingNames } = target.config;
  const answered = `${answer.wwwAuthenticate} ${answer.body}`;
  if (/expired|not active yet|used before/i.test(answered)) {
    return {
      problem:
        'The cluster rejected a token that was just issued as expired or not yet valid: its clock differs from that of ' +
        'the identity provider.',
      change:
        'Synchronize the clocks of both. If they are right, increase the lifetime of the tokens of ' +
        `${settingNames['oauth2.client_id']} at the identity provider.`,
    };
  }
  if (isSaasCluster(address)) {
    return {
      problem: 'Camunda SaaS does not accept this client for this cluster.',
      change:
        `Check the cluster id in ${settingNames.address}, and that the client of ${settingNames['oauth2.client_id']} was created in ` +
        'the API tab of this cluster, with access to its REST API.',
    };
  }
  return problem.kind === 'token_for_another_audience'
    ? audienceDiagnosis(answer, answered, target, token)
    : issuerDiagnosis(target, token);
}

function audienceDiagnosis(answer: Answer, answered: string, target: Target, token: TokenFacts | undefined): Diagnosis {
  const expected = /expected at least one of \[([^\]]*)\]/.exec(answered)?.[1];
  const { authentication } = target.config;
  const wanted =
    expected !== undefined
      ? JSON.stringify(singleLine(answer.masked(expected)))
      : authentication.method === 'oauth2' && authentication.audience !== undefined
        ? JSON.stringify(authentication.audience)
        : undefined;
  return {
    problem: `The token has ${audiencesOf(token)}, but the cluster expects ${wanted ?? 'another one'}.`,
    change: howToSetAudience(target, wanted ?? 'the audience that the cluster expects'),
  };
}

function audiencesOf(token: TokenFacts | undefined): string {
  const audiences = token?.audiences?.map((audience) => JSON.stringify(audience)) ?? [];
  if (audiences.length === 0) return 'no visible audience';
  return `the audience${audiences.length === 1 ? '' : 's'} ${audiences.join(', ')}`;
}

/** Identity providers differ in what decides on the audience of a token. */
function howToSetAudience({ config: { authentication, settingNames } }: Target, audience: string): string {
  if (authentication.method !== 'oauth2') return '';
  const { clientId, endpoint } = authentication;
  const url = identityProviderUrl(endpoint);
  if (isKeycloak(url)) {
    return (
      `In Keycloak, add an audience mapper for ${audience} to the client ${JSON.stringify(clientId)}: ` +
      `Keycloak ignores ${settingNames['oauth2.audience']}.`
    );
  }
  if (isEntra(url)) return `Set ${settingNames['oauth2.scopes']} to <application id of the cluster>/.default.`;
  return `Set ${settingNames['oauth2.audience']} to ${audience}.`;
}

function issuerDiagnosis(
  { config: { authentication, settingNames } }: Target,
  token: TokenFacts | undefined,
): Diagnosis {
  const key =
    authentication.method === 'oauth2' && 'issuerUrl' in authentication.endpoint
      ? 'oauth2.issuer_url'
      : 'oauth2.token_url';
  const issuer = token?.issuer === undefined ? '' : ` Its issuer is ${token.issuer}.`;
  return {
    problem: `The cluster rejected a token that was just issued.${issuer}`,
    change:
      `Check that ${settingNames[key]} belongs to the identity provider that the cluster is configured with. A cluster ` +
      'that requires a user name and password rejects tokens in the same way.',
  };
}

/** Finds settings that no server can accept, before any request; undefined if none is known to be wrong. */
export function diagnoseSettings(target: Target): Diagnosis | undefined {
  const { authentication } = target.config;
  return (
    saasAddressDiagnosis(target) ??
    (authentication.method === 'oauth2' ? missingEntraScope(target, authentication) : undefined)
  );
}

function saasAddressDiagnosis({ config }: Target): Diagnosis | undefined {
  const { hostname, pathname } = config.address;
  if (!isSaasCluster(config.address) || pathname !== '/') return undefined;
  // The address for gRPC has the cluster id before the region.
  const [, id = '<cluster id>', region = hostname] = /^([\da-f]{8}-[\da-f-]+)\.(.+)$/.exec(hostname) ?? [];
  return {
    problem: 'The address of a Camunda SaaS cluster has the cluster id as its path, but this address has no path.',
    change:
      `Set ${config.settingNames.address} to https://${region}/${id}.` +
      (id.startsWith('<') ? ` The API tab of the cluster in Camunda Console shows the id.` : ''),
  };
}

function missingEntraScope(target: Target, oauth2: OAuth2Config): Diagnosis | undefined {
  if (!isEntra(tokenEndpoint(target, oauth2).url)) return undefined;
  return oauth2.scopes.some((scope) => scope.endsWith('/.default')) ? undefined : entraScopeDiagnosis(target, oauth2);
}

export function entraScopeDiagnosis({ config }: Target, { scopes }: OAuth2Config): Diagnosis {
  const found = scopes.length === 0 ? 'none is set' : `it is ${JSON.stringify(scopes.join(' '))}`;
  return {
    problem: `Microsoft Entra ID requires a scope that ends with /.default, but ${found}.`,
    change: `Set ${config.settingNames['oauth2.scopes']} to <application id of the cluster>/.default.`,
  };
}
