import { describe, expect, it } from 'vitest';
import { simulateCluster } from '../../src/simulator/cluster-model.ts';
import { randomFrom } from '../../src/simulator/random.ts';
import type { SimulatedEvent } from '../../src/simulator/simulated-events.ts';
import type { Timed } from '../../src/simulator/timeline.ts';
import { type TopologyAnswer, topologyAnswer } from '../../src/simulator/topology-answer.ts';
import { pageOf } from '../metrics/pages.ts';
import { succeeded } from '../polls.ts';
import { recorded, topologyOf } from '../topologies.ts';
import { sorted } from './sorted-answer.ts';

/** With this seed the elections have the same outcomes as in the recorded cluster. */
const seed = 1_624;

const crash = (broker: number): SimulatedEvent => ({ type: 'broker-crashes', broker });

/** Broker 1 crashes, broker 2 crashes a minute later, and broker 1 is restarted a minute after that. */
const events: readonly Timed<SimulatedEvent>[] = [
  { at: 60_000, event: crash(1) },
  { at: 120_000, event: crash(2) },
  { at: 180_000, event: { type: 'broker-restarts', broker: 1 } },
];

/** Returns the answer `elapsed` ms after the start of three brokers on one machine, like the recorded ones. */
function simulated(elapsed: number): TopologyAnswer {
  const model = simulateCluster({
    seed,
    addressOf: (broker) => ({ host: '127.0.0.1', port: 26_501 + 10 * broker }),
    script: { events },
  });
  return topologyAnswer(model.at(elapsed), '', randomFrom('order', elapsed));
}

const metricsOf = (answer: string) => pageOf('text', { results: [succeeded(topologyOf(answer))] });

const states = [
  { state: '8.6.0-3x3x3-healthy', answer: simulated(59_999) },
  { state: '8.6.0-3x3x3-leader-moved', answer: simulated(65_700) },
  { state: '8.6.0-3x3x3-broker-gone', answer: simulated(71_500) },
  { state: '8.6.0-3x3x3-quorum-lost', answer: simulated(131_500) },
  { state: '8.6.0-3x3x3-broker-rejoining', answer: simulated(198_000) },
];

describe('the simulated cluster reaches each recorded state of a real one', () => {
  it.each(states)('$state: with the same answer, except for the order', ({ state, answer }) => {
    expect(sorted(answer)).toEqual(sorted(JSON.parse(recorded(state))));
  });

  it.each(states)('$state: with the same metrics', async ({ state, answer }) => {
    const metrics = await metricsOf(JSON.stringify(answer));
    expect(metrics).toContain('zeebe_topology_partition_role');
    expect(metrics).toBe(await metricsOf(recorded(state)));
  });

  it('8.5.8-starting: with the same answer and the same metrics', async () => {
    const model = simulateCluster({ version: '8.5.8' });
    model.apply({ type: 'gateway-forgets' }, 0);
    const answer = topologyAnswer(model.at(0), '', randomFrom('order'));
    expect(answer).toEqual(JSON.parse(recorded('8.5.8-starting')));
    expect(await metricsOf(JSON.stringify(answer))).toBe(await metricsOf(recorded('8.5.8-starting')));
  });
});
