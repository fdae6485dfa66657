import type { VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';
import { describe, expect, it } from 'vitest';
import { readDashboard } from '../e2e/dashboards/dashboard.ts';
import { interpolate, type Selection, stepOf, type View } from '../e2e/dashboards/interpolate.ts';
import { parseQuery } from '../prometheus/promql.ts';

const { variables } = readDashboard('overview');
const view: View = { from: 1_000, to: 11_800, scrapeInterval: 15, maxDataPoints: 720 };
const selection: Selection = { job: 'all', instance: ['a:1'], zeebe_cluster: ['payments', 'orders'] };
const filled = (query: string, selected: Selection = selection) => interpolate(query, view, variables, selected);

describe('interpolation of Grafana variables', () => {
  it('inserts the value for all, a single value, and several values in parentheses', () => {
    expect(filled('up{job=~"$job", instance=~"$instance"}')).toBe('up{job=~".+", instance=~"a:1"}');
    expect(filled('up{zeebe_cluster=~"$zeebe_cluster|"}')).toBe('up{zeebe_cluster=~"(payments|orders)|"}');
  });

  it('supports names in braces', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana
    expect(filled('${job}')).toBe('.+');
  });

  it('escapes special characters of regular expressions, for a string in PromQL', () => {
    const query = filled('up{zeebe_cluster=~"$zeebe_cluster"}', { zeebe_cluster: ['eu.west (1)'] });
    expect(query).toBe(String.raw`up{zeebe_cluster=~"eu\\.west \\(1\\)"}`);
    expect(() => parseQuery(query)).not.toThrow();
  });

  it('escapes nothing for a variable of one value, as Grafana does', () => {
    const one: VariableModel[] = variables.map((variable) => ({ ...variable, multi: false, includeAll: false }));
    expect(interpolate('$zeebe_cluster', view, one, { zeebe_cluster: ['a.b'] })).toBe('a.b');
  });

  it.each([
    { what: 'a step', query: '[$__interval]', becomes: '[15s]' },
    { what: 'four scrapes, or a step and one', query: '[$__rate_interval]', becomes: '[60s]' },
    { what: 'the time shown', query: '[$__range]', becomes: '[10800s]' },
    { what: 'what is no variable', query: 'label_replace(x, "a", "$1", "b", "(.+)")', becomes: '' },
  ])('fills in $what', ({ query, becomes }) => {
    expect(filled(query)).toBe(becomes || query);
  });

  it('uses a rate interval of at least a step and a scrape interval', () => {
    const wide: View = { ...view, to: view.from + 86_400 };
    expect(stepOf(wide)).toBe(120);
    expect(interpolate('$__rate_interval', wide, variables, selection)).toBe('135s');
  });

  it('rejects an unknown variable, an empty selection, and all if the variable does not allow it', () => {
    expect(() => filled('$cluster')).toThrow('no variable cluster');
    expect(() => filled('$job', {})).toThrow('no variable job');
    const withoutAll: VariableModel[] = variables.map((variable) => ({ ...variable, includeAll: false }));
    expect(() => interpolate('$zeebe_cluster', view, withoutAll, { zeebe_cluster: 'all' })).toThrow('no variable');
  });
});
