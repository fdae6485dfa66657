import { EnvHttpProxyAgent, fetch } from 'undici';
import { expect } from 'vitest';
import type { ClusterConfig, OAuth2Config, TransportConfig } from '../../../src/config/config.ts';

/** An answer of `GET topology`, as Camunda documents it. Fields that a version does not have are absent. */
export interface Answer {
  readonly brokers?: readonly AnswerBroker[] | null;
  readonly clusterSize: number;
  readonly partitionsCount: number;
  readonly replicationFactor: number;
  readonly gatewayVersion?: string;
}

export interface AnswerBroker {
  readonly nodeId: number;
  readonly brokerId?: string;
  readonly host: string;
  readonly port: number;
  readonly version: string;
  readonly partitions: readonly AnswerReplica[];
}

export interface AnswerReplica {
  readonly partitionId: number;
  readonly role: string;
  readonly health: string | null;
  readonly state?: string;
}

/** Requests the topology from the cluster with the exporter's settings, but without its client, tokens and parser. */
export async function askForTopology(cluster: ClusterConfig): Promise<Answer> {
  const headers = { ...opened(cluster.headers), ...(await authorization(cluster)) };
  const versions = cluster.apiVersion === 'auto' ? (['v1', 'v2'] as const) : [cluster.apiVersion];
  const dispatcher = agentFor(cluster.transport);
  let answer: Awaited<ReturnType<typeof fetch>> | undefined;
  for (const version of versions) {
    answer = await fetch(new URL(`${version}/topology`, cluster.address), { headers, dispatcher, redirect: 'manual' });
    if (answer.status !== 404) break;
  }
  expect(answer?.status, `the status of ${answer?.url}`).toBe(200);
  return (await answer?.json()) as Answer;
}

async function authorization({ authentication }: ClusterConfig): Promise<Readonly<Record<string, string>>> {
  switch (authentication.method) {
    case 'none':
      return {};
    case 'basic': {
      const credentials = `${authentication.username}:${authentication.password.open()}`;
      return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
    }
    case 'oauth2':
      return { authorization: `Bearer ${await requestToken(authentication)}` };
  }
}

async function requestToken(config: OAuth2Config): Promise<string> {
  const { clientAuthentication } = config;
  if (clientAuthentication.method !== 'client_secret_post') {
    throw new Error(
      `This test sends the secret in the form only (client_secret_post), not ${clientAuthentication.method}`,
    );
  }
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: config.clientId,
    client_secret: clientAuthentication.secret.open(),
    ...(config.audience !== undefined && { audience: config.audience }),
    ...(config.scopes.length > 0 && { scope: config.scopes.join(' ') }),
    ...(config.resource !== undefined && { resource: config.resource }),
    ...opened(config.endpointParams),
  });
  const dispatcher = agentFor(config.transport);
  const answer = await fetch(await tokenUrl(config), { method: 'POST', body, dispatcher, redirect: 'manual' });
  expect(answer.status, 'the status of the token endpoint').toBe(200);
  return ((await answer.json()) as { access_token: string }).access_token;
}

async function tokenUrl({ endpoint, transport }: OAuth2Config): Promise<string> {
  if ('tokenUrl' in endpoint) return endpoint.tokenUrl.href;
  const issuer = endpoint.issuerUrl.href.replace(/\/$/, '');
  const document = await fetch(`${issuer}/.well-known/openid-configuration`, { dispatcher: agentFor(transport) });
  expect(document.status, 'the status of the discovery document').toBe(200);
  return ((await document.json()) as { token_endpoint: string }).token_endpoint;
}

function agentFor({ tls, proxyUrl }: TransportConfig): EnvHttpProxyAgent {
  const options = {
    rejectUnauthorized: !tls.insecureSkipVerify,
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.cert !== undefined && tls.key !== undefined && { cert: tls.cert, key: tls.key.open() }),
    ...(tls.serverName !== undefined && { servername: tls.serverName }),
  };
  const proxy = proxyUrl && { httpProxy: proxyUrl.open(), httpsProxy: proxyUrl.open() };
  return new EnvHttpProxyAgent({ connect: options, requestTls: options, ...proxy });
}

function opened(secrets: ClusterConfig['headers']): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, secret.open()]));
}
