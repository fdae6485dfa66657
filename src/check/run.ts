import type { Clock } from '../clock.ts';
import type { CheckOutput } from '../config/command-line.ts';
import { ConfigError, type Notice } from '../config/problem.ts';
import { checkCluster } from './check.ts';
import { forPeople } from './for-people.ts';
import { type ClusterReport, jsonOfProblems, jsonReport } from './for-scripts.ts';
import type { Step, Target } from './step.ts';

export interface RunOptions {
  readonly output: CheckOutput;
  readonly withColours: boolean;
  readonly write: (text: string) => void;
  /** What is no part of the output. */
  readonly warn: (text: string) => void;
  readonly clock: Clock;
  /** Ends the run; nothing more is written. */
  readonly signal: AbortSignal;
}

interface Loaded {
  readonly clusters: readonly Target[];
  readonly notices: readonly Notice[];
}

/**
 * Checks one cluster after the other. Resolves to the exit code: 0 where each of them can be polled, else 1. Where the
 * configuration cannot be used, JSON says so too; text leaves the `ConfigError` to the caller.
 */
export async function runCheck(load: () => Loaded, options: RunOptions): Promise<0 | 1> {
  const { output, write, warn } = options;
  try {
    const { clusters, notices } = load();
    for (const { message, variables } of notices) warn(`${message}: ${variables.join(', ')}\n`);
    return await checkAll(clusters, options);
  } catch (error) {
    if (!(error instanceof ConfigError) || output === 'text') throw error;
    write(jsonOfProblems(error.problems));
    return 1;
  }
}

async function checkAll(targets: readonly Target[], options: RunOptions): Promise<0 | 1> {
  const { output, withColours, write, signal } = options;
  const people = forPeople(withColours);
  const tell = output === 'text' ? write : () => {};
  const reports: ClusterReport[] = [];
  for (const target of targets) {
    tell(people.heading(target));
    const steps: Step[] = [];
    for await (const step of checkCluster(target, options)) {
      if (signal.aborted) return 1;
      tell(people.step(step));
      steps.push(step);
    }
    tell('\n');
    reports.push({ name: target.config.name, ok: steps.at(-1)?.status === 'ok', steps });
  }
  const failed = reports.filter(({ ok }) => !ok).map(({ name }) => name);
  write(output === 'json' ? jsonReport(reports) : people.summary(failed, reports.length));
  return failed.length === 0 ? 0 : 1;
}
