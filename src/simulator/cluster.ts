import { systemClock } from './clock.ts';
import { type ClusterModelOptions, simulateCluster } from './cluster-model.ts';
import type { ClusterState } from './cluster-state.ts';
import type { ClusterEvent } from './events.ts';
import { type Gateway, type GatewayOptions, startGateway } from './gateway.ts';

export interface SimulatedClusterOptions extends ClusterModelOptions, GatewayOptions {}

export interface SimulatedCluster extends Gateway {
  readonly apply: (event: ClusterEvent) => void;
  /** The present state. */
  readonly state: () => ClusterState;
}

/** A simulated cluster behind one gateway, listening. Throws as simulateCluster does, rejects as `server.listen` does. */
export async function startSimulatedCluster(options: SimulatedClusterOptions = {}): Promise<SimulatedCluster> {
  const { clock = systemClock } = options;
  const model = simulateCluster(options);
  const startedAt = clock.now();
  const state = () => model.at(clock.now() - startedAt);
  const gateway = await startGateway(state, options);
  return { ...gateway, apply: (event) => model.apply(event, clock.now() - startedAt), state };
}
