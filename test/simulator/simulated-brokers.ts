import { once } from 'node:events';
import { type ClusterModelOptions, simulateCluster } from '../../src/simulator/cluster-model.ts';
import { type GatewayOptions, startGateway } from '../../src/simulator/gateway.ts';
import { findTenant, type ModelBroker, type ModelState } from '../../src/simulator/model-state.ts';
import { timing } from '../../src/simulator/model-timing.ts';
import type { SimulatedEvent } from '../../src/simulator/simulated-events.ts';
import { wallClock } from '../../src/simulator/wall-clock.ts';

export interface SimulatedBrokersOptions
  extends Omit<ClusterModelOptions, 'brokers' | 'script'>,
    Omit<GatewayOptions, 'port'> {
  /** The REST port of the gateway in each broker; there is one broker for each port. */
  readonly ports: readonly number[];
}

export interface SimulatedBroker {
  /** Does nothing if it runs or is being started. Its gateway serves REST after `timing.gatewayAnswers`. */
  readonly start: () => void;
  /** Kills the process (`kill -9`): its gateway's port closes at once, and the other brokers notice later. */
  readonly crash: () => Promise<void>;
  /** Stops the process gracefully. */
  readonly stop: () => Promise<void>;
  readonly phase: () => ModelBroker['phase'];
  /** Its role in each of its partitions of the physical tenant `default`, by partition id. */
  readonly roles: () => Readonly<Record<string, 'leader' | 'follower'>>;
}

/** Creates the brokers of one cluster, each with a gateway of its own. None of them is started. */
export function createSimulatedBrokers({ ports, ...options }: SimulatedBrokersOptions): readonly SimulatedBroker[] {
  const { clock = wallClock } = options;
  const model = simulateCluster({ ...options, brokers: ports.length });
  const createdAt = clock.now();
  const state = () => model.at(clock.now() - createdAt);
  const apply = (event: SimulatedEvent) => model.apply(event, clock.now() - createdAt);

  return ports.map((port, broker) => {
    const phase = () => state().brokers.get(broker)?.phase ?? 'down';
    let lifetime = new AbortController();
    let gateway = Promise.resolve();
    const end = async (type: 'broker-crashes' | 'broker-stops') => {
      apply({ type, broker });
      lifetime.abort();
      await gateway;
    };
    apply({ type: 'broker-stops', broker });
    return {
      start() {
        if (phase() !== 'down') return;
        apply({ type: 'broker-restarts', broker });
        lifetime = new AbortController();
        gateway = runGateway(state, { ...options, port }, lifetime.signal);
      },
      crash: () => end('broker-crashes'),
      stop: () => end('broker-stops'),
      phase,
      roles: () => rolesOf(broker, state()),
    };
  });
}

/** Runs the gateway of a broker that is being started, until the signal aborts. */
async function runGateway(state: () => ModelState, options: GatewayOptions, signal: AbortSignal): Promise<void> {
  const { clock = wallClock } = options;
  const startedAt = clock.now();
  await clock.sleep(timing.gatewayAnswers, signal);
  if (signal.aborted) return;
  const knowsTopology = () => clock.now() - startedAt >= timing.gatewayKnowsTopology;
  const gateway = await startGateway(
    () => (knowsTopology() ? state() : { ...state(), gatewayKnowsTopology: false }),
    options,
  );
  if (!signal.aborted) await once(signal, 'abort');
  await gateway.close();
}

function rolesOf(broker: number, { tenants }: ModelState): Readonly<Record<string, 'leader' | 'follower'>> {
  const { partitions } = findTenant(tenants);
  const own = partitions.filter(({ replicas }) => replicas.some((replica) => replica.broker === broker));
  return Object.fromEntries(own.map(({ id, leader }) => [id, leader === broker ? 'leader' : 'follower']));
}
