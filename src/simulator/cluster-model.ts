import type { Broker, BrokerAddress, ClusterState, Partition, Replica } from './cluster-state.ts';
import { type ClusterEvent, type HttpFault, timing } from './events.ts';
import { pick, randomFrom } from './random.ts';
import { createTimeline, type Script } from './timeline.ts';

export interface ClusterModelOptions {
  /** Decides elections and the order of answers. Default 1. */
  readonly seed?: string | number;
  /** Default 3. */
  readonly brokers?: number;
  /** Default 3. */
  readonly partitions?: number;
  /** Default 3, or the number of brokers where there are fewer. */
  readonly replicationFactor?: number;
  /** The brokers' and the gateway's; decides the answer's shape too. Default `8.6.0`. */
  readonly version?: string;
  /** Names of zones over which the brokers are spread; seen from 8.10 on. */
  readonly zones?: readonly string[];
  /** What each broker says of its address. Default `zeebe-<number>.zeebe`, port 26501. */
  readonly addressOf?: (broker: number) => BrokerAddress;
  readonly script?: Script<ClusterEvent>;
}

export interface ClusterModel {
  /**
   * The state `elapsed` milliseconds after the start, valid until the next call. Time only moves forward: an earlier
   * moment than the last one asked for gives that last one.
   */
  readonly at: (elapsed: number) => ClusterState;
  /** Lets an event happen by hand. Throws a RangeError if it names what the cluster does not have. */
  readonly apply: (event: ClusterEvent, elapsed: number) => void;
}

/** Zeebe's `Protocol.MAXIMUM_PARTITIONS`. */
const maximumPartitions = 8_192;

/** Throws a RangeError for sizes Zeebe would refuse and for a script that names what the cluster does not have. */
export function simulateCluster(options: ClusterModelOptions = {}): ClusterModel {
  if (options.script !== undefined) {
    const rehearsal = buildModel({ ...options, script: { events: options.script.events } });
    rehearsal.at(Math.max(0, ...options.script.events.map(({ at }) => at)));
  }
  return buildModel(options);
}

function buildModel(options: ClusterModelOptions): ClusterModel {
  const { seed = 1, version = '8.6.0', zones = [], script = { events: [] } } = options;
  const size = options.brokers ?? 3;
  const replicationFactor = options.replicationFactor ?? Math.min(3, size);
  const majority = Math.floor(replicationFactor / 2) + 1;
  if (replicationFactor < 1) throw new RangeError(`replicationFactor must be 1 or more; it is ${replicationFactor}.`);

  const random = randomFrom(seed, 'elections');
  const brokers = new Map<number, Broker>();
  const state = {
    brokers,
    partitions: [] as Partition[],
    clusterSize: 0,
    gatewayVersion: version,
    zones,
    addressOf: options.addressOf ?? ((broker: number) => ({ host: `zeebe-${broker}.zeebe`, port: 26_501 })),
    lastCompletedChangeId: -1,
    gatewayKnowsTopology: true,
    httpFault: undefined as HttpFault | undefined,
  };
  const timeline = createTimeline(script, handle);
  let tokens = 0;
  let change = 0;

  /** Round robin, as Zeebe's own distributor: partition p's replicas are on the brokers p−1, p, p+1 … */
  const placesOf = (partition: number, clusterSize: number) =>
    Array.from({ length: replicationFactor }, (_, i) => (partition - 1 + i) % clusterSize);

  const brokerOf = (id: number): Broker => {
    const broker = brokers.get(id);
    if (broker === undefined) {
      throw new RangeError(`There is no broker ${id}: the cluster has brokers 0 to ${brokers.size - 1}.`);
    }
    return broker;
  };

  const partitionOf = (id: number): Partition => {
    const partition = state.partitions[id - 1];
    if (partition === undefined) {
      throw new RangeError(`There is no partition ${id}: the cluster has partitions 1 to ${state.partitions.length}.`);
    }
    return partition;
  };

  const replicaOf = (partition: Partition, broker: number): Replica => {
    const replica = partition.replicas.find((candidate) => candidate.broker === broker);
    if (replica === undefined) {
      const places = partition.replicas.map((candidate) => candidate.broker).join(', ');
      throw new RangeError(`Partition ${partition.id} has no replica on broker ${broker}: it is on brokers ${places}.`);
    }
    return replica;
  };

  const forReplicasOn = (broker: Broker, action: (replica: Replica, partition: Partition) => void) => {
    for (const partition of state.partitions) {
      for (const replica of partition.replicas) if (replica.broker === broker.id) action(replica, partition);
    }
  };

  const votes = (replica: Replica) => replica.alive && replica.state === 'active' && replica.health !== 'dead';

  /** A broker that crashed still has votes until that is noticed, but wins no election. */
  const canLead = (replica: Replica) => {
    const broker = brokers.get(replica.broker);
    return votes(replica) && broker !== undefined && isRunning(broker);
  };

  /** Raft's outcome: a leader without majority steps down; a partition with a majority and no leader elects one. */
  function settle(partition: Partition, preferred?: number): void {
    if (partition.electing) return;
    const leader = partition.replicas.find((replica) => replica.broker === partition.leader);
    if (leader !== undefined && votes(leader)) {
      if (partition.replicas.filter(votes).length < majority) partition.leader = undefined;
      return;
    }
    const candidates = partition.replicas.filter(canLead);
    if (candidates.length >= majority) {
      const elected = candidates.find(({ broker }) => broker === preferred) ?? pick(random, candidates);
      // The gateway leaves the entry of an overtaken leader out.
      if (leader !== undefined && !leader.alive) leader.listed = false;
      partition.leader = elected?.broker;
    } else if (leader === undefined || leader.alive) {
      partition.leader = undefined;
    }
    // Otherwise the dead leader stays listed until its broker is gone: nobody told the gateway of another.
  }

  /** Plans what follows from a broker's last crash or start, unless another one comes in between. */
  function follow(broker: Broker, cause: 'crash' | 'start', delay: number, action: () => void): void {
    const token = broker[cause];
    timeline.after(delay, () => {
      if (brokers.get(broker.id) === broker && broker[cause] === token) action();
    });
  }

  const isRunning = ({ phase }: Broker) => phase === 'up' || phase === 'rejoining';

  /** Ends the process, or the start under way; whether it ran. */
  function halt(broker: Broker): boolean {
    const ran = isRunning(broker);
    broker.phase = 'down';
    broker.start = ++tokens;
    return ran;
  }

  function crash(broker: Broker): void {
    if (!halt(broker)) return;
    broker.crash = ++tokens;
    follow(broker, 'crash', timing.crashNoticed, () => {
      forReplicasOn(broker, (replica, partition) => {
        replica.alive = false;
        settle(partition);
      });
    });
    follow(broker, 'crash', timing.crashedBrokerGone, () => unlist(broker));
  }

  function stop(broker: Broker): void {
    if (!halt(broker)) return;
    for (const partition of state.partitions) if (partition.leader === broker.id) electLater(partition);
    unlist(broker);
  }

  function unlist(broker: Broker): void {
    broker.listed = false;
    forReplicasOn(broker, (replica, partition) => {
      replica.alive = false;
      replica.listed = false;
      if (partition.leader === broker.id) partition.leader = undefined;
      settle(partition);
    });
  }

  function electLater(partition: Partition, preferred?: number): void {
    partition.leader = undefined;
    partition.electing = true;
    timeline.after(timing.election, () => {
      partition.electing = false;
      settle(partition, preferred);
    });
  }

  function restart(broker: Broker, newVersion: string): void {
    if (broker.phase === 'starting') return;
    if (isRunning(broker)) crash(broker);
    broker.phase = 'starting';
    broker.start = ++tokens;
    const rejoin = (replica: Replica, partition: Partition) => {
      replica.alive = true;
      replica.listed = true;
      settle(partition);
    };
    follow(broker, 'start', timing.restartedBrokerListed, () => {
      broker.phase = 'rejoining';
      broker.listed = true;
      broker.version = newVersion;
      forReplicasOn(broker, (replica, partition) => {
        replica.health = 'healthy';
        const window = timing.restartedBrokerComplete - timing.restartedBrokerListed;
        follow(broker, 'start', 1 + Math.floor(random() * (window - 1)), () => {
          if (partition.replicas.includes(replica)) rejoin(replica, partition);
        });
      });
    });
    follow(broker, 'start', timing.restartedBrokerComplete, () => {
      broker.phase = 'up';
      forReplicasOn(broker, rejoin);
    });
  }

  function addBroker(id: number): void {
    brokers.set(id, { id, phase: 'up', version: state.gatewayVersion, listed: true, crash: 0, start: 0 });
  }

  /** Adds what the new sizes need, every new replica still joining. */
  function spread(toSize: number, toPartitions: number): void {
    if (toSize < replicationFactor) {
      throw new RangeError(`${toSize} brokers cannot hold ${replicationFactor} replicas of a partition.`);
    }
    if (toPartitions < Math.max(1, state.partitions.length) || toPartitions > maximumPartitions) {
      const least = Math.max(1, state.partitions.length);
      throw new RangeError(`partitions must be ${least} to ${maximumPartitions}; it is ${toPartitions}.`);
    }
    for (let id = 0; id < toSize; id++) if (!brokers.has(id)) addBroker(id);
    for (let id = state.partitions.length + 1; id <= toPartitions; id++) {
      state.partitions.push({ id, replicas: [], leader: undefined, electing: false });
    }
    state.clusterSize = brokers.size;
    for (const partition of state.partitions) {
      for (const place of placesOf(partition.id, toSize)) {
        const present = partition.replicas.find(({ broker }) => broker === place);
        const up = brokerOf(place).phase === 'up';
        if (present?.state === 'leaving') present.state = 'joining';
        if (!present) {
          partition.replicas.push({ broker: place, alive: up, listed: up, health: 'healthy', state: 'joining' });
        }
      }
    }
  }

  /** Zeebe's scaling: new replicas join, then take over, then the replaced ones leave. */
  function scale(toSize: number, toPartitions: number): void {
    spread(toSize, toPartitions);
    const planned = ++change;
    timeline.after(timing.replicasJoined, () => {
      if (planned !== change) return;
      for (const partition of state.partitions) {
        const places = placesOf(partition.id, toSize);
        for (const replica of partition.replicas) {
          replica.state = places.includes(replica.broker) ? 'active' : 'leaving';
        }
        settle(partition);
      }
      state.lastCompletedChangeId = planned;
    });
    timeline.after(timing.replicasLeft, () => {
      if (planned !== change) return;
      for (const partition of state.partitions) {
        partition.replicas = partition.replicas.filter((replica) => replica.state !== 'leaving');
        settle(partition);
      }
      for (const id of brokers.keys()) if (id >= toSize) brokers.delete(id);
      state.clusterSize = brokers.size;
    });
  }

  function upgrade(newVersion: string): void {
    const lastFirst = [...brokers.values()].reverse();
    for (const [step, broker] of lastFirst.entries()) {
      timeline.after(step * timing.upgradeStep, () => {
        if (brokers.get(broker.id) !== broker) return;
        stop(broker);
        restart(broker, newVersion);
      });
    }
    timeline.after(lastFirst.length * timing.upgradeStep, () => {
      state.gatewayVersion = newVersion;
    });
  }

  function handle(event: ClusterEvent): void {
    switch (event.type) {
      case 'broker-crashes':
        crash(brokerOf(event.broker));
        break;
      case 'broker-stops':
        stop(brokerOf(event.broker));
        break;
      case 'broker-restarts': {
        const broker = brokerOf(event.broker);
        restart(broker, event.version ?? broker.version);
        break;
      }
      case 'leader-moves': {
        const partition = partitionOf(event.partition);
        if (event.to !== undefined) replicaOf(partition, event.to);
        const others = partition.replicas.filter(({ broker }) => broker !== partition.leader).filter(canLead);
        if (partition.leader !== undefined) electLater(partition, event.to ?? pick(random, others)?.broker);
        break;
      }
      case 'replica-health': {
        const partition = partitionOf(event.partition);
        replicaOf(partition, event.broker).health = event.health;
        settle(partition);
        break;
      }
      case 'scale':
        scale(event.brokers ?? brokers.size, event.partitions ?? state.partitions.length);
        break;
      case 'upgrade':
        upgrade(event.version);
        break;
      case 'gateway-forgets':
      case 'gateway-recovers':
        state.gatewayKnowsTopology = event.type === 'gateway-recovers';
        break;
      case 'http-fault':
        state.httpFault = event.fault;
        break;
      case 'http-recovers':
        state.httpFault = undefined;
        break;
    }
  }

  // The cluster as it is before the script begins: complete, every partition with its leader.
  spread(size, options.partitions ?? 3);
  for (const partition of state.partitions) {
    for (const replica of partition.replicas) replica.state = 'active';
    settle(partition);
  }

  return {
    at(elapsed) {
      timeline.advance(elapsed);
      return state;
    },
    apply(event, elapsed) {
      timeline.advance(elapsed);
      handle(event);
    },
  };
}
