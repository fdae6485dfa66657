import type { OAuth2Config } from '../config/config.ts';
import type { AuthFailureReason, Failure } from '../failure.ts';
import { failureText } from '../failure-text.ts';
import { singleLine } from '../redact.ts';
import type { Answer } from '../transport/reply.ts';
import { clientNames, isEntra, isKeycloak, isSaasCluster, tokenEndpoint } from './check-target.ts';
import { proxyBefore } from './diagnose-connection.ts';
import type { Diagnosis, Target, TokenFacts } from './steps.ts';
import { sentence } from './text-report.ts';

/** The cluster refused: no credentials, those of another kind, or the wrong ones. */
export function authenticationTrouble(
  failure: Failure<AuthFailureReason>,
  answer: Answer,
  target: Target,
  token: TokenFacts | undefined,
): Diagnosis {
  const { reason } = failure;
  const wanted = wantedBy(answer, target);
  switch (reason) {
    case 'authentication_required':
      return {
        problem: `The cluster asks for ${wanted ?? 'credentials'}, and no credentials are set.`,
        change: `Set ${namesFor(wanted, target)}.`,
      };
    case 'credentials_rejected':
      return wanted === aToken
        ? {
            problem: 'The cluster asks for a token (OIDC), and a user name and password are set (Basic).',
            change: `Set ${namesFor(aToken, target)} instead of ${namesFor(aPassword, target)}.`,
          }
        : {
            problem: 'The cluster does not accept this user name and password.',
            change: `Correct ${namesFor(aPassword, target)}.`,
          };
    case 'token_rejected':
    case 'audience_mismatch':
      return wanted === aPassword
        ? {
            problem: 'The cluster asks for a user name and password (Basic), and was sent a token (OIDC).',
            change: `Set ${namesFor(aPassword, target)} instead of ${namesFor(aToken, target)}.`,
          }
        : tokenTrouble(reason, answer, target, token);
    case 'forbidden':
      return {
        problem:
          'The cluster, or what stands in front of it, knows who asks and does not allow it to read (403)' +
          (token ? ', though the token was issued just now.' : '.'),
        change: `Give ${whoAsks(target)} the right to read the cluster, or check ${mayForbid(target)} in front of it.`,
      };
    default: {
      const { message, remedy } = failureText(failure, target.config.settingNames);
      return { problem: sentence(message), change: sentence(remedy) };
    }
  }
}

const aToken = 'a token (OIDC)';
const aPassword = 'a user name and password (Basic)';
type Wanted = typeof aToken | typeof aPassword;

/** What the refusal asks for, where it tells. Zeebe 8.5 to 8.7 call what is not a token a bad JWT. */
function wantedBy({ wwwAuthenticate, body }: Answer, { config }: Target): Wanted | undefined {
  const basic = /\bbasic\b/i.test(wwwAuthenticate);
  const bearer = /\bbearer\b/i.test(wwwAuthenticate) || /\bjwt\b/i.test(body) || isSaasCluster(config.address);
  return basic === bearer ? undefined : basic ? aPassword : aToken;
}

function namesFor(wanted: Wanted | undefined, target: Target): string {
  const { name } = target.origin;
  const password = `${name('basic_auth.username')} and ${name('basic_auth.password')}`;
  const token = clientNames(target);
  if (wanted === undefined) return `${password}, or ${token}, whichever the cluster asks for`;
  return wanted === aToken ? token : password;
}

function whoAsks({ config: { authentication }, origin }: Target): string {
  switch (authentication.method) {
    case 'none':
      return 'a client without credentials';
    case 'basic':
      return `the user of ${origin.name('basic_auth.username')}`;
    case 'oauth2':
      return `the client of ${origin.name('oauth2.client_id')}`;
  }
}

/** What else answers 403. A tunnel is refused in other words. */
function mayForbid(target: Target): string {
  const { address, transport } = target.config;
  const proxy = address.protocol === 'http:' ? proxyBefore({ url: address, transport }, target) : undefined;
  return proxy === undefined ? 'the ingress or firewall' : `${proxy}, or the ingress or firewall`;
}

/** The token is new: it is for somebody else, from somebody else, or the clocks are wrong. */
function tokenTrouble(
  reason: AuthFailureReason,
  answer: Answer,
  target: Target,
  token: TokenFacts | undefined,
): Diagnosis {
  const { name } = target.origin;
  const answered = `${answer.wwwAuthenticate} ${answer.body}`;
  if (/expired|not active yet|used before/i.test(answered)) {
    return {
      problem:
        'The cluster takes a new token for one that is not valid now: its clock is not that of the identity provider.',
      change: `Set the clocks of both. If they are right, give the tokens of ${name('oauth2.client_id')} a longer life.`,
    };
  }
  if (isSaasCluster(target.config.address)) {
    return {
      problem: "Camunda's SaaS does not let this client into this cluster.",
      change:
        `Check the cluster id in ${name('address')}, and that the client of ${name('oauth2.client_id')} was made in the ` +
        'API tab of this very cluster, with the right to use its REST API.',
    };
  }
  return reason === 'audience_mismatch'
    ? audienceTrouble(answer, answered, target, token)
    : issuerTrouble(target, token);
}

function audienceTrouble(answer: Answer, answered: string, target: Target, token: TokenFacts | undefined): Diagnosis {
  const expected = /expected at least one of \[([^\]]*)\]/.exec(answered)?.[1];
  const { authentication } = target.config;
  const wanted =
    expected !== undefined
      ? JSON.stringify(singleLine(answer.masked(expected)))
      : authentication.method === 'oauth2' && authentication.audience !== undefined
        ? JSON.stringify(authentication.audience)
        : undefined;
  const audiences = token?.audiences?.map((audience) => JSON.stringify(audience)).join(', ');
  return {
    problem:
      `The token is for ${audiences === undefined || audiences === '' ? 'no audience that can be seen' : `the audience ${audiences}`}, ` +
      `and the cluster wants it to be for ${wanted ?? 'another one'}.`,
    change: howToSetAudience(target, wanted ?? 'the audience that the cluster wants'),
  };
}

/** Each kind of identity provider has its own way. */
function howToSetAudience({ config: { authentication }, origin }: Target, wanted: string): string {
  if (authentication.method !== 'oauth2') return '';
  const { clientId, endpoint } = authentication;
  const url = 'tokenUrl' in endpoint ? endpoint.tokenUrl : endpoint.issuerUrl;
  if (isKeycloak(url)) {
    return (
      `In Keycloak, give the client ${JSON.stringify(clientId)} an audience mapper for ${wanted}: ` +
      `Keycloak does not heed ${origin.name('oauth2.audience')}.`
    );
  }
  if (isEntra(url)) return `Set ${origin.name('oauth2.scopes')} to <application id of the cluster>/.default.`;
  return `Set ${origin.name('oauth2.audience')} to ${wanted}.`;
}

function issuerTrouble({ config: { authentication }, origin }: Target, token: TokenFacts | undefined): Diagnosis {
  const key =
    authentication.method === 'oauth2' && 'issuerUrl' in authentication.endpoint
      ? 'oauth2.issuer_url'
      : 'oauth2.token_url';
  const from = token?.issuer === undefined ? '' : ` It comes from ${token.issuer}.`;
  return {
    problem: `The cluster does not trust this token, new as it is.${from}`,
    change:
      `Check that ${origin.name(key)} is of the identity provider that the cluster itself is set up with. A cluster that ` +
      'asks for a user name and password refuses tokens in the same way.',
  };
}

/** What cannot work, whoever answers; undefined where nothing is known against it. */
export function settingsTrouble(target: Target): Diagnosis | undefined {
  const { authentication } = target.config;
  return saasTrouble(target) ?? (authentication.method === 'oauth2' ? scopeTrouble(target, authentication) : undefined);
}

function saasTrouble({ config, origin }: Target): Diagnosis | undefined {
  const { hostname, pathname } = config.address;
  if (!isSaasCluster(config.address) || pathname !== '/') return undefined;
  // The address for gRPC has the cluster's id before the region.
  const [, id = '<cluster id>', region = hostname] = /^([\da-f]{8}-[\da-f-]+)\.(.+)$/.exec(hostname) ?? [];
  return {
    problem: `The address of a cluster of Camunda's SaaS has the cluster's id behind the host, and this one has nothing there.`,
    change:
      `Set ${origin.name('address')} to https://${region}/${id}.` +
      (id.startsWith('<') ? " The cluster's API tab in Camunda's console shows the id." : ''),
  };
}

function scopeTrouble(target: Target, oauth2: OAuth2Config): Diagnosis | undefined {
  if (!isEntra(tokenEndpoint(target, oauth2).url)) return undefined;
  return oauth2.scopes.some((scope) => scope.endsWith('/.default')) ? undefined : entraScopeTrouble(target, oauth2);
}

export function entraScopeTrouble({ origin }: Target, { scopes }: OAuth2Config): Diagnosis {
  const found = scopes.length === 0 ? 'none is set' : `this is ${JSON.stringify(scopes.join(' '))}`;
  return {
    problem: `Microsoft Entra ID wants a scope that ends with /.default, and ${found}.`,
    change: `Set ${origin.name('oauth2.scopes')} to <application id of the cluster>/.default.`,
  };
}
