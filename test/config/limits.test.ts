import { describe, expect, it } from 'vitest';
import { complaints, load } from './loading.ts';

const two = [
  'clusters:',
  '  - name: one',
  '    address: http://one:8080',
  '  - name: two',
  '    address: http://two:8080',
].join('\n');

describe('the limits', () => {
  it('are absent by default', () => {
    const { config } = load({ file: two });
    expect([config.maxClusters, config.maxSeriesTotal, ...config.clusters.map(({ maxSeries }) => maxSeries)]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('are those of the file, and max_series of a cluster takes precedence over that of all', () => {
    const file = `max_clusters: 2\nmax_series: 100\nmax_series_total: 1000\n${two}\n    max_series: 50`;
    const { config } = load({ file });
    expect([config.maxClusters, config.maxSeriesTotal]).toEqual([2, 1_000]);
    expect(config.clusters.map(({ maxSeries }) => maxSeries)).toEqual([100, 50]);
  });

  it('apply to the cluster of the environment, too', () => {
    const { config } = load({ file: 'max_series: 100', env: { ZEEBE_REST_ADDRESS: 'http://zeebe:8080' } });
    expect(config.clusters.map(({ maxSeries }) => maxSeries)).toEqual([100]);
  });

  it.each([
    ['0', 'a whole number from 1, found 0'],
    ['-1', 'a whole number from 1, found -1'],
    ['1.5', 'a whole number from 1, found 1.5'],
    ['"1"', 'a number without quotes, found text'],
  ])('are refused if they are %s', (written, complaint) => {
    for (const key of ['max_clusters', 'max_series', 'max_series_total']) {
      expect(complaints({ file: `${key}: ${written}\n${two}` })).toContain(
        `conf/exporter.yml:1: ${key}: expected ${complaint}`,
      );
    }
  });

  it('are an error if more clusters are configured than max_clusters allows', () => {
    expect(complaints({ file: `max_clusters: 1\n${two}` })).toEqual([
      'conf/exporter.yml:1: max_clusters: expected at least 2, the number of clusters, found 1',
    ]);
  });
});
