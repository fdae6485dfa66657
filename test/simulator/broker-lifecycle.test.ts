import { describe, expect, it } from 'vitest';
import { simulateCluster } from '../../src/simulator/cluster-model.ts';
import { answerAt, leaderOf, leadersIn, rolesIn } from './model-answers.ts';

describe('the crash of a simulated broker, with the timing of a real 8.6.0 cluster', () => {
  const crashed = leaderOf(simulateCluster(), 3);
  const atTen = (elapsed: number) =>
    answerAt(
      simulateCluster({ script: { events: [{ at: 10_000, event: { type: 'broker-crashes', broker: crashed } }] } }),
      10_000 + elapsed,
    );
  const ledBefore = [...leadersIn(atTen(-1))]
    .filter(([, leader]) => leader === crashed)
    .map(([partition]) => partition);

  it('changes nothing for more than 5 s', () => {
    expect(rolesIn(atTen(5_699))).toEqual(rolesIn(atTen(-1)));
  });

  it('leads to new leaders after 5.7 s, and the dead broker no longer has their partitions', () => {
    const answer = atTen(5_700);
    for (const partition of ledBefore) expect(leadersIn(answer).get(partition)).not.toBe(crashed);
    expect(leadersIn(answer).size).toBe(3);
    expect(ledBefore.length).toBeLessThan(3);
    expect([...(rolesIn(answer).get(crashed)?.keys() ?? [])].toSorted()).toEqual(
      [1, 2, 3].filter((partition) => !ledBefore.includes(partition)),
    );
  });

  it('leaves the dead broker listed until 11.5 s', () => {
    expect(rolesIn(atTen(11_499)).has(crashed)).toBe(true);
    expect(rolesIn(atTen(11_500)).has(crashed)).toBe(false);
    expect(atTen(11_500).clusterSize).toBe(3);
  });
});

describe('the restart of a simulated broker, with the timing of a real 8.6.0 cluster', () => {
  const model = () =>
    simulateCluster({
      script: {
        events: [
          { at: 0, event: { type: 'broker-crashes', broker: 1 } },
          { at: 60_000, event: { type: 'broker-restarts', broker: 1 } },
        ],
      },
    });
  const replicasOf1 = (elapsed: number) => rolesIn(answerAt(model(), 60_000 + elapsed)).get(1)?.size;

  it('lists the broker after 16 s without partitions, and with all of them after 19 s', () => {
    expect(replicasOf1(15_999)).toBeUndefined();
    expect(replicasOf1(16_000)).toBe(0);
    expect(replicasOf1(19_000)).toBe(3);
  });

  it('returns the partitions one by one', () => {
    const sizes = Array.from({ length: 31 }, (_, i) => replicasOf1(16_000 + i * 100) ?? -1);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    expect(new Set(sizes).size).toBeGreaterThan(2);
  });

  it('is cancelled if the broker crashes again while it starts', () => {
    const again = model();
    again.at(70_000);
    again.apply({ type: 'broker-crashes', broker: 1 }, 70_000);
    expect(rolesIn(answerAt(again, 200_000)).has(1)).toBe(false);
  });
});

describe('the upgrade of a simulated cluster', () => {
  it('restarts the brokers one by one, beginning with the last, and ends with the gateway', () => {
    const model = simulateCluster();
    model.apply({ type: 'upgrade', version: '8.9.0' }, 0);
    const versions = (elapsed: number) =>
      Object.fromEntries(answerAt(model, elapsed).brokers?.map(({ nodeId, version }) => [nodeId, version]) ?? []);
    expect(versions(1_000)).toEqual({ 0: '8.6.0', 1: '8.6.0' });
    expect(leadersIn(answerAt(model, 1_000)).size).toBe(3);
    expect(versions(25_000)).toEqual({ 0: '8.6.0', 1: '8.6.0', 2: '8.9.0' });
    expect(answerAt(model, 85_000).gatewayVersion).toBe('8.6.0');
    expect(answerAt(model, 90_000)).toMatchObject({ gatewayVersion: '8.9.0', lastCompletedChangeId: '-1' });
    expect(versions(90_000)).toEqual({ 0: '8.9.0', 1: '8.9.0', 2: '8.9.0' });
  });
});
