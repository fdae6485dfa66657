import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createClusterRenderer } from '../../src/metrics/cluster-renderer.ts';
import { expositionSize } from '../../src/metrics/exposition-size.ts';
import { clusterLabel, formats } from '../../src/metrics/family.ts';
import { initialState, nextState } from '../../src/poll/state.ts';
import type { Topology } from '../../src/zeebe/topology.ts';
import { type AnswerTenant, anyWholeAnswer } from '../arbitraries.ts';
import { clusterConfig, failed, stateAfter, succeeded } from '../polls.ts';
import {
  broker,
  leader,
  onePartition,
  oneWithoutLeader,
  tenant,
  tenants,
  topology,
  wholeTopologyOf,
} from '../topologies.ts';
import { pageOf, readPage, samplesOf, textOfLines, valuesOf } from './pages.ts';

// Many runs of the property tests on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const polled = (...topologies: Parameters<typeof succeeded>[0][]) => ({
  results: topologies.map((one) => succeeded(one)),
});

async function read(...topologies: Parameters<typeof succeeded>[0][]) {
  return readPage(await pageOf('text', polled(...topologies)));
}

describe('the page of a cluster with all its physical tenants', () => {
  it('has the partitions of each tenant, whose ids repeat', async () => {
    const families = await read(tenants(tenant('default', onePartition), tenant('orders', oneWithoutLeader)));
    expect(valuesOf(families, 'partition_has_leader')).toEqual({
      'physical_tenant=default partition=1': 1,
      'physical_tenant=orders partition=1': 0,
    });
    expect(valuesOf(families, 'partitions')).toEqual({ 'physical_tenant=default': 1, 'physical_tenant=orders': 1 });
    expect(valuesOf(families, 'cluster_size')).toEqual({ '': 3 });
  });

  it('has the verdict on each tenant and their number, which are gone while polls fail', async () => {
    const answer = tenants(tenant('default', onePartition), tenant('orders', oneWithoutLeader));
    const families = await read(answer);
    expect(samplesOf(families, 'physical_tenant_health').filter(({ value }) => value === 1)).toMatchObject([
      { labels: { physical_tenant: 'default', health: 'healthy' } },
      { labels: { physical_tenant: 'orders', health: 'unhealthy' } },
    ]);
    expect(valuesOf(families, 'physical_tenants')).toEqual({ '': 2 });
    const without = readPage(await pageOf('text', { results: [succeeded(answer), failed('connect')] }));
    expect(samplesOf(without, 'physical_tenant_health')).toEqual([]);
    expect(samplesOf(without, 'physical_tenants')).toEqual([]);
  });

  it('keeps the series of a tenant as they are while another one has no leader, changes or vanishes', async () => {
    const good = tenant('default', onePartition);
    const linesOf = async (...topologies: Parameters<typeof succeeded>[0][]) =>
      (await pageOf('text', polled(...topologies)))
        .split('\n')
        .filter((line) => line.includes('physical_tenant="default"'));
    const healthy = await linesOf(tenants(good, tenant('orders', onePartition)));
    expect(healthy.length).toBeGreaterThan(20);
    expect(await linesOf(tenants(good, tenant('orders', oneWithoutLeader)))).toEqual(healthy);
    expect(await linesOf(tenants(good, tenant('orders', {}, { partitionsCount: 9 })))).toEqual(healthy);
    expect(await linesOf(tenants(good))).toEqual(healthy);
  });

  it('keeps the leader changes of a tenant that is no longer listed', async () => {
    const led = (by: string) => tenants(tenant('orders', { [by]: [leader(1)] }));
    const families = await read(led('0'), led('1'), tenants(tenant('default', onePartition)));
    expect(valuesOf(families, 'partition_leader_changes_total')).toEqual({
      'physical_tenant=default partition=1': 0,
      'physical_tenant=orders partition=1': 1,
    });
    expect(samplesOf(families, 'partition_role').some(({ labels }) => labels.physical_tenant === 'orders')).toBe(false);
  });

  it('has no label physical_tenant without the setting', async () => {
    const page = await pageOf('text', polled(topology([], {})));
    expect(page).not.toContain('physical_tenant');
  });
});

function replicaCount({ brokers }: AnswerTenant): number {
  return brokers.reduce((sum, { partitions }) => sum + partitions.length, 0);
}

describe.each(formats)('any topology of all physical tenants in the format %s', (format) => {
  it('is read back from the page with the same tenants, partitions, leaders and replicas', async () => {
    await fc.assert(
      fc.asyncProperty(anyWholeAnswer, async (answer) => {
        const families = readPage(await pageOf(format, polled(wholeTopologyOf(answer))), format);
        const idOf = ({ physicalTenantId }: AnswerTenant) => physicalTenantId.toWellFormed();
        for (const each of answer.physicalTenants) {
          const own = (name: string) =>
            samplesOf(families, name).filter(({ labels }) => labels.physical_tenant === idOf(each));
          const replicas = each.brokers.flatMap(({ partitions }) => partitions);
          const claimed = Array.from({ length: Math.max(0, each.partitionsCount) }, (_, index) => index + 1);
          const partitions = new Set([...claimed, ...replicas.map(({ partitionId }) => partitionId)].map(String));
          const led = replicas.flatMap(({ role, partitionId }) => (role === 'leader' ? [String(partitionId)] : []));
          expect(new Set(own('partition_has_leader').map(({ labels }) => labels.partition))).toEqual(partitions);
          expect(
            new Set(
              own('partition_has_leader').flatMap(({ value, labels }) => (value === 1 ? [labels.partition] : [])),
            ),
          ).toEqual(new Set(led));
          expect(own('partition_role')).toHaveLength(4 * replicaCount(each));
          expect(own('physical_tenant_health').filter(({ value }) => value === 1)).toHaveLength(1);
          expect(own('partitions').map(({ value }) => value)).toEqual(
            each.partitionsCount < 1 ? [] : [each.partitionsCount],
          );
        }
        const listed = samplesOf(families, 'physical_tenant_health').map(({ labels }) => labels.physical_tenant);
        expect(new Set(listed)).toEqual(new Set(answer.physicalTenants.map(idOf)));
        expect(samplesOf(families, 'broker_info')).toHaveLength(answer.brokers.length);
      }),
      { numRuns: 100 },
    );
  });
});

const longIds = Array.from({ length: 1_000 }, (_, index) => `${'\\'.repeat(200)}${index}`);

function withTenants(...ids: readonly string[]): Topology {
  return tenants(...ids.map((id) => tenant(id, { '0': [leader(1)] })));
}

function withBrokers(...ids: readonly string[]): Topology {
  return topology(
    ids.map((id) => broker(id, leader(1))),
    { clusterSize: longIds.length },
  );
}

describe('the lines rendered for physical tenants', () => {
  it('are the same, whatever was rendered before', async () => {
    const config = clusterConfig();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(anyWholeAnswer), { maxLength: 6 }), async (answers) => {
        const render = createClusterRenderer(clusterLabel(config.name));
        let state = initialState(config);
        for (const answer of answers) {
          state = nextState(state, answer ? succeeded(wholeTopologyOf(answer)) : failed('connect'));
          const anew = await createClusterRenderer(clusterLabel(config.name))(state, new Map());
          expect((await render(state, new Map())).map(textOfLines)).toEqual(anew.map(textOfLines));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('name other partitions if the gateway lists as many others', async () => {
    const config = clusterConfig();
    const render = createClusterRenderer(clusterLabel(config.name));
    const unled = (...ids: readonly string[]) =>
      succeeded(tenants(...ids.map((id) => tenant(id, {}, { partitionsCount: 1 }))));
    const many = Array.from({ length: 8_192 }, (_, index) => `a${index}`);
    let state = stateAfter([unled(...many), unled('b')], config);
    await render(state, new Map());
    state = nextState(state, unled('c'));
    const lines = (await render(state, new Map())).map(textOfLines).join('');
    const changes = lines.split('\n').filter((line) => line.includes('leader_changes_total'));
    expect(changes).toHaveLength(8_192 + 1);
    expect(changes.at(-1)).toContain('physical_tenant="c"');
  });

  it('never take more bytes, and are never more series, than estimated', async () => {
    const polls = fc.tuple(fc.array(fc.option(anyWholeAnswer), { maxLength: 3 }), fc.option(anyWholeAnswer));
    const empty = Buffer.byteLength(await pageOf('text', { results: [] }));
    await fc.assert(
      fc.asyncProperty(polls, async ([before, last]) => {
        const results = [...before, last].map((each) => (each ? succeeded(wholeTopologyOf(each)) : failed('connect')));
        const page = await pageOf('text', { results });
        const known = stateAfter(results.slice(0, -1));
        const size = expositionSize('production', last ? wholeTopologyOf(last) : undefined, known);
        // The series that every polled cluster has (polls, verdict, sizes), and the headers of families.
        const fixed = 20_000;
        expect(Buffer.byteLength(page) - empty - fixed).toBeLessThanOrEqual(size.bytes);
        const details = page.split('\n').filter((line) => /^zeebe_topology_(broker|partition)_/.test(line));
        expect(details.length).toBeLessThanOrEqual(size.series);
      }),
      { numRuns: 100 },
    );
  });

  it.each<[string, Topology, Topology]>([
    ['tenants that are gone', withTenants(...longIds), withTenants('default')],
    ['missing brokers', withBrokers(...longIds), withBrokers('0')],
  ])('never take more bytes than estimated for %s', async (_what, before, now) => {
    const alone = await pageOf('text', polled(withTenants()));
    const page = await pageOf('text', polled(before, now));
    expect(page.length - alone.length).toBeGreaterThan(400_000);
    const { bytes } = expositionSize('production', now, stateAfter([succeeded(before)]));
    expect(page.length - alone.length).toBeLessThanOrEqual(bytes);
  });
});
