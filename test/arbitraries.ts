import fc from 'fast-check';

/** Text as a gateway might send it, with everything that an exposition must escape, and halves of surrogate pairs. */
export const anyText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom('"', '\\', '\n', '\r', '{', '}', ',', '=', ' ', '#', '\\n', '\u0000', '\u2028', '🦓', 'ü'),
      fc.constantFrom('\ud83e', '\udd93'),
      fc.string({ unit: 'grapheme-ascii', maxLength: 3 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

export interface AnswerReplica {
  readonly partitionId: number;
  readonly role: string;
  readonly health: string | null;
  readonly state?: string;
}

export interface AnswerBroker {
  readonly nodeId: number;
  readonly brokerId?: string;
  readonly host: string;
  readonly port: number;
  readonly version: string;
  readonly partitions: readonly AnswerReplica[];
}

/** A valid topology as gateways of 8.5 to 8.10 return it, likely or not. */
export interface Answer {
  readonly clusterSize: number;
  readonly partitionsCount: number;
  readonly replicationFactor: number;
  readonly gatewayVersion: string;
  readonly clusterId?: string;
  readonly lastCompletedChangeId?: string;
  readonly brokers: readonly AnswerBroker[];
}

const replica: fc.Arbitrary<AnswerReplica> = fc.record(
  {
    partitionId: fc.integer({ min: 1, max: 6 }),
    role: fc.constantFrom('leader', 'follower', 'inactive', 'candidate'),
    health: fc.constantFrom('healthy', 'unhealthy', 'dead', 'sleepy', null),
    state: fc.constantFrom('joining', 'active', 'leaving', 'recovering', 'unknown', 'dreaming'),
  },
  { requiredKeys: ['partitionId', 'role', 'health'] },
);

const broker: fc.Arbitrary<AnswerBroker> = fc.record(
  {
    nodeId: fc.integer({ min: 0, max: 9 }),
    brokerId: fc.oneof(fc.nat({ max: 9 }).map(String), anyText),
    host: anyText,
    port: fc.integer({ min: 1, max: 65_535 }),
    version: anyText,
    partitions: fc.uniqueArray(replica, { selector: ({ partitionId }) => partitionId, maxLength: 6 }),
  },
  { requiredKeys: ['nodeId', 'host', 'port', 'version', 'partitions'] },
);

/** Returns the id that the exporter uses for a broker. */
export function idOf({ brokerId, nodeId }: AnswerBroker): string {
  return (brokerId || String(nodeId)).toWellFormed();
}

const size = fc.integer({ min: -1, max: 6 });

export const anyAnswer: fc.Arbitrary<Answer> = fc.record(
  {
    clusterSize: size,
    partitionsCount: size,
    replicationFactor: size,
    gatewayVersion: anyText,
    clusterId: anyText,
    lastCompletedChangeId: fc.oneof(fc.integer().map(String), anyText),
    brokers: fc.uniqueArray(broker, { selector: idOf, maxLength: 5 }),
  },
  { requiredKeys: ['clusterSize', 'partitionsCount', 'replicationFactor', 'gatewayVersion', 'brokers'] },
);

/** Generates the same answer with its brokers, and the partitions of each broker, in another order. */
export function reordered(answer: Answer): fc.Arbitrary<Answer> {
  const shuffled = <T>(values: readonly T[]) =>
    fc.shuffledSubarray([...values], { minLength: values.length, maxLength: values.length });
  const brokers = answer.brokers.map((each) =>
    shuffled(each.partitions).map((partitions) => ({ ...each, partitions })),
  );
  return fc
    .tuple(...brokers)
    .chain(shuffled)
    .map((order) => ({ ...answer, brokers: order }));
}

/** A valid topology of all physical tenants as gateways of 8.10 return it, likely or not. */
export interface WholeAnswer {
  readonly clusterSize: number;
  readonly gatewayVersion: string | null;
  readonly clusterId: string | null;
  readonly brokers: readonly Omit<AnswerBroker, 'nodeId' | 'partitions'>[];
  readonly physicalTenants: readonly AnswerTenant[];
}

export interface AnswerTenant {
  readonly physicalTenantId: string;
  readonly partitionsCount: number;
  readonly replicationFactor: number;
  readonly lastCompletedChangeId: string;
  readonly brokers: readonly { readonly brokerId: string; readonly partitions: readonly AnswerReplica[] }[];
}

const wholeBroker = fc.record({
  brokerId: fc.oneof(
    fc.nat({ max: 9 }).map(String),
    anyText.filter((text) => text !== ''),
  ),
  host: anyText,
  port: fc.integer({ min: 1, max: 65_535 }),
  version: anyText,
});

function tenantOn(brokerIds: readonly string[]): fc.Arbitrary<AnswerTenant> {
  const partitions = fc.uniqueArray(replica, { selector: ({ partitionId }) => partitionId, maxLength: 4 });
  return fc.record({
    physicalTenantId: fc.oneof(
      fc.constantFrom('default', 'orders', 'returns'),
      anyText.filter((text) => text !== ''),
    ),
    partitionsCount: size,
    replicationFactor: size,
    lastCompletedChangeId: fc.integer().map(String),
    brokers: fc
      .subarray([...brokerIds])
      .chain((listed) =>
        fc.tuple(...listed.map((brokerId) => fc.record({ brokerId: fc.constant(brokerId), partitions }))),
      ),
  });
}

const distinct = (id: string) => id.toWellFormed();

export const anyWholeAnswer: fc.Arbitrary<WholeAnswer> = fc
  .uniqueArray(wholeBroker, { selector: ({ brokerId }) => distinct(brokerId), maxLength: 4 })
  .chain((brokers) =>
    fc.record({
      clusterSize: size,
      gatewayVersion: fc.option(anyText),
      clusterId: fc.option(anyText),
      brokers: fc.constant(brokers),
      physicalTenants: fc.uniqueArray(tenantOn(brokers.map(({ brokerId }) => brokerId)), {
        selector: ({ physicalTenantId }) => distinct(physicalTenantId),
        maxLength: 4,
      }),
    }),
  );
