import { electLater, settleLeader } from './elections.ts';
import {
  allPartitions,
  forEachReplicaOn,
  isRunning,
  type ModelBroker,
  type ModelPartition,
  type ModelReplica,
  type Simulation,
} from './model-state.ts';
import { timing } from './model-timing.ts';

/** Ends the process at once. The other members notice it later. */
export function crashBroker(simulation: Simulation, broker: ModelBroker): void {
  if (!endProcess(broker)) return;
  broker.crashes += 1;
  planUnlessRepeated(simulation, broker, 'crashes', timing.crashNoticed, () => {
    forEachReplicaOn(simulation.state, broker, (replica, partition) => {
      replica.alive = false;
      settleLeader(simulation, partition);
    });
  });
  planUnlessRepeated(simulation, broker, 'crashes', timing.crashedBrokerGone, () => unlist(simulation, broker));
}

/** Ends the process gracefully: its partitions elect new leaders, and it is no longer listed. */
export function stopBroker(simulation: Simulation, broker: ModelBroker): void {
  if (!endProcess(broker)) return;
  for (const partition of allPartitions(simulation.state)) {
    if (partition.leader === broker.id) electLater(simulation, partition);
  }
  unlist(simulation, broker);
}

/** Starts the process. Crashes it first if it runs, and does nothing if it is being started. */
export function restartBroker(simulation: Simulation, broker: ModelBroker, version = broker.version): void {
  if (broker.phase === 'starting') return;
  if (isRunning(broker)) crashBroker(simulation, broker);
  broker.phase = 'starting';
  broker.starts += 1;
  planUnlessRepeated(simulation, broker, 'starts', timing.restartedBrokerListed, () => {
    broker.phase = 'rejoining';
    broker.listed = true;
    broker.version = version;
    forEachReplicaOn(simulation.state, broker, (replica, partition) => {
      rejoinAtRandom(simulation, broker, replica, partition);
    });
  });
  planUnlessRepeated(simulation, broker, 'starts', timing.restartedBrokerComplete, () => {
    broker.phase = 'up';
    forEachReplicaOn(simulation.state, broker, (replica, partition) => rejoin(simulation, replica, partition));
  });
}

/** Restarts the brokers one by one with that version, the last first, and then upgrades the gateway. */
export function upgradeCluster(simulation: Simulation, version: string): void {
  restartOneByOne(simulation, version, () => {
    simulation.state.gatewayVersion = version;
  });
}

/** Restarts the brokers one by one, the last first, with that version or their own, and then calls `done`. */
export function restartOneByOne(simulation: Simulation, version: string | undefined, done: () => void): void {
  const { state, timeline } = simulation;
  const lastFirst = [...state.brokers.values()].reverse();
  for (const [step, broker] of lastFirst.entries()) {
    timeline.after(step * timing.upgradeStep, () => {
      if (state.brokers.get(broker.id) !== broker) return;
      stopBroker(simulation, broker);
      restartBroker(simulation, broker, version);
    });
  }
  timeline.after(lastFirst.length * timing.upgradeStep, done);
}

/** Ends the process, or cancels its start. Returns whether it was running. */
function endProcess(broker: ModelBroker): boolean {
  const wasRunning = isRunning(broker);
  broker.phase = 'down';
  broker.starts += 1;
  return wasRunning;
}

function unlist(simulation: Simulation, broker: ModelBroker): void {
  broker.listed = false;
  forEachReplicaOn(simulation.state, broker, (replica, partition) => {
    replica.alive = false;
    replica.listed = false;
    if (partition.leader === broker.id) partition.leader = undefined;
    settleLeader(simulation, partition);
  });
}

/** Lets a replica rejoin at a random moment before the broker is complete. */
function rejoinAtRandom(
  simulation: Simulation,
  broker: ModelBroker,
  replica: ModelReplica,
  partition: ModelPartition,
): void {
  replica.health = 'healthy';
  const window = timing.restartedBrokerComplete - timing.restartedBrokerListed;
  const delay = 1 + Math.floor(partition.tenant.random() * (window - 1));
  planUnlessRepeated(simulation, broker, 'starts', delay, () => {
    if (partition.replicas.includes(replica)) rejoin(simulation, replica, partition);
  });
}

function rejoin(simulation: Simulation, replica: ModelReplica, partition: ModelPartition): void {
  replica.alive = true;
  replica.listed = true;
  settleLeader(simulation, partition);
}

/** Plans an action, which is skipped if the broker has crashed or started again by then, or has been removed. */
function planUnlessRepeated(
  { state, timeline }: Simulation,
  broker: ModelBroker,
  counter: 'crashes' | 'starts',
  delay: number,
  action: () => void,
): void {
  const count = broker[counter];
  timeline.after(delay, () => {
    if (state.brokers.get(broker.id) === broker && broker[counter] === count) action();
  });
}
