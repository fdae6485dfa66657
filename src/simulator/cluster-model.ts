import { crashBroker, restartBroker, restartOneByOne, stopBroker, upgradeCluster } from './broker-lifecycle.ts';
import { moveLeader, setReplicaHealth } from './elections.ts';
import {
  type BrokerAddress,
  defaultTenant,
  findBroker,
  findPartition,
  findTenant,
  type ModelState,
  type MutableModelState,
  type Simulation,
} from './model-state.ts';
import { addBrokers, prepareTenant, scaleCluster, setRecovering } from './scaling.ts';
import type { SimulatedEvent, TenantSizes } from './simulated-events.ts';
import { createTimeline, type Script } from './timeline.ts';

export interface ClusterModelOptions {
  /** Decides elections and the order of answers. Default 1. */
  readonly seed?: string | number;
  /** Default 3. */
  readonly brokers?: number;
  /** Default 3. */
  readonly partitions?: number;
  /** Default 3, or the number of brokers if that is smaller. */
  readonly replicationFactor?: number;
  /**
   * The physical tenants that are configured, by id, from 8.10 on. By default each has the sizes above. The tenant
   * `default` is always there, configured or not. Default none.
   */
  readonly physicalTenants?: Readonly<Record<string, Partial<TenantSizes>>>;
  /** The version of brokers and gateway, which also decides the fields of the answer. Default `8.6.0`. */
  readonly version?: string;
  /** Names of zones over which the brokers are spread; answers have them from 8.10 on. */
  readonly zones?: readonly string[];
  /** The address that each broker reports. Default `zeebe-<number>.zeebe`, port 26501. */
  readonly addressOf?: (broker: number) => BrokerAddress;
  readonly script?: Script<SimulatedEvent>;
}

export interface ClusterModel {
  /**
   * Returns the state `elapsed` milliseconds after the start, valid until the next call. Time never moves back: an
   * `elapsed` smaller than an earlier one returns the state of that earlier call.
   */
  readonly at: (elapsed: number) => ModelState;
  /** Applies an event that is not in the script. Throws a RangeError if it names what the cluster does not have. */
  readonly apply: (event: SimulatedEvent, elapsed: number) => void;
}

/** Throws a RangeError for sizes Zeebe would refuse and for a script that names what the cluster does not have. */
export function simulateCluster(options: ClusterModelOptions = {}): ClusterModel {
  if (options.script !== undefined) {
    const rehearsal = buildModel({ ...options, script: { events: options.script.events } });
    rehearsal.at(Math.max(0, ...options.script.events.map(({ at }) => at)));
  }
  return buildModel(options);
}

function buildModel(options: ClusterModelOptions): ClusterModel {
  const { seed = 1, brokers = 3, partitions = 3, replicationFactor = Math.min(3, brokers), script } = options;
  const timeline = createTimeline<SimulatedEvent>(script ?? { events: [] }, (event) => applyEvent(simulation, event));
  const simulation: Simulation = { seed, state: emptyState(options), timeline, plannedChanges: 0, plannedBrokers: 0 };
  addBrokers(simulation, brokers);
  const { [defaultTenant]: ofDefault = {}, ...others } = options.physicalTenants ?? {};
  for (const [id, sizes] of [[defaultTenant, ofDefault] as const, ...Object.entries(others)]) {
    prepareTenant(simulation, id, { partitions, replicationFactor, ...sizes })();
  }
  return {
    at: (elapsed) => {
      timeline.advance(elapsed);
      return simulation.state;
    },
    apply: (event, elapsed) => {
      timeline.advance(elapsed);
      applyEvent(simulation, event);
    },
  };
}

function emptyState(options: ClusterModelOptions): MutableModelState {
  const { physicalTenants = {}, version = '8.6.0', zones = [], addressOf = defaultAddressOf } = options;
  return {
    brokers: new Map(),
    tenants: new Map(),
    tenantsConfigured: Object.keys(physicalTenants).length > 0,
    clusterSize: 0,
    gatewayVersion: version,
    zones,
    addressOf,
    gatewayKnowsTopology: true,
    httpFault: undefined,
  };
}

function defaultAddressOf(broker: number): BrokerAddress {
  return { host: `zeebe-${broker}.zeebe`, port: 26_501 };
}

function applyEvent(simulation: Simulation, event: SimulatedEvent): void {
  const { state } = simulation;
  switch (event.type) {
    case 'broker-crashes':
      crashBroker(simulation, findBroker(state, event.broker));
      break;
    case 'broker-stops':
      stopBroker(simulation, findBroker(state, event.broker));
      break;
    case 'broker-restarts':
      restartBroker(simulation, findBroker(state, event.broker), event.version);
      break;
    case 'leader-moves':
      moveLeader(simulation, findPartition(state, event.partition, event.tenant), event.to);
      break;
    case 'replica-health':
      setReplicaHealth(simulation, findPartition(state, event.partition, event.tenant), event.broker, event.health);
      break;
    case 'scale':
      scaleCluster(simulation, event);
      break;
    case 'mode-changes':
      setRecovering(simulation, findTenant(state.tenants, event.tenant), event.mode === 'recovering');
      break;
    case 'tenant-added':
      addTenant(simulation, event);
      break;
    case 'upgrade':
      upgradeCluster(simulation, event.version);
      break;
    case 'gateway-forgets':
    case 'gateway-recovers':
      state.gatewayKnowsTopology = event.type === 'gateway-recovers';
      break;
    case 'http-fault':
    case 'http-recovers':
      state.httpFault = event.type === 'http-fault' ? event.fault : undefined;
      break;
  }
}

function addTenant(
  simulation: Simulation,
  { tenant, ...sizes }: Extract<SimulatedEvent, { type: 'tenant-added' }>,
): void {
  const { state } = simulation;
  const { partitions, replicationFactor } = findTenant(state.tenants);
  const start = prepareTenant(simulation, tenant, { partitions: partitions.length, replicationFactor, ...sizes });
  restartOneByOne(simulation, undefined, () => {
    state.tenantsConfigured = true;
    start();
  });
}
