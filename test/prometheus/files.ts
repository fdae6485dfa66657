import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

const root = new URL('../../', import.meta.url);

export function read(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

export function list(folder: string): readonly string[] {
  return readdirSync(new URL(`${folder}/`, root));
}

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly keep_firing_for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<'summary' | 'description' | 'runbook_url', string>>;
}

interface RuleFile<Rule> {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

export function alertsOf(text: string): readonly AlertRule[] {
  const file: RuleFile<AlertRule> = parse(text);
  return file.groups.flatMap(({ rules }) => rules);
}

export const alerts = alertsOf(read('prometheus/alerts.yaml'));

const recordingFile: RuleFile<{ readonly record: string; readonly expr: string }> = parse(
  read('prometheus/recording.yaml'),
);
export const recordings = recordingFile.groups.flatMap(({ rules }) => rules);

/** A file of unit tests for promtool; see https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/. */
export interface UnitTests {
  readonly evaluation_interval: string;
  readonly tests: readonly {
    readonly name: string;
    readonly alert_rule_test?: readonly {
      readonly eval_time: string;
      readonly alertname: string;
      readonly exp_alerts: readonly unknown[];
    }[];
    readonly promql_expr_test?: readonly {
      readonly eval_time: string;
      readonly expr: string;
      readonly exp_samples: readonly { readonly labels: string }[];
    }[];
  }[];
}

export function unitTests(file: string): UnitTests {
  return parse(read(`prometheus/tests/${file}`));
}

/** Returns the seconds of a Prometheus duration such as `1h30m`. */
export function secondsOf(duration: string): number {
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
  return [...duration.matchAll(/(\d+)([smhd])/g)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (units[unit] ?? Number.NaN),
    0,
  );
}
