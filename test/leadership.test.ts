import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { DiscoveryConfig } from '../src/config/config.ts';
import { type LeaseServer, startLeaseServer } from './election/lease-server.ts';
import { client, cluster, configOf, healthy, start } from './exporting.ts';
import { memoryLog } from './memory-log.ts';
import { samplesOf, valuesOf } from './metrics/pages.ts';
import { temporaryFolder } from './mounted.ts';
import { withoutProxy } from './transport/without-proxy.ts';

/** For a takeover, which takes up to two attempts. */
const soon = { timeout: 20_000, interval: 50 };

let leases: LeaseServer;

beforeEach(async () => {
  withoutProxy();
  leases = await startLeaseServer();
  const path = join(await temporaryFolder(), 'kubeconfig');
  await writeFile(path, leases.kubeconfig);
  vi.stubEnv('KUBECONFIG', path);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** Starts an exporter of one cluster that takes part in the election. */
async function candidate(identity: string, discovery?: DiscoveryConfig) {
  let polls = 0;
  const production = await cluster('production', (request, response) => {
    polls++;
    healthy(request, response);
  });
  const log = memoryLog();
  const leaderElection = { leaseName: 'exporter', identity };
  const config = configOf([production], { leaderElection, ...(discovery && { discovery }) });
  const exporter = await start(config, log.logger);
  const { get, read, reload } = client(exporter);
  const leads = async () => samplesOf(await read(), 'exporter_leader')[0]?.value;
  return { get, read, reload, leads, stop: exporter.stop, polls: () => polls, lines: log.lines };
}

type Candidate = Awaited<ReturnType<typeof candidate>>;

const untilLeader = ({ leads }: Candidate) => vi.waitFor(async () => expect(await leads()).toBe(1), soon);

async function leaderAndStandby() {
  const leader = await candidate('first');
  await untilLeader(leader);
  const standby = await candidate('second');
  await vi.waitFor(() => {
    expect(
      standby.lines.map(({ msg }) => msg).filter((text) => text.startsWith('this exporter stands by: first_')),
    ).toHaveLength(1);
  }, soon);
  return { leader, standby };
}

describe('the leader', () => {
  it('polls the clusters, and shows that it leads', async () => {
    const { leader } = await leaderAndStandby();
    await vi.waitFor(async () => expect((await leader.get('/-/ready')).text).toContain('no cluster is waiting'), soon);
    expect(samplesOf(await leader.read(), 'up')).toMatchObject([{ labels: { zeebe_cluster: 'production' }, value: 1 }]);
    expect((await leader.get('/probe?cluster=production')).status).toBe(200);
    expect(JSON.parse((await leader.get('/api/v1/clusters')).text)).toMatchObject({ exporter: { role: 'leader' } });
    expect(leases.lease()?.spec.holderIdentity).toMatch(/^first_[\da-f-]{36}$/);
  });
});

describe('a standby', () => {
  it('is ready, polls nothing and has no series of clusters', async () => {
    const { standby } = await leaderAndStandby();
    expect(await standby.get('/-/ready')).toMatchObject({ status: 200, text: expect.stringContaining('stands by') });
    const page = await standby.read();
    expect(samplesOf(page, 'exporter_leader')[0]?.value).toBe(0);
    expect([...page.keys()].filter((name) => /^zeebe_topology_(?!exporter_)/.test(name))).toEqual([]);
    expect(JSON.parse((await standby.get('/api/v1/clusters')).text)).toMatchObject({
      exporter: { role: 'standby' },
      clusters: [],
    });
    expect(standby.polls()).toBe(0);
  });

  it('responds to requests for a cluster and for /sd with 503, so that their clients keep what the leader has told them', async () => {
    const { standby } = await leaderAndStandby();
    for (const path of ['/probe?cluster=production', '/sd', '/api/v1/clusters?cluster=production']) {
      expect(await standby.get(path)).toMatchObject({
        status: 503,
        text: expect.stringContaining('this exporter stands by: it polls no cluster until it leads'),
      });
    }
    for (const path of ['/probe?cluster=nope', '/api/v1/clusters?cluster=nope']) {
      expect((await standby.get(path)).status).toBe(404);
    }
    expect(standby.polls()).toBe(0);
  });

  it('with discovery counts no cluster until it leads', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'a.yml'), '- name: found\n  address: http://127.0.0.1:1\n');
    const leader = await candidate('first');
    await untilLeader(leader);
    const standby = await candidate('second', { files: { paths: ['a.yml'], interval: 60_000, folder, defaults: [] } });
    const counts = async () => valuesOf(await standby.read(), 'discovery_clusters');
    await vi.waitFor(async () => expect(await counts()).toEqual({ 'provider=files': 0 }), soon);
    await leader.stop();
    await untilLeader(standby);
    expect(await counts()).toEqual({ 'provider=files': 1 });
  });

  it('polls nothing after a reload', async () => {
    const { standby } = await leaderAndStandby();
    expect((await standby.reload()).status).toBe(200);
    expect((await standby.get('/sd')).status).toBe(503);
    expect(standby.polls()).toBe(0);
  });

  it('polls once the leader has stopped', async () => {
    const { leader, standby } = await leaderAndStandby();
    await leader.stop();
    expect(leases.lease()?.spec.holderIdentity).toBe('');
    await untilLeader(standby);
    await vi.waitFor(() => expect(standby.polls()).toBeGreaterThan(0), soon);
    expect(leases.lease()?.spec.leaseTransitions).toBe(1);
  });
});

describe('a leader that loses the lease', () => {
  it('ends its polls, shows no cluster and stands by', async () => {
    const { leader } = await leaderAndStandby();
    await vi.waitFor(() => expect(leader.polls()).toBeGreaterThan(0), soon);
    leases.fail(403);
    await vi.waitFor(async () => expect(await leader.leads()).toBe(0), soon);
    const polls = leader.polls();
    expect(samplesOf(await leader.read(), 'up')).toEqual([]);
    expect((await leader.get('/-/ready')).text).toContain('stands by');
    expect((await leader.get('/probe?cluster=production')).status).toBe(503);
    expect(leader.polls()).toBe(polls);
    const texts = leader.lines.map(({ msg }) => msg);
    expect(texts).toContain('this exporter no longer leads: the lease was not renewed in time');
    expect(texts).toContain(
      'the lease could not be read or renewed: the API server responded with 403: leases are forbidden',
    );
  });
});

describe('leader election outside of Kubernetes', () => {
  it('is a problem of the configuration', async () => {
    vi.stubEnv('KUBECONFIG', '');
    vi.stubEnv('KUBERNETES_SERVICE_HOST', '');
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    await expect(start(configOf([], { leaderElection: { leaseName: 'exporter' } }))).rejects.toThrow(
      '--leader-election: expected a pod of Kubernetes, or a kubeconfig file in KUBECONFIG, found neither',
    );
  });
});
