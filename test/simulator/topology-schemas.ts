import { Ajv, type ErrorObject } from 'ajv';

/** Returns the schema of an object that has exactly these properties. */
const object = (properties: Readonly<Record<string, unknown>>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

const list = (items: unknown) => ({ type: 'array', items });
const string = { type: 'string' };
const nullableString = { type: ['string', 'null'] };
const integer = { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };
const oneOf = (...values: readonly string[]) => ({ enum: values });

const partitions = list(
  object({
    partitionId: { ...integer, minimum: 1, maximum: 8_192 },
    role: oneOf('leader', 'follower', 'inactive'),
    health: oneOf('healthy', 'unhealthy', 'dead'),
    state: oneOf('unknown', 'joining', 'active', 'leaving', 'recovering'),
  }),
);
const broker = { brokerId: string, host: string, port: integer, version: string };
const tenant = { partitionsCount: integer, replicationFactor: integer, lastCompletedChangeId: string };

/** The documented answer of `/v2/topology` of 8.10, with or without the prefix of a physical tenant. */
const topology = object({
  clusterId: nullableString,
  clusterSize: integer,
  gatewayVersion: string,
  ...tenant,
  brokers: list(object({ nodeId: integer, ...broker, partitions })),
});

/** The documented answer of `/cluster/v2/topology`. */
const clusterTopology = object({
  clusterId: nullableString,
  clusterSize: integer,
  gatewayVersion: nullableString,
  brokers: list(object(broker)),
  physicalTenants: list(
    object({
      physicalTenantId: { type: 'string', pattern: '^[a-z0-9]{1,64}$' },
      ...tenant,
      brokers: list(object({ brokerId: string, partitions })),
    }),
  ),
});

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
const validators = { topology: ajv.compile(topology), clusterTopology: ajv.compile(clusterTopology) };

/** Returns what in a document differs from the documented shape. */
export function differences(kind: keyof typeof validators, document: unknown): readonly ErrorObject[] {
  const validate = validators[kind];
  validate(document);
  return validate.errors ?? [];
}
