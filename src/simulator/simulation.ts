import type { MutableModelState } from './model-state.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

/** The state of a simulated cluster and what the functions that change it need. */
export interface Simulation {
  readonly state: MutableModelState;
  /** Plans what follows later from an event. */
  readonly timeline: Timeline;
  readonly random: Random;
  readonly replicationFactor: number;
}
