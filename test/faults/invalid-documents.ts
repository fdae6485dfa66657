import { document } from './connection-handlers.ts';
import { type Endpoint, type Path, replaced, wholeToken, wholeTopology } from './endpoint-documents.ts';
import type { Behaviour } from './faults.ts';

type Shapes = (endpoint: Endpoint) => readonly Behaviour[];

const broker: Path = ['brokers', 0];
const partition: Path = [...broker, 'partitions', 0];

/** The fields of a topology by type. A node id is only read if there is no broker id. */
const texts: readonly Path[] = [
  ['gatewayVersion'],
  ['clusterId'],
  ...['brokerId', 'host', 'version'].map((key) => [...broker, key]),
  ...['role', 'health', 'state'].map((key) => [...partition, key]),
];
const integers: readonly Path[] = [
  ['clusterSize'],
  ['partitionsCount'],
  ['replicationFactor'],
  [...broker, 'nodeId'],
  [...broker, 'port'],
  [...partition, 'partitionId'],
];
const lists: readonly Path[] = [['brokers'], [...broker, 'partitions']];
const objects: readonly Path[] = [[], broker, partition];

const withoutBrokerId = replaced(wholeTopology, [...broker, 'brokerId'], null);

/** Marks a value of JSON that JavaScript cannot represent. */
const raw = (text: string) => `raw ${text}`;

const topologies = (paths: readonly Path[], ...values: readonly unknown[]): readonly Behaviour[] =>
  paths.flatMap((path) => {
    const base = path.at(-1) === 'nodeId' ? withoutBrokerId : wholeTopology;
    return values.map((value) => json(replaced(base, path, value)));
  });
const tokens = (key: keyof typeof wholeToken, ...values: readonly unknown[]): readonly Behaviour[] =>
  values.map((value) => json(replaced(wholeToken, [key], value)));
const json = (value: unknown): Behaviour => ({
  handle: document(JSON.stringify(value).replaceAll(/"raw ([^"]*)"/g, '$1')),
});
/** The discovery document contains its own origin, which is only known on a request. */
const discoveries = (key: string, ...values: readonly unknown[]): readonly Behaviour[] =>
  values.map((value) => ({ handle: document((good) => JSON.stringify(replaced(JSON.parse(good), [key], value))) }));

const noDocuments = [null, true, 7, 'text', [], [{}], {}];

export const wrongTypes: Shapes = (endpoint) => {
  switch (endpoint) {
    case 'cluster':
      return [
        ...noDocuments.map(json),
        ...topologies(texts, true, 7, [], {}),
        ...topologies(integers, true, [], {}),
        ...topologies(lists, true, 7, 'text', {}),
        ...topologies(objects, true, 7, 'text', []),
      ];
    case 'token':
      return [
        ...noDocuments.map(json),
        ...tokens('access_token', null, true, 7, '', 'two words', 'two\nlines', [], {}),
        ...tokens('token_type', true, 7, 'mac', [], {}),
      ];
    case 'discovery':
      return [
        ...noDocuments.map(json),
        ...discoveries('issuer', null, true, 7, 'text', 'http://issuer.example', [], {}),
        ...discoveries('token_endpoint', null, true, 7, 'text', 'ftp://127.0.0.1/token', 'data:,token', [], {}),
      ];
  }
};

export const numbersAsTexts: Shapes = (endpoint) =>
  endpoint === 'cluster' ? topologies(integers, '1') : tokens('expires_in', '300', 'abc');

export const notNumbers: Shapes = (endpoint) =>
  endpoint === 'cluster'
    ? topologies(integers, raw('1e400'), raw('-1e400'), 1.5)
    : tokens('expires_in', raw('1e400'), -5, 0.5);

export const hugeNumbers: Shapes = (endpoint) =>
  endpoint === 'cluster'
    ? [
        ...topologies(integers, 2 ** 53, raw('9'.repeat(300))),
        ...topologies([[...partition, 'partitionId'], ['partitionsCount']], 8_193),
        ...topologies([['clusterSize']], 10_001),
      ]
    : tokens('expires_in', 1e300, raw('9'.repeat(300)));

export const negativeNumbers: Shapes = () => topologies([[...partition, 'partitionId']], 0, -1, raw('-0'));

export const duplicates: Shapes = () => [
  ...topologies([['brokers', 1, 'brokerId']], '0'),
  ...topologies([[...partition, 'partitionId']], 2),
  json({ clusterSize: 2, brokers: [{ nodeId: 3 }, { nodeId: 3 }] }),
  json({ clusterSize: 2, brokers: [{ nodeId: 3 }, { brokerId: '3' }] }),
];

export const tooMany: Shapes = (endpoint) => {
  const brokers = (count: number, partitions: number) =>
    Array.from({ length: count }, (_, nodeId) => ({
      nodeId,
      partitions: Array.from({ length: partitions }, (_, index) => ({ partitionId: index + 1 })),
    }));
  const tooManyItems =
    endpoint === 'cluster' ? [json({ brokers: brokers(10_001, 0) }), json({ brokers: brokers(20, 5_001) })] : [];
  const repeated = (part: string) => ({ handle: document(`{"clusterSize":3,"brokers":[${part.repeat(1_000_001)}`) });
  return [...tooManyItems, ...['[],', '{},', '['].map(repeated)];
};
