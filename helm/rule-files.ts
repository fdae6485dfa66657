import { rules } from '../prometheus/rules.ts';
import { type Duration, defaultThresholds, type Thresholds } from '../prometheus/thresholds.ts';

/** The thresholds in values.yaml. The durations of single alerts are set in `prometheusRule.alerts` instead. */
export const { holdsFor, keepsFiringFor: _, ...sharedThresholds } = defaultThresholds;

export const alertName = (name: string): string => `ZeebeTopology${name}`;

/**
 * Returns the rule files with a placeholder for each threshold, such as `${lookback}`, or
 * `${for.ZeebeTopologyBrokerMissing}` for the duration of an alert, which its description may contain as well. The
 * template of the PrometheusRule replaces them by the values.
 */
export function ruleTemplates(): ReturnType<typeof rules> {
  const { thresholds, placeholders } = marked();
  const files = rules(thresholds);
  const named = (text: string) => text.replaceAll(/\b9000\d{5}s?\b/g, (mark) => `\${${placeholders.get(mark)}}`);
  return { 'alerts.yaml': named(files['alerts.yaml']), 'recording.yaml': named(files['recording.yaml']) };
}

/** Returns thresholds that can be found in the text of the rules, and the name of the placeholder of each. */
function marked(): { readonly thresholds: Thresholds; readonly placeholders: ReadonlyMap<string, string> } {
  const placeholders = new Map<string, string>();
  const number = (name: string) => {
    const mark = 900_000_000 + placeholders.size;
    placeholders.set(`${mark}`, name);
    return mark;
  };
  const duration = (name: string): Duration => {
    const mark: Duration = `${900_000_000 + placeholders.size}s`;
    placeholders.set(mark, name);
    return mark;
  };
  const thresholds: Thresholds = {
    ...defaultThresholds,
    holdsFor: eachOf(holdsFor, (alert) => duration(`for.${alertName(alert)}`)),
    lookback: duration('lookback'),
    exporterRemembered: duration('exporterRemembered'),
    clusterRemembered: duration('clusterRemembered'),
    pollAgeSeconds: number('pollAgeSeconds'),
    successAgeSeconds: number('successAgeSeconds'),
    successRemembered: duration('successRemembered'),
    firstTokenWait: duration('firstTokenWait'),
    failureRatio: number('failureRatio'),
    failureWindow: duration('failureWindow'),
    certificateSeconds: number('certificateSeconds'),
    leaderChanges: number('leaderChanges'),
    leaderChangesWindow: duration('leaderChangesWindow'),
    leadersApart: number('leadersApart'),
  };
  return { thresholds, placeholders };
}

function eachOf<Key extends string>(
  durations: Readonly<Record<Key, Duration>>,
  change: (key: Key) => Duration,
): Readonly<Record<Key, Duration>> {
  const changed: Record<Key, Duration> = { ...durations };
  for (const key in changed) changed[key] = change(key);
  return changed;
}
