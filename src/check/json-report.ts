import type { Problem } from '../config/problem.ts';
import type { Step } from './steps.ts';

/** Rises when a field goes or changes its meaning, not when one is added. */
const version = 1;

export interface ClusterReport {
  readonly name: string;
  readonly ok: boolean;
  /** The last one is the one that failed, if any. */
  readonly steps: readonly Step[];
}

export function jsonReport(clusters: readonly ClusterReport[]): string {
  return render({ version, ok: clusters.every(({ ok }) => ok), clusters });
}

/** Where the configuration cannot be used, no cluster is checked. */
export function jsonOfProblems(problems: readonly Problem[]): string {
  return render({ version, ok: false, problems, clusters: [] });
}

function render(report: unknown): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
