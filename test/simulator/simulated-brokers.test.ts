import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { TopologyAnswer } from '../../src/simulator/topology-answer.ts';
import { freePorts } from '../e2e/ports.ts';
import { recorded } from '../topologies.ts';
import { manualClock } from './manual-clock.ts';
import { createSimulatedBrokers } from './simulated-brokers.ts';

/** Creates brokers with a manual clock, none of them started. `ask` requests the topology from a broker's gateway. */
async function cluster(size: number, version = '8.6.0') {
  const clock = manualClock();
  const ports = await freePorts(size);
  const brokers = createSimulatedBrokers({ ports, version, replicationFactor: size, partitions: size, clock }).map(
    (broker, index) => {
      onTestFinished(broker.stop);
      const ask = async (): Promise<TopologyAnswer> =>
        (await fetch(`http://127.0.0.1:${ports[index]}/v1/topology`)).json() as Promise<TopologyAnswer>;
      return { ...broker, ask };
    },
  );
  return { clock, brokers };
}

/** Creates three brokers that are up. The clock stands still until the test advances it. */
async function runningCluster() {
  const { clock, brokers } = await cluster(3);
  for (const broker of brokers) broker.start();
  clock.advance(19_000);
  for (const broker of brokers) {
    await vi.waitFor(async () => expect((await broker.ask()).brokers).toHaveLength(3), { timeout: 20_000 });
  }
  return { clock, brokers };
}

describe('a simulated broker that is started', () => {
  it('answers after 7 s without a topology, is listed after 16 s and complete after 19 s', async () => {
    const { clock, brokers } = await cluster(1, '8.5.8');
    const [broker] = brokers;
    await expect(broker?.ask()).rejects.toThrow('fetch failed');

    broker?.start();
    clock.advance(6_999);
    await expect(broker?.ask()).rejects.toThrow('fetch failed');
    clock.advance(1);
    await vi.waitFor(async () => expect(await broker?.ask()).toEqual(JSON.parse(recorded('8.5.8-starting'))), {
      timeout: 20_000,
    });
    clock.advance(2_000);
    expect(await broker?.ask()).toMatchObject({ clusterSize: 1, brokers: [] });
    clock.advance(7_000);
    expect(await broker?.ask()).toMatchObject({ brokers: [{ nodeId: 0, partitions: [] }] });
    expect(broker?.phase()).toBe('rejoining');
    clock.advance(3_000);
    expect(await broker?.ask()).toMatchObject({ brokers: [{ partitions: [{ partitionId: 1, role: 'leader' }] }] });
    expect(broker?.phase()).toBe('up');
    expect(broker?.roles()).toEqual({ 1: 'leader' });
  });

  it('opens no port if it crashes before it answers', async () => {
    const { clock, brokers } = await cluster(1);
    brokers[0]?.start();
    const ended = brokers[0]?.crash();
    clock.advance(7_000);
    await ended;
    await expect(brokers[0]?.ask()).rejects.toThrow('fetch failed');
  });
});

describe('a simulated broker that ends', () => {
  it('closes its own port at once, while the gateways of the others answer and notice the crash later', async () => {
    const { clock, brokers } = await runningCluster();
    const [victim, witness] = brokers;
    await victim?.crash();
    await expect(victim?.ask()).rejects.toThrow('fetch failed');
    expect((await witness?.ask())?.brokers).toHaveLength(3);
    clock.advance(11_500);
    expect((await witness?.ask())?.brokers?.map(({ nodeId }) => nodeId).toSorted()).toEqual([1, 2]);
  });

  it('is no longer listed by the others after a graceful stop', async () => {
    const { brokers } = await runningCluster();
    const [victim, witness] = brokers;
    await victim?.stop();
    expect((await witness?.ask())?.brokers?.map(({ nodeId }) => nodeId).toSorted()).toEqual([1, 2]);
  });

  it('answers on the same port after a restart, at first without a topology', async () => {
    const { clock, brokers } = await runningCluster();
    const [victim, witness] = brokers;
    await victim?.crash();
    victim?.start();
    clock.advance(7_000);
    await vi.waitFor(async () => expect(await victim?.ask()).toMatchObject({ clusterSize: -1 }), { timeout: 20_000 });
    expect(await witness?.ask()).toMatchObject({ clusterSize: 3 });
  });
});

it('reports the same roles from simulated brokers as from their gateways', async () => {
  const { brokers } = await runningCluster();
  const told = await brokers[0]?.ask();
  for (const [nodeId, { roles }] of brokers.entries()) {
    const partitions = told?.brokers?.find((broker) => broker.nodeId === nodeId)?.partitions ?? [];
    expect(roles()).toEqual(Object.fromEntries(partitions.map(({ partitionId, role }) => [partitionId, role])));
  }
});
