import type { Effort } from './effort.ts';
import type { Figure } from './figure.ts';
import { fleet, fleetChanging } from './fleet.ts';
import { fleetFailing } from './fleet-failing.ts';
import { fleetGrowth } from './fleet-growth.ts';
import { fleetShards } from './fleet-shards.ts';
import { polls } from './polls.ts';
import { rendering } from './rendering.ts';
import { idle, memory } from './resources.ts';
import { scrapes } from './scrapes.ts';
import { stalls } from './stalls.ts';
import { start } from './start.ts';

/** The measurements whose results are ratios. */
export const ratioMeasurements = { scrapes, polls, rendering, start } as const;

export const measurements: Readonly<Record<string, (effort: Effort) => Promise<readonly Figure[]>>> = {
  ...ratioMeasurements,
  stalls,
  memory,
  idle,
  fleet,
  fleetChanging,
  fleetGrowth,
  fleetShards,
  fleetFailing,
};
