import type { AuthenticationMethod, ClusterConfig } from '../src/config/config.ts';
import type { StaticLabels } from '../src/config/labels.ts';
import { saasComponents } from '../src/discovery/component-status.ts';
import { clusterFamilies, createClusterRenderer } from '../src/metrics/cluster-renderer.ts';
import { createCounters } from '../src/metrics/counters.ts';
import { clusterLabel, type Family } from '../src/metrics/family.ts';
import {
  createProcessMetrics,
  type ProcessMetrics,
  type ProcessMetricsOptions,
} from '../src/metrics/process-metrics.ts';
import type { PollResult } from '../src/poll/poll.ts';
import { initialState, nextState } from '../src/poll/state.ts';
import type { PartitionGroup, Topology } from '../src/zeebe/topology.ts';
import { textOfLines } from '../test/metrics/pages.ts';

// The definitions of the families do not state their labels, nor when they have no series. Both are derived from pages
// that are rendered here.

export interface Documented extends Family {
  /** By label name, without `zeebe_cluster`: the values of a closed set, or `any`. */
  readonly labels: Readonly<Record<string, readonly string[] | 'any'>>;
  /** The circumstances in which the family has no series. */
  readonly absent: readonly string[];
  /** Whether its series belong to a physical tenant if all of them are polled. */
  readonly isOfTenant: boolean;
}

/** Labels whose values come from the cluster or the build. */
const open = [
  ...['<label>', 'physical_tenant', 'broker', 'partition', 'host', 'port', 'version', 'cluster_id'],
  ...['revision', 'nodejs', 'shard'],
];

const at = Date.UTC(2026, 0, 1);
const authentication: PollResult['authentication'] = {
  up: true,
  token: { obtainedAt: at, expiresAt: at, lifetime: 1 },
  tokenRequests: [{ seconds: 1 }],
};
const group: PartitionGroup = {
  partitionsCount: 1,
  replicationFactor: 1,
  lastCompletedChangeId: 1,
  brokers: [{ id: '0', replicas: [{ partition: 1, role: 'leader', health: 'healthy', state: 'active' }] }],
};
const topology: Topology = {
  clusterSize: 1,
  gatewayVersion: '8.10.0',
  clusterId: 'id',
  brokers: [{ id: '0', host: 'zeebe', port: '26501', version: '8.10.0' }],
  groups: [group],
};
const allTenants: Topology = { ...topology, groups: [{ tenant: 'default', ...group }] };
/** A poll after which every family has series. */
const success = {
  endedAt: at,
  seconds: 1,
  httpStatus: 200,
  outcome: { ok: true, topology, seriesLimit: { series: 19 } },
  authentication,
  certificates: { clusterServer: at, clusterClient: at, tokenServer: at, tokenClient: at },
  filesRead: true,
} as const satisfies PollResult;

const why = { problem: { kind: 'nothing_sent' } } as const;
/** A failed poll that has a token and all other optional fields. */
const refused: PollResult = {
  ...success,
  httpStatus: 401,
  outcome: { ok: false, failure: { reason: 'auth', ...why } },
  authentication: { ...authentication, up: false, failure: { reason: 'token_rejected', ...why } },
};
const withoutToken: PollResult = {
  ...refused,
  authentication: { up: false, failure: { reason: 'invalid_client', ...why }, tokenRequests: [{ seconds: 1 }] },
};
const { httpStatus, ...unanswered }: PollResult = {
  ...success,
  outcome: { ok: false, failure: { reason: 'connect', ...why } },
  authentication: { token: { obtainedAt: at, expiresAt: at, lifetime: 1 }, tokenRequests: [{ seconds: 1 }] },
};

const exceeded = { setting: 'max_series', max: 1 } as const;

interface Circumstance {
  readonly text: string;
  readonly polls: readonly PollResult[];
  readonly method?: AuthenticationMethod;
  readonly labels?: StaticLabels;
  /** Circumstances that include this one. If one of them is listed, this one is omitted. */
  readonly within?: readonly string[];
}

const circumstances: readonly Circumstance[] = [
  {
    text: 'OAuth 2 is not used',
    polls: [{ ...success, authentication: { up: true, tokenRequests: [] } }],
    method: 'basic',
  },
  { text: 'polls fail', polls: [success, refused] },
  { text: 'no poll has succeeded yet', polls: [refused], within: ['polls fail'] },
  {
    text: 'no token has been obtained yet',
    polls: [withoutToken],
    within: ['no poll has succeeded yet', 'polls fail'],
  },
  { text: 'the last poll got no response', polls: [success, unanswered], within: ['polls fail'] },
  {
    text: 'the credentials have not been accepted or rejected yet',
    polls: [unanswered],
    within: ['polls fail', 'no poll has succeeded yet', 'the last poll got no response'],
  },
  {
    text: 'no poll has ended yet',
    polls: [],
    within: [
      'polls fail',
      'no poll has succeeded yet',
      'no token has been obtained yet',
      'the credentials have not been accepted or rejected yet',
    ],
  },
  {
    text: 'the gateway knows no topology',
    polls: [
      success,
      {
        ...success,
        outcome: { ...success.outcome, topology: { gatewayVersion: '8.10.0', brokers: [], groups: [{ brokers: [] }] } },
      },
    ],
  },
  {
    text: 'the response does not contain it',
    polls: [{ ...success, outcome: { ...success.outcome, topology: asToldByOlderOnes(topology) } }],
  },
  {
    text: 'the token does not state it',
    polls: [{ ...success, authentication: { ...authentication, token: { obtainedAt: at } } }],
  },
  { text: 'TLS is not used', polls: [{ ...success, certificates: {} }] },
  { text: 'no setting names a file', polls: [withoutFiles(success)] },
  {
    text: 'the series exceed a limit',
    polls: [{ ...success, outcome: { ...success.outcome, seriesLimit: { series: 19, exceeded } } }],
  },
  { text: 'no limit of series is set', polls: [{ ...success, outcome: { ok: true, topology } }] },
  { text: 'no `labels` are set', polls: [success], labels: {} },
];

function asToldByOlderOnes({ clusterId, groups, ...rest }: Topology): Topology {
  return { ...rest, groups: groups.map(withoutStates) };
}

function withoutStates({ lastCompletedChangeId, brokers, ...rest }: PartitionGroup): PartitionGroup {
  return {
    ...rest,
    brokers: brokers.map(({ id, replicas }) => ({ id, replicas: replicas.map(({ state, ...replica }) => replica) })),
  };
}

function withoutFiles({ filesRead, ...rest }: PollResult): PollResult {
  return rest;
}

export async function documentedFamilies(): Promise<{
  readonly cluster: readonly Documented[];
  readonly exporter: readonly Documented[];
}> {
  const methods = ['oauth2', 'basic', 'none'] as const;
  const complete = await Promise.all(methods.map((method) => clusterLines([success], method)));
  const ofTenants = await clusterLines([{ ...success, outcome: { ...success.outcome, topology: allTenants } }]);
  const others = await Promise.all(
    circumstances.map(async (circumstance) => ({
      ...circumstance,
      lines: await clusterLines(circumstance.polls, circumstance.method, circumstance.labels),
    })),
  );
  const cluster = clusterFamilies.map(({ name, type, help }, index): Documented => {
    const withTenants = ofTenants[index] ?? '';
    const isOfTenant = withTenants.includes('physical_tenant=');
    const usual = complete.map((families) => families[index] ?? '').join('');
    if (usual === '' && withTenants === '')
      throw new Error(
        `${name} has no series on the pages rendered here: add a circumstance to docs/metrics-observed.ts`,
      );
    if (usual === '') {
      return {
        name,
        type,
        help,
        labels: labelsOf(withTenants),
        absent: ['`physical_tenants` is not set', 'polls fail'],
        isOfTenant,
      };
    }
    const absentIn = others.filter((circumstance) => circumstance.lines[index] === '');
    const texts = absentIn.map(({ text }) => text);
    const absent = absentIn.filter(({ within = [] }) => !within.some((wider) => texts.includes(wider)));
    return { name, type, help, labels: labelsOf(usual), isOfTenant, absent: absent.map(({ text }) => text) };
  });
  return { cluster, exporter: await exporterFamilies() };
}

async function clusterLines(
  polls: readonly PollResult[],
  method: AuthenticationMethod = 'oauth2',
  labels: StaticLabels = { '<label>': 'value' },
) {
  const label = clusterLabel('cluster');
  const counters = createCounters(method, label);
  for (const poll of polls) counters.record(poll);
  const config = { name: 'cluster', authentication: { method }, pollInterval: 1, labels } as ClusterConfig;
  const state = polls.reduce(nextState, initialState(config));
  return (await createClusterRenderer(label)(state, counters.lines())).map(textOfLines);
}

const files = { provider: 'files', at, isUp: true, clusterCount: 1 } as const;
const saas = {
  ...files,
  provider: 'saas',
  statuses: saasComponents.map((component) => ({ cluster: 'cluster', component, status: 'healthy' }) as const),
} as const;

async function exporterFamilies(): Promise<readonly Documented[]> {
  const shard = { index: 0, total: 2 };
  const leads: Prepare = (metrics) => metrics.leads(true);
  const withTls: Prepare = ({ webConfigRead }) => webConfigRead(true, at);
  const withPasswords: Prepare = ({ webConfigRead }) => webConfigRead(true, undefined);
  const fromFiles: Prepare = ({ discovered }) => discovered(files);
  const fromSaas: Prepare = ({ discovered }) => discovered(saas);
  const apiFailed: Prepare = ({ discovered }) => discovered({ ...files, provider: 'saas', isUp: false });
  const neverUp: Prepare = ({ discovered }) => discovered({ ...saas, isUp: false });
  const fromKubernetes: Prepare = ({ discovered }) => discovered({ ...files, provider: 'kubernetes' });
  const complete = await exporterPage({ shard }, leads, withTls, fromFiles, fromSaas, fromKubernetes);
  const others = [
    { text: '`--web.config.file` is not set', page: await exporterPage({ shard }, leads, fromSaas) },
    { text: 'that file has no TLS', page: await exporterPage({ shard }, leads, withPasswords, fromSaas) },
    { text: '`discovery` is not set', page: await exporterPage({ shard }, leads, withTls) },
    { text: '`discovery.saas` is not set', page: await exporterPage({ shard }, leads, withTls, fromFiles) },
    {
      text: 'the last request to the Administration API failed',
      page: await exporterPage({ shard }, leads, withTls, fromSaas, apiFailed),
    },
    { text: 'no refresh has succeeded yet', page: await exporterPage({ shard }, leads, withTls, neverUp) },
    { text: '`--total-shards` is 1', page: await exporterPage({}, leads, withTls, fromSaas) },
    { text: '`--leader-election` is not set', page: await exporterPage({ shard }, withTls, fromSaas) },
  ];
  return [...complete.matchAll(/^# HELP (zeebe_topology_\S+) (.*)\n# TYPE \S+ (\S+)\n((?:[^#].*\n)*)/gm)].map(
    ([, name = '', help = '', type = '', lines = '']): Documented => ({
      name,
      help,
      type: type as Family['type'],
      labels: labelsOf(lines),
      isOfTenant: false,
      absent: others.filter(({ page }) => !page.includes(` ${name} `)).map(({ text }) => text),
    }),
  );
}

type Prepare = (metrics: ProcessMetrics) => void;

async function exporterPage(options: ProcessMetricsOptions, ...preparations: readonly Prepare[]): Promise<string> {
  const metrics = createProcessMetrics(options);
  metrics.reloaded(true, at);
  for (const prepare of preparations) prepare(metrics);
  return (await metrics.render())('text');
}

function labelsOf(lines: string): Documented['labels'] {
  const labels: Record<string, string[] | 'any'> = {};
  for (const [, label = '', value = ''] of lines.matchAll(/[{,]([^{,=]+)="([^"]*)"/g)) {
    if (label === 'zeebe_cluster' || label === 'le') continue;
    const values = labels[label] ?? [];
    if (open.includes(label)) labels[label] = 'any';
    else if (values !== 'any' && !values.includes(value)) labels[label] = [...values, value];
  }
  return labels;
}
