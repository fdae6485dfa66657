import { retryAfterOf } from '../auth/token-response.ts';
import { type Clock, withDeadline } from '../clock.ts';
import { connectAuthentication, secretsOfConnection } from '../cluster/connection.ts';
import type { SharedTokens } from '../cluster/shared-tokens.ts';
import { createClusterFilesReader } from '../config/cluster-config.ts';
import type { ClusterConfig, SaasDiscovery } from '../config/config.ts';
import { failureText } from '../failure-text.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { singleLine } from '../redact.ts';
import { createDispatcher } from '../transport/dispatcher.ts';
import { getJson } from '../transport/get-json.ts';
import { type Answer, type Reply, unreadableBody } from '../transport/reply.ts';
import { checkAddress, isReadable, parseClusters, type SaasEntry } from './saas-cluster.ts';

export type ClustersAnswer =
  | { readonly ok: true; readonly entries: readonly SaasEntry[] }
  | {
      readonly ok: false;
      /** One line, without secrets. */
      readonly problem: string;
      /** Milliseconds. */
      readonly retryAfter?: number;
    };

/** The Administration API of Camunda SaaS. */
export interface AdministrationApi {
  /** Returns the clusters of the organization. Never rejects. */
  readonly clusters: (signal: AbortSignal) => Promise<ClustersAnswer>;
  /** Closes every socket, also those in use. */
  readonly close: () => Promise<void>;
}

export interface AdministrationApiOptions {
  readonly sharedTokens: SharedTokens;
  readonly clock: Clock;
}

/** The files that the settings name are read again before each request. No socket is opened before the first one. */
export function connectToAdministrationApi(
  { api, interval }: SaasDiscovery,
  options: AdministrationApiOptions,
): AdministrationApi {
  const readFiles = createClusterFilesReader();
  let config = api;
  let connection = connect(api, interval, options);
  return {
    clusters: async (signal) => {
      const read = await readFiles(config, signal);
      if (!read.ok) return { ok: false, problem: read.problems.join('; ') };
      if (read.cluster !== config) {
        const previous = connection;
        config = read.cluster;
        connection = connect(config, interval, options);
        await previous.close();
      }
      return await withDeadline(config.pollTimeout, signal, connection.request);
    },
    close: () => connection.close(),
  };
}

interface Connection {
  readonly request: (signal: AbortSignal) => Promise<ClustersAnswer>;
  readonly close: () => Promise<void>;
}

function connect(
  config: ClusterConfig,
  interval: number,
  { sharedTokens, clock }: AdministrationApiOptions,
): Connection {
  const { address, transport, pollTimeout, settingNames } = config;
  const url = new URL('clusters', address);
  const secrets = secretsOfConnection(config);
  const dispatcher = createDispatcher(transport, pollTimeout);
  const { authenticator, close } = connectAuthentication({ ...config, pollInterval: interval }, sharedTokens);
  return {
    request: async (signal) => {
      const get = (headers: Readonly<Record<string, string>>) =>
        getJson({ url, headers, secrets, dispatcher, transport, signal });
      const { reply, failure } = await authenticator.authenticate(get, signal);
      if (reply) return read(reply, config, clock);
      return { ok: false, problem: failure ? sentenceOf(failureText(failure, settingNames)) : 'no request was sent' };
    },
    close: async () => {
      await Promise.all([dispatcher.destroy(), close()]);
    },
  };
}

function read(reply: Reply, { settingNames }: ClusterConfig, clock: Clock): ClustersAnswer {
  if (reply.kind === 'no_answer') {
    const { url, problem } = reply;
    const failure = { reason: problem.reason, problem, request: { to: 'cluster', url: url.href } } as const;
    return { ok: false, problem: sentenceOf(failureText(failure, settingNames)) };
  }
  const { url, status, body, masked, retryAfter } = reply;
  const answered = `GET ${url.href} answered ${status}`;
  if (status !== 200) {
    const said = singleLine(masked(body));
    const problem = `${answered}${said === '' ? '' : `: ${said}`}; ${remedyFor(reply)}`;
    return { ok: false, problem, ...omitUndefined({ retryAfter: retryAfterOf(retryAfter, clock.now()) }) };
  }
  const defect = defectOf(reply);
  if (defect !== undefined) return { ok: false, problem: `${answered}: ${defect}; ${checkAddress}` };
  const parsed = parseClusters(body, masked);
  if (!parsed.ok) return { ok: false, problem: `${answered}: ${parsed.problem}` };
  const explained = (entry: SaasEntry): SaasEntry =>
    isReadable(entry) ? entry : { ...entry, problem: `${answered}: ${entry.problem}; ${unreadableRemedy}` };
  return { ok: true, entries: parsed.entries.map(explained) };
}

const unreadableRemedy = 'use a newer version of the exporter; if it cannot read this either, please report it';

/** Returns what to do about a status that is not 200. */
function remedyFor({ status, location, masked }: Answer): string {
  if (status >= 300 && status < 400) {
    return `redirects are not followed (to ${singleLine(masked(location)) || 'nowhere'}); ${checkAddress}`;
  }
  if (status === 401 || status === 403) {
    return (
      'the client in discovery.saas.oauth2 must be one of the Administration API of the organization, with the scope ' +
      'Cluster (read)'
    );
  }
  if (status === 429) return 'raise discovery.saas.refresh_interval';
  if (status < 500) return checkAddress;
  return 'the exporter asks again after refresh_interval; if this lasts, see the status page of Camunda SaaS';
}

/** Returns why the body of an answer cannot be read as JSON. */
function defectOf(answer: Answer): string | undefined {
  const { contentType, isUtf8, masked } = answer;
  if (!/^application\/json\s*(;|$)/i.test(contentType)) {
    return `expected JSON, got the content type "${singleLine(masked(contentType))}"`;
  }
  if (unreadableBody(answer)) return 'expected a readable body of at most 16 MiB, got another one';
  return isUtf8 ? undefined : 'expected UTF-8, got other bytes';
}

function sentenceOf({ message, remedy }: ReturnType<typeof failureText>): string {
  return `${message}; ${remedy}`;
}
