import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { best, falling, missing } from '../../bench/check.ts';
import type { Figure } from '../../bench/figure.ts';
import { shipped } from '../../bench/shipped.ts';
import { topologyDocument } from '../../bench/sizes.ts';
import { interleaved, ratios, spread } from '../../bench/statistics.ts';
import { parseWrk } from '../../bench/wrk.ts';
import { parseTopology } from '../../src/zeebe/parse.ts';
import { atOnce } from '../at-once.ts';

const output = `Running 2s test @ http://127.0.0.1:1/
  1 threads and 2 connections
  Latency Distribution
     50%  996.59ms
     99%    1.03s 
  4 requests in 4.02s, 790.54KB read
Requests/sec:      1.25
Transfer/sec:    196.74KB
`;

describe('the output of wrk', () => {
  it('is parsed to rate and latency', () => {
    expect(parseWrk(output)).toEqual({ requestsPerSecond: 1.25, p99: 1030 });
    expect(parseWrk(output.replace('1.03s', '7.50us')).p99).toBeCloseTo(0.0075);
  });

  it.each([
    'Socket errors: connect 0, read 1, write 0, timeout 0',
    'Non-2xx or 3xx responses: 4',
  ])('is rejected if requests failed: %s', (failure) => {
    expect(() => parseWrk(`${output}  ${failure}\n`)).toThrow('expected only responses with status 200');
  });
});

describe('benchmark runs', () => {
  it('alternate between the sides', async () => {
    const order: string[] = [];
    const side = (name: string) => async () => order.push(name);
    expect(await interleaved(2, { a: side('a'), b: side('b') })).toEqual({ a: [1, 3], b: [2, 4] });
    expect(order).toEqual(['a', 'b', 'a', 'b']);
  });

  it('are summarized as median and range, and as ratios per round', () => {
    expect(spread([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 });
    expect(spread([4, 1, 2, 3]).median).toBe(2.5);
    expect(ratios([2, 9], [1, 3])).toEqual({ median: 2.5, least: 2, most: 3 });
  });
});

describe('the benchmark check', () => {
  const figure = (median: number, more: Partial<Figure> = {}): Figure => ({
    what: 'a',
    target: 1,
    unit: 'times',
    better: 'more',
    reached: { median, least: median, most: median },
    detail: 'of what',
    ...more,
  });

  it.each([
    ['more is better', 'more', 10, 7, 6.9],
    ['less is better', 'less', 7, 10, 10.1],
  ] as const)('accepts 0.7 of the committed figure and rejects less if %s', (_what, better, was, enough, tooBad) => {
    expect(falling([figure(was, { better })], [figure(enough, { better })])).toEqual([]);
    expect(falling([figure(was, { better })], [figure(tooBad, { better })])).toHaveLength(1);
  });

  it.each([
    ['more is better', 'more', 10, { median: 6, least: 5, most: 7 }, { median: 6, least: 5, most: 6.9 }],
    ['less is better', 'less', 7, { median: 11, least: 10, most: 12 }, { median: 11, least: 10.1, most: 12 }],
  ] as const)('rejects longer runs only if all of them are below the limit, if %s', (_what, better, was, oneEnough, allFallen) => {
    expect(falling([figure(was, { better })], [figure(0, { better, reached: oneEnough })], best)).toEqual([]);
    expect(falling([figure(was, { better })], [figure(0, { better, reached: allFallen })], best)).toHaveLength(1);
  });

  it('rejects a missing figure', () => {
    expect(missing([figure(1)], [])).toEqual(['a: expected a figure, got none']);
    expect(missing([figure(1)], [figure(2)])).toEqual([]);
  });

  it('ignores figures that depend on the machine, and those that are not checked', () => {
    const megabytes = figure(1, { unit: 'MB', better: 'less' });
    expect(falling([megabytes], [figure(9)])).toEqual([]);
    expect(missing([megabytes], [])).toEqual([]);
    const unchecked = figure(1, { isUnchecked: true, better: 'less' });
    expect(falling([unchecked], [figure(9)])).toEqual([]);
    expect(missing([unchecked], [])).toEqual([]);
  });
});

describe('the benchmark topologies', () => {
  it.each(['S', 'M', 'L'] as const)('are valid, and differ by variant: %s', (size) => {
    expect(atOnce(parseTopology(topologyDocument(size)))).toMatchObject({ ok: true });
    expect(topologyDocument(size, 1)).not.toBe(topologyDocument(size));
  });
});

describe('the exporter that is measured', () => {
  it.each([
    'Dockerfile',
    'examples/systemd/zeebe-topology-exporter.service',
  ])('has the malloc settings of %s', (file) => {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    const settings = [...text.matchAll(/(?<=[ =])(MALLOC_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]);
    expect(Object.fromEntries(settings)).toEqual(shipped);
  });
});
