import { describe, expect, it } from 'vitest';

import { clusterAddress, issuerUrl, proxyUrl, tokenUrl } from '../../src/config/addresses.ts';
import type { Problem } from '../../src/config/problem.ts';
import { showUrl } from '../../src/config/setting.ts';
import { secretInFile } from '../../src/config/setting-files.ts';
import { parseYaml } from '../../src/config/yaml.ts';
import { complaints } from './loading.ts';

function problemsOf(text: string): readonly Problem[] {
  const problems: Problem[] = [];
  parseYaml('exporter.yml', text, problems);
  return problems;
}

describe('the number of clusters', () => {
  // What is no cluster is told at little cost, unless there are too many of them to look.
  const clusters = (count: number) => complaints({ file: `clusters:\n${'  - a\n'.repeat(count)}` });

  it('is at most 2,000', () => {
    expect(clusters(2_000)).toHaveLength(2_000);
    expect(clusters(2_001)).toEqual(['conf/exporter.yml:1: clusters: expected at most 2000 clusters, found 2001']);
  });

  it('counts each alias', () => {
    const file = `clusters:\n  - &a { name: a, address: http://a }\n${'  - *a\n'.repeat(20_000)}`;
    expect(complaints({ file })).toEqual([
      'conf/exporter.yml:1: clusters: expected at most 2000 clusters, found 20001',
    ]);
  });
});

describe('the number of values in a file', () => {
  /** The mapping, its two keys, a list of 999 and 499 lists that repeat it: 499,004 and the additional ones. */
  const file = (additional: number) =>
    `a: &a [${'x,'.repeat(999)}]\nb: [${'*a,'.repeat(498)}${'x,'.repeat(additional)}]`;

  it('is at most 500,000, each as often as aliases repeat it', () => {
    expect(problemsOf(file(996))).toEqual([]);
    expect(problemsOf(file(997))).toEqual([
      {
        place: 'exporter.yml:1:1',
        expected: 'valid YAML',
        found: 'more than 500000 values, each as often as aliases (*) repeat it',
      },
    ]);
  });

  it('is not reached by aliases of aliases of aliases', () => {
    const levels = Array.from({ length: 200 }, (_, index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`);
    expect(problemsOf(['a0: &a0 x', ...levels].join('\n'))).toHaveLength(1);
  });

  it.each(['a: &a [*a]', 'a: &a { b: *a }', 'a: &a [b, { c: [*a] }]'])('is no circle: %s', (text) => {
    expect(problemsOf(text)).toMatchObject([{ found: expect.stringContaining('inside of what it stands for') }]);
  });

  it('stays readable where it is nested too deeply', () => {
    expect(problemsOf(`${'- '.repeat(20_000)}a`)).toMatchObject([{ found: 'values that are nested too deeply' }]);
  });
});

/** Each would take from many seconds to hours if time grew with the square of the length. */
describe('a file of 1 MiB', () => {
  const mebibyte = 1024 * 1024;

  it('may have many keys, which are told from each other', () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`);
    expect(problemsOf(keys.join('\n'))).toEqual([]);
    expect(problemsOf([...keys, 'k0: 2'].join('\n'))).toEqual([
      { place: 'exporter.yml:20001:1', expected: 'valid YAML', found: 'the key k0 twice (keys are unique)' },
    ]);
  });

  it('may have many keys, none of which is known', () => {
    const keys = Array.from({ length: 10_000 }, (_, index) => `k${index}: 1`);
    const [first, ...others] = complaints({ file: keys.join('\n'), env: { ZEEBE_CLUSTER_NAME: 'a' } });
    expect(first).toMatch(/^conf\/exporter\.yml:1: k0: expected one of /);
    expect(others.at(-1)).toMatch(/^conf\/exporter\.yml:10000: k9999: expected one of /);
  });

  it('may have an address of slashes', () => {
    const file = `clusters: [{ name: a, address: "http://a${'/'.repeat(mebibyte - 100)}b" }]`;
    expect(complaints({ file })).toEqual([expect.stringContaining('a URL of at most 2048 characters')]);
  });

  it('may be a secret of newlines', () => {
    const newlines = Buffer.alloc(mebibyte, '\n');
    newlines[mebibyte - 1] = 'x'.charCodeAt(0);
    expect(() => secretInFile(newlines)).toThrow('text without control characters');
    expect(() => secretInFile(Buffer.alloc(mebibyte, '\r\n'))).toThrow('not empty');
  });

  it.each(['/', 'a', ':', 'http:', '@'])('may be shown as an address of %s', (part) => {
    for (const end of ['', '@', '\0'])
      expect(showUrl(part.repeat(mebibyte / part.length) + end).length).toBeLessThan(100);
  });
});

describe('the length of an address', () => {
  const ofLength = (length: number) => `http://zeebe/${'a'.repeat(length - 'http://zeebe/'.length)}`;

  it.each([
    ['of a cluster', clusterAddress],
    ['of a token endpoint', tokenUrl],
    ['of an issuer', issuerUrl],
    ['of a proxy', proxyUrl],
  ])('%s is at most 2,048 characters', (_whose, parse) => {
    expect(() => parse(ofLength(2_048))).not.toThrow();
    expect(() => parse(ofLength(2_049))).toThrow();
  });
});

it.each(['opensesame', 'opensesame\n', 'opensesame\r\n', 'opensesame\n\r\n\n'])('%j holds one secret', (content) => {
  expect(secretInFile(Buffer.from(content)).open()).toBe('opensesame');
});

it.each(['opensesame\r', '\nopensesame', 'open\nsesame'])('%j holds none', (content) => {
  expect(() => secretInFile(Buffer.from(content))).toThrow('text without control characters');
});
