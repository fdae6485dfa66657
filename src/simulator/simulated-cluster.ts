import { type ClusterModelOptions, simulateCluster } from './cluster-model.ts';
import { type Gateway, type GatewayOptions, startGateway } from './gateway.ts';
import type { ModelState } from './model-state.ts';
import type { SimulatedEvent } from './simulated-events.ts';
import { wallClock } from './wall-clock.ts';

export interface SimulatedClusterOptions extends ClusterModelOptions, GatewayOptions {}

export interface SimulatedCluster extends Gateway {
  readonly apply: (event: SimulatedEvent) => void;
  /** Returns the present state. */
  readonly state: () => ModelState;
}

/** Starts a simulated cluster behind one gateway. Rejects as `simulateCluster` throws, or as `server.listen` does. */
export async function startSimulatedCluster(options: SimulatedClusterOptions = {}): Promise<SimulatedCluster> {
  const { clock = wallClock } = options;
  const model = simulateCluster(options);
  const startedAt = clock.now();
  const state = () => model.at(clock.now() - startedAt);
  const gateway = await startGateway(state, options);
  return { ...gateway, apply: (event) => model.apply(event, clock.now() - startedAt), state };
}
