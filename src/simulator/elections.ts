import { findReplica, isRunning, type ModelPartition, type ModelReplica, type Simulation } from './model-state.ts';
import { timing } from './model-timing.ts';
import { pick } from './random.ts';
import type { Health } from './simulated-events.ts';

/**
 * Applies Raft's outcome to a partition: a leader without a majority steps down, and a majority without a leader elects
 * one, `preferred` if that can lead.
 */
export function settleLeader(simulation: Simulation, partition: ModelPartition, preferred?: number): void {
  const { replicationFactor, random, recovering } = partition.tenant;
  if (partition.electing || recovering) return;
  const majority = Math.floor(replicationFactor / 2) + 1;
  const leader = partition.replicas.find((replica) => replica.broker === partition.leader);
  if (leader !== undefined && canVote(leader)) {
    if (partition.replicas.filter(canVote).length < majority) partition.leader = undefined;
    return;
  }
  const candidates = partition.replicas.filter((replica) => canLead(simulation, replica));
  if (candidates.length >= majority) {
    const elected = candidates.find(({ broker }) => broker === preferred) ?? pick(random, candidates);
    // The gateway drops the entry of a leader once there is a newer one.
    if (leader !== undefined && !leader.alive) leader.listed = false;
    partition.leader = elected?.broker;
  } else if (leader === undefined || leader.alive) {
    partition.leader = undefined;
  }
  // Otherwise the gateway lists the dead leader until it unlists the broker, as no newer leader is reported to it.
}

/** Lets the leader step down; the election ends after `timing.election`. */
export function electLater(simulation: Simulation, partition: ModelPartition, preferred?: number): void {
  partition.leader = undefined;
  partition.electing = true;
  simulation.timeline.after(timing.election, () => {
    partition.electing = false;
    settleLeader(simulation, partition, preferred);
  });
}

/** Hands the leadership to broker `to`, or to a random one that can lead. A partition without leader stays as it is. */
export function moveLeader(simulation: Simulation, partition: ModelPartition, to: number | undefined): void {
  if (to !== undefined) findReplica(partition, to);
  if (partition.leader === undefined) return;
  const others = partition.replicas.filter(
    (replica) => replica.broker !== partition.leader && canLead(simulation, replica),
  );
  electLater(simulation, partition, to ?? pick(partition.tenant.random, others)?.broker);
}

/** Throws a RangeError if the partition has no replica on that broker. */
export function setReplicaHealth(
  simulation: Simulation,
  partition: ModelPartition,
  broker: number,
  health: Health,
): void {
  findReplica(partition, broker).health = health;
  settleLeader(simulation, partition);
}

function canVote(replica: ModelReplica): boolean {
  return replica.alive && replica.state === 'active' && replica.health !== 'dead';
}

/** A crashed broker counts as a voter until the crash is noticed, but cannot be elected. */
function canLead({ state }: Simulation, replica: ModelReplica): boolean {
  const broker = state.brokers.get(replica.broker);
  return canVote(replica) && broker !== undefined && isRunning(broker);
}
