import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { describe, expect, it } from 'vitest';
import { lines, timeline } from '../../grafana/graphs.ts';
import { verdictStates } from '../../grafana/states.ts';
import { grid, table } from '../../grafana/tables.ts';
import type { Series } from '../e2e/dashboards/prometheus.ts';
import { shown } from '../e2e/dashboards/shown.ts';

const spec = { title: 'It', description: 'Shows.', width: 24, height: 8 };

describe('the simulated rendering of a panel', () => {
  it('names series by their legend, and shows the last value', () => {
    const panel = lines({ ...spec, unit: 's', queries: [{ expr: 'x', legend: '{{zeebe_cluster}}: {{reason}}' }] });
    const series: Series = {
      labels: { zeebe_cluster: 'a' },
      values: new Map([
        [1, 5],
        [2, 6],
      ]),
    };
    expect(shown(panel.build(), [[series]])).toEqual([{ name: 'a: ', value: 6 }]);
  });

  it('shows the mapped text of a value', () => {
    const panel = timeline({ ...spec, queries: [{ expr: 'x', legend: 'x' }], states: verdictStates });
    expect(shown(panel.build(), [[one({}, 2), one({}, 9)]])).toEqual([
      { name: 'x', value: 'unhealthy' },
      { name: 'x', value: 9 },
    ]);
  });

  const columns = table({
    ...spec,
    labels: [
      { title: 'Cluster', label: 'zeebe_cluster' },
      { title: 'Broker', label: 'broker' },
    ],
    values: [{ title: 'Verdict', expr: 'a', states: verdictStates }, { expr: 'b' }, { title: 'Size', expr: 'c' }],
    sortBy: 'Cluster',
    noValue: '–',
  }).build();

  it('merges results with the same labels, or with more, into one row', () => {
    const answers = [
      [one({ zeebe_cluster: 'a' }, 0), one({ zeebe_cluster: 'b' }, 3)],
      [one({ zeebe_cluster: 'a', broker: '1' }, 1)],
      [one({ zeebe_cluster: 'a' }, 7), one({ zeebe_cluster: 'c' }, 8)],
    ];
    expect(shown(columns, answers)).toEqual([
      { Cluster: 'a', Verdict: 'healthy', Broker: '1', Size: 7 },
      { Cluster: 'b', Verdict: 'unknown' },
      { Cluster: 'c', Size: 8 },
    ]);
  });

  it('adds a row for contradicting labels', () => {
    const answers = [
      [one({ zeebe_cluster: 'a' }, 0)],
      [one({ zeebe_cluster: 'a', broker: '1' }, 1), one({ zeebe_cluster: 'a', broker: '2' }, 1)],
      [],
    ];
    expect(shown(columns, answers)).toEqual([
      { Cluster: 'a', Verdict: 'healthy', Broker: '1' },
      { Cluster: 'a', Broker: '2' },
    ]);
  });

  it('omits the fields that a table with one query excludes', () => {
    const panel = table({ ...spec, labels: [], values: [{ expr: 'a' }], sortBy: '', noValue: '–' }).build();
    expect(shown(panel, [[one({ reason: 'dns', __name__: 'x', pod: 'y' }, 1)]])).toEqual([{ reason: 'dns' }]);
  });

  it('arranges a grid by two labels, with columns in numeric order', () => {
    const panel = grid({
      ...spec,
      expr: 'a',
      rowLabel: 'broker',
      columnLabel: 'partition',
      states: verdictStates,
      noValue: '',
    });
    const cell = (broker: string, partition: string, value: number) => one({ broker, partition }, value);
    const [first, second] = shown(panel.build(), [[cell('0', '10', 0), cell('0', '2', 1), cell('1', '2', 2)]]);
    expect(first).toEqual({ 'broker\\partition': '0', '2': 'degraded', '10': 'healthy' });
    expect(second).toEqual({ 'broker\\partition': '1', '2': 'unhealthy' });
  });

  it('throws for a panel that it does not support', () => {
    const panel: Panel = { type: 'table', transformations: [{ id: 'reduce', options: {} }] };
    expect(() => shown(panel, [])).toThrow('reduce');
  });
});

function one(labels: Readonly<Record<string, string>>, value: number): Series {
  return { labels, values: new Map([[1, value]]) };
}
