import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { systemClock } from '../../../src/clock.ts';
import { listen } from '../../transport/loopback.ts';
import { type Exporter, startExporter } from '../exporter.ts';
import { createSystemFolder } from '../process.ts';
import { until } from '../until.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { installAccess, namespace } from './chart-access.ts';
import { type Link, startLink } from './link.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const leaseName = 'exporter-zeebe-topology-exporter';

/** Seconds: the lease of 15 s, the pauses of the candidates around it, and a busy machine. */
const takeover = 60;

interface Poll {
  readonly by: string;
  /** Milliseconds of the monotonic clock of this process. */
  readonly at: number;
}

/** A cluster that notes which exporter polls it. */
async function startCluster() {
  const polls: Poll[] = [];
  const topology = await readFile(join(root, 'test/fixtures/zeebe-8.6.0-3x3x3-healthy.json'));
  const server = createServer((request, response) => {
    polls.push({ by: String(request.headers['x-exporter']), at: systemClock.monotonic() });
    response.setHeader('content-type', 'application/json');
    response.end(topology);
  });
  const port = await listen(server);
  return { address: `http://127.0.0.1:${port}`, polls };
}

interface Candidate {
  readonly exporter: Exporter;
  readonly link: Link;
  readonly name: string;
  /** 1 for the leader, 0 for a standby. */
  readonly leads: () => Promise<number | undefined>;
}

interface Fleet {
  readonly apiServer: ApiServer;
  readonly polls: readonly Poll[];
  readonly startCandidate: (name: string, environment?: Readonly<Record<string, string>>) => Promise<Candidate>;
  readonly holder: () => Promise<string>;
}

/** Installs the ServiceAccount and the Role of the chart, as whose account the candidates elect their leader. */
async function setUp(): Promise<Fleet> {
  const apiServer = await startApiServer();
  const values = ['--values', join(root, 'helm/zeebe-topology-exporter/examples/camunda-none.yaml')];
  const { token, installed } = await installAccess(apiServer, [...values, '--set', 'leaderElection.enabled=true']);
  expect(installed).toEqual(['Role', 'RoleBinding', 'ServiceAccount']);
  const { address, polls } = await startCluster();
  const startCandidate: Fleet['startCandidate'] = async (name, environment = {}) => {
    const link = await startLink(apiServer.port);
    const kubeconfig = join((await createSystemFolder(name)).data, 'kubeconfig');
    await writeFile(kubeconfig, apiServer.kubeconfig(link.port, namespace, token));
    const exporter = await startExporter({
      file: stringify({
        poll_interval: '1s',
        clusters: [{ name: 'production', address, headers: { 'X-Exporter': name } }],
      }),
      flags: ['--leader-election', `--leader-election.lease-name=${leaseName}`, `--leader-election.identity=${name}`],
      environment: { KUBECONFIG: kubeconfig, ...environment },
    });
    const leads = async () => (await exporter.scrape()).value('zeebe_topology_exporter_leader');
    return { exporter, link, name, leads };
  };
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${leaseName}`;
  const holder = async () => {
    const lease = (await apiServer.send('GET', path)) as { readonly spec: { readonly holderIdentity?: string } };
    return lease.spec.holderIdentity ?? '';
  };
  return { apiServer, polls, startCandidate, holder };
}

async function leaderAndStandby(fleet: Fleet, environment: Readonly<Record<string, string>> = {}) {
  const leader = await fleet.startCandidate('first');
  await until('the first exporter leads', takeover, async () => expect(await leader.leads()).toBe(1));
  const standby = await fleet.startCandidate('second', environment);
  await until('the second exporter stands by', takeover, () => {
    expect(standby.exporter.running.output()).toContain('stands by: first_');
  });
  expect(await standby.leads()).toBe(0);
  expect((await standby.exporter.get('/-/ready')).status).toBe(200);
  expect(await fleet.holder()).toMatch(/^first_/);
  return { leader, standby };
}

/** Waits until the other exporter polls, and asserts that the first one had ended its polls before. */
async function expectHandover({ polls }: Fleet, from: string, to: string): Promise<void> {
  await until(`${to} polls`, takeover, () => expect(polls.filter(({ by }) => by === to).length).toBeGreaterThan(3));
  const first = polls.findIndex(({ by }) => by === to);
  expect(polls.slice(first).filter(({ by }) => by === from)).toEqual([]);
}

describe('two exporters and a Lease of a real API server', () => {
  it('hand over when the leader stops, without waiting for the end of the lease', async () => {
    const fleet = await setUp();
    const { leader, standby } = await leaderAndStandby(fleet);
    await leader.exporter.running.stop();
    expect(await fleet.holder()).toBe('');
    await until('the second exporter leads', takeover, async () => expect(await standby.leads()).toBe(1));
    await expectHandover(fleet, 'first', 'second');
    expect(await fleet.holder()).toMatch(/^second_/);
  });

  it('hand over when the leader is killed', async () => {
    const fleet = await setUp();
    const { leader, standby } = await leaderAndStandby(fleet);
    leader.exporter.running.signal('SIGKILL');
    await leader.exporter.running.exited;
    expect(await fleet.holder()).toMatch(/^first_/);
    await until('the second exporter leads', takeover, async () => expect(await standby.leads()).toBe(1));
    await expectHandover(fleet, 'first', 'second');
  });

  it('hand over when the connection of the leader is cut, which stops polling before the other begins', async () => {
    const fleet = await setUp();
    const { leader, standby } = await leaderAndStandby(fleet);
    leader.link.cut();
    await until('the first exporter stands by', takeover, async () => expect(await leader.leads()).toBe(0));
    expect(await standby.leads()).toBe(0);
    expect((await leader.exporter.get('/probe?cluster=production')).status).toBe(503);
    await until('the second exporter leads', takeover, async () => expect(await standby.leads()).toBe(1));
    await expectHandover(fleet, 'first', 'second');
    leader.link.mend();
    await until('the first exporter knows the new leader', takeover, () => {
      expect(leader.exporter.running.output()).toContain('stands by: second_');
    });
    await expectHandover(fleet, 'first', 'second');
  });

  it('have one leader after the process of the leader was paused for longer than the lease', async () => {
    const fleet = await setUp();
    const { leader, standby } = await leaderAndStandby(fleet);
    leader.exporter.running.signal('SIGSTOP');
    await until('the second exporter leads', takeover, async () => expect(await standby.leads()).toBe(1));
    await expectHandover(fleet, 'first', 'second');
    leader.exporter.running.signal('SIGCONT');
    await until('the first exporter knows the new leader', takeover, async () => {
      expect(leader.exporter.running.output()).toContain('stands by: second_');
      expect(await leader.leads()).toBe(0);
    });
    await expectHandover(fleet, 'first', 'second');
  });

  it('keep their roles while the clock of the standby is a day ahead', async () => {
    const fleet = await setUp();
    const ahead = 'const real = Date.now; Date.now = () => real() + 86_400_000;';
    const { leader, standby } = await leaderAndStandby(fleet, {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(ahead)}`,
    });
    // Longer than the lease: each poll of the leader takes a second.
    const before = fleet.polls.length;
    await until('the leader has polled for longer than the lease', takeover, () => {
      expect(fleet.polls.length).toBeGreaterThan(before + 20);
    });
    expect([await leader.leads(), await standby.leads()]).toEqual([1, 0]);
    expect(fleet.polls.filter(({ by }) => by === 'second')).toEqual([]);
    // As the leader, the one with the wrong clock keeps the lease as well.
    await leader.exporter.running.stop();
    await until('the second exporter leads', takeover, async () => expect(await standby.leads()).toBe(1));
    const third = await fleet.startCandidate('third');
    const polls = fleet.polls.length;
    await until('the new leader has polled for longer than the lease', takeover, () => {
      expect(fleet.polls.length).toBeGreaterThan(polls + 20);
    });
    expect([await standby.leads(), await third.leads()]).toEqual([1, 0]);
  });

  it('have at most one leader while the API server hangs, and one afterwards', async () => {
    const fleet = await setUp();
    const { leader, standby } = await leaderAndStandby(fleet);
    fleet.apiServer.signal('SIGSTOP');
    onTestFinished(() => fleet.apiServer.signal('SIGCONT'));
    await until('no exporter leads', takeover, async () => {
      expect([await leader.leads(), await standby.leads()]).toEqual([0, 0]);
    });
    expect(fleet.polls.filter(({ by }) => by === 'second')).toEqual([]);
    fleet.apiServer.signal('SIGCONT');
    const roles = async () => [await leader.leads(), await standby.leads()];
    await until('one exporter leads again', takeover, async () => {
      expect((await roles()).toSorted()).toEqual([0, 1]);
    });
    const polls = fleet.polls.length;
    await until('the leader polls', takeover, () => expect(fleet.polls.length).toBeGreaterThan(polls + 3));
    expect(new Set(fleet.polls.slice(polls).map(({ by }) => by)).size).toBe(1);
  });

  it('keep their roles while the API server is slow', async () => {
    const fleet = await setUp();
    const { leader, standby } = await leaderAndStandby(fleet);
    const renewals = fleet.polls.length;
    // The API server runs for a part of the time only.
    let stopped = false;
    const timer = setInterval(() => {
      stopped = !stopped;
      fleet.apiServer.signal(stopped ? 'SIGSTOP' : 'SIGCONT');
    }, 1_500);
    onTestFinished(() => {
      clearInterval(timer);
      fleet.apiServer.signal('SIGCONT');
    });
    await until('the leader has polled for longer than the lease', takeover, () => {
      expect(fleet.polls.length).toBeGreaterThan(renewals + 25);
    });
    expect([await leader.leads(), await standby.leads()]).toEqual([1, 0]);
    expect(fleet.polls.filter(({ by }) => by === 'second')).toEqual([]);
  });
});
