import { recorded } from '../topologies.ts';

/** The endpoints that the exporter requests. */
export const endpoints = ['cluster', 'token', 'discovery'] as const;
export type Endpoint = (typeof endpoints)[number];

/** Returns the body of a good response at each endpoint. `origin` is that of the endpoint. */
export const goodBodies: Readonly<Record<Endpoint, (origin: string, tokenUrl: string) => string>> = {
  cluster: () => recorded('8.6.0-3x3x3-healthy'),
  token: () => JSON.stringify(wholeToken),
  discovery: (issuer, tokenUrl) => JSON.stringify({ issuer, token_endpoint: tokenUrl }),
};

/** A topology with every possible field. */
export const wholeTopology = {
  brokers: [
    {
      nodeId: 0,
      brokerId: '0',
      host: 'zeebe-0',
      port: 26501,
      version: '8.10.0',
      partitions: [
        { partitionId: 1, role: 'leader', health: 'healthy', state: 'active' },
        { partitionId: 2, role: 'follower', health: 'healthy', state: 'active' },
      ],
    },
    { nodeId: 1, brokerId: '1', host: 'zeebe-1', port: 26501, version: '8.10.0', partitions: [] },
  ],
  clusterSize: 2,
  partitionsCount: 2,
  replicationFactor: 1,
  gatewayVersion: '8.10.0',
  clusterId: 'a-cluster',
  lastCompletedChangeId: '7',
};

export const wholeToken = { access_token: 'good-token', token_type: 'Bearer', expires_in: 300, scope: 'zeebe' };

export type Path = readonly (string | number)[];

/** Returns the document with another value at the path. */
export function replaced(document: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined || typeof document !== 'object' || document === null) return value;
  if (Array.isArray(document)) {
    return document.map((item, index) => (index === key ? replaced(item, rest, value) : item));
  }
  return { ...document, [key]: replaced(Reflect.get(document, key), rest, value) };
}
