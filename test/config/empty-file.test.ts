import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createReload } from '../../src/cluster/reload.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { memoryLog } from '../memory-log.ts';
import { complaints, fileWith, load } from './loading.ts';

/** A whole cluster in the environment: what must not take the place of an empty file. */
const env = { ZEEBE_REST_ADDRESS: 'http://zeebe:8080' };

const emptyFiles = {
  nothing: '',
  blanks: ' \n\t\n',
  'a byte order mark': '\uFEFF',
  comments: '# clusters:\n#   - name: one\n',
  'the start of a document': '---\n',
  'the start and the end of a document': '---\n...\n',
  null: 'null\n',
  '~': '~',
  'an empty mapping': '{}',
  'a byte order mark and a comment': '\uFEFF# later\n',
};

describe.each(Object.entries(emptyFiles))('a configuration file with %s', (_content, file) => {
  it('is an error, whatever the environment describes', () => {
    const expected = ['conf/exporter.yml: expected clusters or other settings, found an empty file'];
    expect(complaints({ file })).toEqual(expected);
    expect(complaints({ file, env })).toEqual(expected);
  });

  it('changes nothing at a reload, which fails', async () => {
    const started = load({ file: fileWith() }).config;
    const results: boolean[] = [];
    const { reload } = createReload({
      load: async () => load({ file, env }),
      started,
      apply: () => Promise.reject(new Error('the clusters were replaced')),
      record: (ok) => results.push(ok),
      logger: memoryLog().logger,
      clock: systemClock,
    });
    expect(await reload()).toEqual({ ok: false, message: expect.stringContaining('found an empty file') });
    expect(results).toEqual([false]);
  });
});

describe('clusters without any', () => {
  it.each([
    ['clusters:', 'an empty value'],
    ['clusters: null', 'an empty value'],
    ['clusters: ~', 'an empty value'],
    ['clusters: []', 'an empty list'],
    ['clusters: # - name: one', 'an empty value'],
    ['clusters: {}', 'a mapping'],
    ['clusters: ""', 'text'],
    ['clusters: { x-shared: {} }', 'a mapping with a mapping in it'],
  ])('is an error, whatever the environment describes: %s', (file, found) => {
    const expected = `conf/exporter.yml:1: clusters: expected a list of at least one cluster, found ${found}`;
    expect(complaints({ file })).toEqual([expected]);
    expect(complaints({ file, env })).toEqual([expected]);
  });

  it('is a list of one that says nothing', () => {
    expect(complaints({ file: 'clusters:\n  -\n', env })).toEqual([
      'conf/exporter.yml:2: clusters[0]: expected a mapping, found an empty value',
    ]);
  });
});

/** None where the file is refused. */
function namesIn(file: string): readonly string[] {
  try {
    return load({ file }).config.clusters.map(({ name }) => name);
  } catch (error) {
    if (error instanceof ConfigError) return [];
    throw error;
  }
}

describe('a file that was cut', () => {
  const whole = `poll_interval: 20s\n${fileWith('headers: { X-A: b }')}\n`;

  it('never describes the local cluster, wherever the cut is', () => {
    for (let length = 0; length <= whole.length; length++) {
      const file = whole.slice(0, length);
      expect(namesIn(file), file).not.toContain('default');
    }
    expect(namesIn(whole)).toEqual(['one']);
  });

  it('is an error where its clusters are gone and the environment has none', () => {
    expect(complaints({ file: 'poll_interval: 20s\n' })).toEqual([
      'conf/exporter.yml: clusters: expected clusters, or a cluster that variables describe (ZEEBE_REST_ADDRESS and others), found neither',
    ]);
    expect(complaints({ file: 'poll_interval: 20s\n', env: { ZEEBE_POLL_INTERVAL: '1m' } })).toHaveLength(1);
  });
});

it('a file without clusters leaves the cluster to the environment', () => {
  const { config } = load({ file: 'poll_interval: 20s\n', env });
  expect(config.clusters).toMatchObject([{ name: 'default', pollInterval: 20_000 }]);
});

it('only keys that are shared are no clusters', () => {
  expect(complaints({ file: 'x-shared: &shared { client_id: a }\n', env })).toEqual([
    'conf/exporter.yml: expected clusters or other settings, found only keys that begin with x-',
  ]);
});
