import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { bucketBound, type Format, formats, labels } from '../../src/metrics/family.ts';
import { type Answer, type AnswerReplica, anyAnswer, anyText, idOf, reordered } from '../arbitraries.ts';
import { succeeded } from '../polls.ts';
import { topologyOf } from '../topologies.ts';
import { pageOf, readPage, sample, samplesOf } from './pages.ts';
import type { Family } from './strict-parser.ts';

// Many runs of the property tests on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

/** A set of samples without their values. */
type Series = ReadonlySet<string>;

function seriesOf(families: ReadonlyMap<string, Family>, name: string, value?: number): Series {
  const samples = samplesOf(families, name).filter((each) => value === undefined || each.value === value);
  return new Set(samples.map(({ labels: { zeebe_cluster: _, ...own } }) => series(own)));
}

function series(own: Readonly<Record<string, string | number>>): string {
  return JSON.stringify(Object.entries(own).map(([label, value]) => [label, String(value).toWellFormed()]));
}

const roles = ['leader', 'follower', 'inactive'];
const healths = ['healthy', 'unhealthy', 'dead'];
const states = ['joining', 'active', 'leaving', 'recovering'];

/** The expected value of a label: as in the answer if it is known, else `unknown`. */
function knownValue(known: readonly string[], value: string | null): string {
  return value !== null && known.includes(value) ? value : 'unknown';
}

function ofReplicas(answer: Answer, one: (replica: AnswerReplica) => Readonly<Record<string, string>>): Series {
  return new Set(
    answer.brokers.flatMap((broker) =>
      broker.partitions.map((replica) =>
        series({ broker: idOf(broker), partition: replica.partitionId, ...one(replica) }),
      ),
    ),
  );
}

async function read(answer: Answer, format: Format, cluster = 'production') {
  const polled = { results: [succeeded(topologyOf(answer))], config: { name: cluster } };
  return readPage(await pageOf(format, polled), format);
}

describe.each(formats)('any topology in the format %s', (format) => {
  it('is read back from the page with the same facts', async () => {
    await fc.assert(
      fc.asyncProperty(anyAnswer, async (answer) => {
        const families = await read(answer, format);
        const replicas = answer.brokers.flatMap(({ partitions }) => partitions);

        expect(seriesOf(families, 'broker_up', 1)).toEqual(
          new Set(answer.brokers.map((broker) => series({ broker: idOf(broker) }))),
        );
        expect(seriesOf(families, 'broker_info')).toEqual(
          new Set(
            answer.brokers.map((broker) => {
              const { host, port, version } = broker;
              return series({ broker: idOf(broker), host, port, version });
            }),
          ),
        );
        expect(seriesOf(families, 'partition_role', 1)).toEqual(
          ofReplicas(answer, ({ role }) => ({ role: knownValue(roles, role) })),
        );
        expect(seriesOf(families, 'partition_health', 1)).toEqual(
          ofReplicas(answer, ({ health }) => ({ health: knownValue(healths, health) })),
        );
        const withState = answer.brokers.map((broker) => ({
          ...broker,
          partitions: broker.partitions.filter(({ state }) => state !== undefined),
        }));
        expect(seriesOf(families, 'partition_state', 1)).toEqual(
          ofReplicas({ ...answer, brokers: withState }, ({ state = '' }) => ({ state: knownValue(states, state) })),
        );
        expect(samplesOf(families, 'partition_role')).toHaveLength(4 * replicas.length);
        expect(samplesOf(families, 'partition_health')).toHaveLength(4 * replicas.length);

        const counted = Array.from({ length: Math.max(0, answer.partitionsCount) }, (_, index) => index + 1);
        const ids = new Set([...counted, ...replicas.map(({ partitionId }) => partitionId)]);
        expect(seriesOf(families, 'partition_has_leader')).toEqual(
          new Set([...ids].map((partition) => series({ partition }))),
        );
        expect(seriesOf(families, 'partition_has_leader', 1)).toEqual(
          new Set(replicas.flatMap((one) => (one.role === 'leader' ? series({ partition: one.partitionId }) : []))),
        );
        expect(samplesOf(families, 'cluster_health').filter(({ value }) => value === 1)).toHaveLength(1);
        const { gatewayVersion: version, clusterId: cluster_id = '' } = answer;
        expect(seriesOf(families, 'gateway_info')).toEqual(new Set(version === '' ? [] : [series({ version })]));
        expect(seriesOf(families, 'cluster_info')).toEqual(new Set(cluster_id === '' ? [] : [series({ cluster_id })]));
      }),
      { numRuns: 200 },
    );
  });

  it('has the name of its cluster in every sample, whatever the name', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, anyAnswer, async (cluster, answer) => {
        const samples = [...(await read(answer, format, cluster)).values()].flatMap((family) => family.samples);
        expect(new Set(samples.map((each) => each.labels.zeebe_cluster))).toEqual(new Set([cluster.toWellFormed()]));
      }),
      { numRuns: 50 },
    );
  });

  it('has the same page, whatever the order of its brokers and partitions', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyAnswer.chain((answer) => fc.tuple(fc.constant(answer), reordered(answer))),
        async ([answer, other]) => {
          const page = (each: Answer) => pageOf(format, { results: [succeeded(topologyOf(each))] });
          expect(await page(other)).toBe(await page(answer));
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('a sample of the exposition', () => {
  it.each([
    [0, '0'],
    [-0, '0'],
    [-1, '-1'],
    [1.5, '1.5'],
    [1767225600.25, '1767225600.25'],
    [1e21, '1e+21'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ])('writes %d as %s', (value, text) => {
    expect(sample('a', '', value)).toBe(`a ${text}\n`);
  });

  it('escapes backslash, quote and line feed, and nothing else', () => {
    expect(sample('a', labels({ x: 'C:\\n "\n"\t\r\u2028é🦓' }), 1)).toBe('a{x="C:\\\\n \\"\\n\\"\t\r\u2028é🦓"} 1\n');
  });
});

describe('the bound of a bucket', () => {
  it.each([
    [1, '1.0'],
    [30, '30.0'],
    [2.5, '2.5'],
    [0.005, '0.005'],
    ['+Inf', '+Inf'],
  ])('%s is written %s', (le, text) => {
    expect(bucketBound(le)).toBe(text);
  });
});
