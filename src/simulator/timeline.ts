/** An event and the milliseconds after the start at which it happens. */
export interface Timed<Event> {
  readonly at: number;
  readonly event: Event;
}

/** With `repeatEvery` (milliseconds, more than the last event's `at`) the script repeats forever. */
export interface Script<Event> {
  readonly events: readonly Timed<Event>[];
  readonly repeatEvery?: number;
}

/**
 * Simulated time without timers. Planned actions run in order when time is advanced past them, so the result does not
 * depend on how often it is advanced.
 */
export interface Timeline {
  readonly advance: (to: number) => void;
  /** Plans `action` for `delay` milliseconds after the moment reached. */
  readonly after: (delay: number, action: () => void) => void;
}

export function createTimeline<Event>(script: Script<Event>, handle: (event: Event) => void): Timeline {
  const events = script.events.toSorted((a, b) => a.at - b.at);
  const last = events.at(-1)?.at ?? 0;
  const period = script.repeatEvery;
  if (period !== undefined && period <= last) {
    throw new RangeError(`repeatEvery must be more than the last event's ${last} ms; it is ${period}.`);
  }
  const plan: { at: number; action: () => void }[] = [];
  let reached = 0;

  const planAt = (at: number, action: () => void) => {
    const later = plan.findLastIndex((planned) => planned.at <= at) + 1;
    plan.splice(later, 0, { at, action });
  };

  const planScript = (index: number, offset: number) => {
    const next = events[index];
    if (next !== undefined) {
      planAt(offset + next.at, () => {
        handle(next.event);
        planScript(index + 1, offset);
      });
    } else if (period !== undefined && events.length > 0) {
      planScript(0, offset + period);
    }
  };
  planScript(0, 0);

  return {
    advance(to) {
      for (let next = plan[0]; next !== undefined && next.at <= to; next = plan[0]) {
        plan.shift();
        reached = next.at;
        next.action();
      }
      reached = Math.max(reached, to);
    },
    after: (delay, action) => planAt(reached + delay, action),
  };
}
