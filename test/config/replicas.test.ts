import { describe, expect, it } from 'vitest';
import { complaints, load } from './loading.ts';

const shardOf = (given: Parameters<typeof load>[0]) => load(given).config.shard;

describe('the shard', () => {
  it('is absent by default, and with one shard', () => {
    expect(shardOf({})).toBeUndefined();
    expect(shardOf({ flags: { shard: '0', total_shards: '1' } })).toBeUndefined();
  });

  it('comes from the flags, or from the variables', () => {
    expect(shardOf({ flags: { shard: '2', total_shards: '3' } })).toEqual({ index: 2, total: 3 });
    expect(shardOf({ env: { SHARD: '0', TOTAL_SHARDS: '3' } })).toEqual({ index: 0, total: 3 });
  });

  it.each([
    ['exporter-zeebe-topology-exporter-11', 11],
    ['exporter-2-0', 0],
  ])('is the ordinal at the end of the name of the pod %s', (pod, index) => {
    expect(shardOf({ env: { SHARD: pod, TOTAL_SHARDS: '12' } })).toEqual({ index, total: 12 });
  });

  it('is required of each of several exporters, which would otherwise poll the same clusters', () => {
    expect(complaints({ flags: { total_shards: '3' } })).toEqual([
      '--shard: expected a number from 0 to 2, as --total-shards (3), found nothing',
    ]);
  });

  it('is below the number of shards', () => {
    expect(complaints({ env: { SHARD: 'exporter-3' }, flags: { total_shards: '3' } })).toEqual([
      'SHARD: expected a number below --total-shards (3), found "exporter-3"',
    ]);
    expect(complaints({ flags: { shard: '1' } })).toEqual([
      '--shard: expected a number below --total-shards (1), found "1"',
    ]);
  });

  it.each(['', '-1', '1.5', 'exporter', 'exporter-7f9c', '0x1'])('is not "%s"', (shard) => {
    expect(complaints({ flags: { shard, total_shards: '3' } })).toHaveLength(1);
  });

  it.each(['0', '-1', 'three', '101'])('is one of a number that is not "%s"', (total) => {
    expect(complaints({ flags: { shard: '0', total_shards: total } })).toEqual([
      `--total-shards: expected a number from 1 to 100, found "${total}"`,
    ]);
  });
});

describe('leader election', () => {
  const electionOf = (given: Parameters<typeof load>[0]) => load(given).config.leaderElection;
  const enabled = { 'leader_election.enabled': true };

  it('is off by default, also in a pod', () => {
    expect(electionOf({ env: { POD_NAME: 'exporter-7f9c', POD_NAMESPACE: 'monitoring' } })).toBeUndefined();
  });

  it('has a Lease in the namespace of the pod, and the name of the pod', () => {
    expect(electionOf({ flags: enabled })).toEqual({ leaseName: 'zeebe-topology-exporter' });
    expect(electionOf({ flags: enabled, env: { POD_NAME: 'exporter-7f9c', POD_NAMESPACE: 'monitoring' } })).toEqual({
      leaseName: 'zeebe-topology-exporter',
      namespace: 'monitoring',
      identity: 'exporter-7f9c',
    });
  });

  it('has a Lease for each shard', () => {
    const flags = { ...enabled, shard: '2', total_shards: '3', 'leader_election.lease_name': 'zeebe' };
    expect(electionOf({ flags })).toEqual({ leaseName: 'zeebe-2' });
  });

  it.each(['', 'Zeebe', 'a_b', '-a', 'a..b', 'a'.repeat(241)])('refuses the name "%s" for a Lease', (name) => {
    expect(complaints({ flags: { ...enabled, 'leader_election.lease_name': name } })).toHaveLength(1);
  });
});
