import type { Parts } from '../clock.ts';
import type { Json } from '../json.ts';
import { integer, list, Malformed, type Masked, object, quote, text } from '../json-reader.ts';
import { omitUndefined } from '../omit-undefined.ts';
import {
  type Broker,
  type GroupBroker,
  type PartitionGroup,
  type Replica,
  type ReplicaHealth,
  type ReplicaState,
  type Role,
  replicaHealths,
  replicaStates,
  roles,
  sortedById,
  type Topology,
} from './topology.ts';

/** `Protocol.MAXIMUM_PARTITIONS` of Zeebe. */
export const maxPartitions = 8_192;
const maxBrokers = 10_000;
const maxReplicas = 100_000;
/** Lists, objects and commas. A cluster at the limits above has some 600,000. */
const maxParts = 1_000_000;

export type ParsedTopology =
  | { readonly ok: true; readonly topology: Topology }
  /** `problem` names the place, what was expected there and what was found; redacted, one line. */
  | { readonly ok: false; readonly problem: string };

/** Reads the body of an answer, in parts. A problem quotes the body after `masked` was applied. */
export type ParseTopology = (text: string, masked?: Masked) => Parts<ParsedTopology>;

/**
 * Reads the body of `GET v1/topology` or `v2/topology`. Ignores unknown fields, turns unknown roles, healths and states
 * into `unknown`, and leaves out what is absent or null.
 */
export const parseTopology = parseWith(readTopology);

/** Reads the body of `GET cluster/v2/topology` (8.10), the topology of all physical tenants, in the same way. */
export const parseWholeTopology = parseWith(readWholeTopology);

function parseWith(read: (document: unknown) => Parts<Topology>): ParseTopology {
  return function* (text, masked = (quoted) => quoted) {
    if (hasTooManyParts(text)) {
      return { ok: false, problem: `expected at most ${maxParts} lists, objects and values, got more` };
    }
    let document: unknown;
    try {
      document = JSON.parse(text);
    } catch {
      return { ok: false, problem: 'expected a JSON document, got text that is not JSON' };
    }
    yield;
    try {
      return { ok: true, topology: yield* read(document) };
    } catch (error) {
      if (error instanceof Malformed) return { ok: false, problem: error.problem(masked) };
      throw error;
    }
  };
}

const [comma, bracket, brace] = Buffer.from(',[{');

/** Protects `JSON.parse`, which turns 16 MiB of brackets into half a gigabyte and blocks all polls meanwhile. */
function hasTooManyParts(text: string): boolean {
  let parts = 0;
  for (let index = 0; index < text.length && parts <= maxParts; index++) {
    const character = text.charCodeAt(index);
    if (character === comma || character === bracket || character === brace) parts++;
  }
  return parts > maxParts;
}

const topologyKeys = ['brokers', 'clusterSize', 'partitionsCount', 'replicationFactor', 'gatewayVersion'];

function* readTopology(document: unknown): Parts<Topology> {
  const answer = object(document, 'the answer');
  // Without this, any JSON object would be the answer of a gateway that knows no topology yet.
  if (!topologyKeys.some((key) => key in answer)) {
    throw new Malformed(`expected a topology, got an object with none of ${topologyKeys.join(', ')}`);
  }
  const brokers = listedBrokers(answer, '');
  const group = { ...groupSizes(answer, 'the answer'), brokers: yield* readGroupBrokers(brokers) };
  checkReplicas([group]);
  return { ...clusterFacts(answer), brokers: brokers.map(readBroker), groups: [group] };
}

function* readWholeTopology(document: unknown): Parts<Topology> {
  const answer = object(document, 'the answer');
  if (!Array.isArray(answer.physicalTenants)) {
    throw new Malformed('expected the topology of all physical tenants, got an object without a list physicalTenants');
  }
  const brokers = listedBrokers(answer, '').map(readBroker);
  const groups = yield* readTenants(answer.physicalTenants, new Set(brokers.map(({ id }) => id)));
  checkReplicas(groups);
  return { ...clusterFacts(answer), brokers, groups };
}

function clusterFacts(answer: Json): Pick<Topology, 'clusterSize' | 'gatewayVersion' | 'clusterId'> {
  return omitUndefined({
    clusterSize: size(answer, 'clusterSize', 'the answer', maxBrokers),
    gatewayVersion: text(answer, 'gatewayVersion', 'the answer') || undefined,
    clusterId: text(answer, 'clusterId', 'the answer') || undefined,
  });
}

interface TenantGroup extends PartitionGroup {
  readonly tenant: string;
}

function* readTenants(tenants: readonly unknown[], brokers: ReadonlySet<string>): Parts<readonly TenantGroup[]> {
  const ids = new Set<string>();
  const groups: TenantGroup[] = [];
  let partitions = 0;
  for (const [index, value] of tenants.entries()) {
    const place = `physicalTenants[${index}]`;
    const group = yield* readTenant(object(value, place), place, brokers);
    if (ids.has(group.tenant)) {
      throw new Malformed((masked) => `${place}: physical tenant ${quote(group.tenant, masked)} is listed twice`);
    }
    ids.add(group.tenant);
    partitions += group.partitionsCount ?? 0;
    if (ids.size > maxPartitions || partitions > maxPartitions) {
      throw new Malformed(`physicalTenants: expected at most ${maxPartitions} partitions in all`);
    }
    groups.push(group);
  }
  return sortedById(groups, ({ tenant }) => tenant);
}

function* readTenant(json: Json, place: string, brokers: ReadonlySet<string>): Parts<TenantGroup> {
  const tenant = text(json, 'physicalTenantId', place);
  if (tenant === '') throw new Malformed(`${place}: expected a physicalTenantId, got none`);
  const listed = listedBrokers(json, `${place}.`);
  const other = listed.find(({ id }) => !brokers.has(id));
  if (other) {
    throw new Malformed(
      (masked) => `${other.place}: expected a broker that the cluster lists, got ${quote(other.id, masked)}`,
    );
  }
  return { tenant, ...groupSizes(json, place), brokers: yield* readGroupBrokers(listed) };
}

function* readGroupBrokers(listed: readonly ListedBroker[]): Parts<readonly GroupBroker[]> {
  const brokers: GroupBroker[] = [];
  for (const broker of listed) {
    brokers.push(readGroupBroker(broker));
    yield;
  }
  return brokers;
}

function groupSizes(json: Json, place: string): Omit<PartitionGroup, 'tenant' | 'brokers'> {
  return omitUndefined({
    partitionsCount: size(json, 'partitionsCount', place, maxPartitions),
    replicationFactor: size(json, 'replicationFactor', place, Number.MAX_SAFE_INTEGER),
    lastCompletedChangeId: changeId(json.lastCompletedChangeId),
  });
}

function checkReplicas(groups: readonly PartitionGroup[]): void {
  const lists = groups.flatMap(({ brokers }) => brokers.map(({ replicas }) => replicas.length));
  if (lists.reduce((sum, length) => sum + length, 0) > maxReplicas) {
    throw new Malformed(`brokers: expected at most ${maxReplicas} replicas in all`);
  }
}

interface ListedBroker {
  readonly id: string;
  readonly json: Json;
  readonly place: string;
}

/** Returns the entries of a list of brokers, sorted by id. `prefix` precedes `brokers` in the names of places. */
function listedBrokers(parent: Json, prefix: string): readonly ListedBroker[] {
  const listed = list(parent, 'brokers', prefix);
  if (listed.length > maxBrokers) {
    throw new Malformed(`${prefix}brokers: expected at most ${maxBrokers}, got ${listed.length}`);
  }
  const ids = new Set<string>();
  const brokers = listed.map((value, index) => {
    const place = `${prefix}brokers[${index}]`;
    const json = object(value, place);
    const id = brokerId(json, place);
    if (ids.has(id)) throw new Malformed((masked) => `${place}: broker ${quote(id, masked)} is listed twice`);
    ids.add(id);
    return { id, json, place };
  });
  return sortedById(brokers, ({ id }) => id);
}

/** Returns `brokerId`, which names the broker since 8.10, where `nodeId` is unique only inside a zone. */
function brokerId(broker: Json, place: string): string {
  const id = text(broker, 'brokerId', place);
  if (id !== '') return id;
  const nodeId = integer(broker, 'nodeId', place);
  if (nodeId === undefined) throw new Malformed(`${place}: expected a nodeId or a brokerId, got neither`);
  return nodeId.toString();
}

function readBroker({ id, json, place }: ListedBroker): Broker {
  return {
    id,
    host: text(json, 'host', place),
    port: integer(json, 'port', place)?.toString() ?? '',
    version: text(json, 'version', place),
  };
}

function readGroupBroker({ id, json, place }: ListedBroker): GroupBroker {
  const partitions = new Set<number>();
  const replicas = list(json, 'partitions', `${place}.`).map((value, index) => {
    const at = `${place}.partitions[${index}]`;
    const replica = readReplica(object(value, at), at);
    if (partitions.has(replica.partition)) {
      throw new Malformed(`${at}: partition ${replica.partition} is listed twice in one broker`);
    }
    partitions.add(replica.partition);
    return replica;
  });
  return { id, replicas: replicas.sort((a, b) => a.partition - b.partition) };
}

function readReplica(replica: Json, place: string): Replica {
  const partition = integer(replica, 'partitionId', place);
  if (partition === undefined || partition < 1 || partition > maxPartitions) {
    throw new Malformed(
      (masked) => `${place}.partitionId: expected 1 to ${maxPartitions}, got ${quote(replica.partitionId, masked)}`,
    );
  }
  const role = member<Role>(roles, text(replica, 'role', place));
  const health = member<ReplicaHealth>(replicaHealths, text(replica, 'health', place));
  const state = text(replica, 'state', place);
  if (state === '') return { partition, role, health };
  return { partition, role, health, state: member<ReplicaState>(replicaStates, state) };
}

function member<T extends string>(known: readonly T[], value: string): T | 'unknown' {
  return known.find((candidate) => candidate === value) ?? 'unknown';
}

/** Returns undefined for -1 and 0, which a gateway sends (seen on 8.5.8) while it knows no topology. */
function size(json: Json, key: string, place: string, max: number): number | undefined {
  const value = integer(json, key, place);
  if (value === undefined || value < 1) return undefined;
  if (value > max) throw new Malformed(`${place}.${key}: expected at most ${max}, got ${value}`);
  return value;
}

/**
 * Accepts a string as in the public specification (`"-1"` before the first change), and a number. Ignores anything
 * else.
 */
function changeId(value: unknown): number | undefined {
  if (typeof value === 'string' && /^-?\d{1,15}$/.test(value)) return Number(value);
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}
