import { omitUndefined } from '../omit-undefined.ts';
import { singleLine } from '../redact.ts';
import {
  type Broker,
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
const maxPartitions = 8_192;
const maxBrokers = 10_000;
const maxReplicas = 100_000;
/** Lists, objects and commas. A cluster at the limits above has some 600,000. */
const maxParts = 1_000_000;
/** Characters. A broker's id is repeated in every series of its replicas, up to 13 per replica. */
const maxTextLength = 256;

export type ParsedTopology =
  | { readonly ok: true; readonly topology: Topology }
  /** `problem` names the place, what was expected there and what was found; redacted, one line. */
  | { readonly ok: false; readonly problem: string };

/**
 * Reads the body of `GET /v1/topology` or `/v2/topology`. Ignores unknown fields, turns unknown roles, healths and states
 * into `unknown`, and leaves out what is absent or null. A problem quotes the body after `masked` was applied.
 */
export function parseTopology(text: string, masked: Masked = (quoted) => quoted): ParsedTopology {
  if (hasTooManyParts(text)) {
    return { ok: false, problem: `expected at most ${maxParts} lists, objects and values, got more` };
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { ok: false, problem: 'expected a JSON document, got text that is not JSON' };
  }
  try {
    return { ok: true, topology: readTopology(document) };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, problem: error.problem(masked) };
    throw error;
  }
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

type Masked = (text: string) => string;

/** Ends the nested readers. Does not leave this file. */
class Malformed extends Error {
  readonly problem: (masked: Masked) => string;

  constructor(problem: string | ((masked: Masked) => string)) {
    super('not a topology');
    this.problem = typeof problem === 'string' ? () => problem : problem;
  }
}

type Json = { readonly [key: string]: unknown };

const topologyKeys = ['brokers', 'clusterSize', 'partitionsCount', 'replicationFactor', 'gatewayVersion'];

function readTopology(document: unknown): Topology {
  const answer = object(document, 'the answer');
  // Without this, any JSON object would be the answer of a gateway that knows no topology yet.
  if (!topologyKeys.some((key) => key in answer)) {
    throw new Malformed(`expected a topology, got an object with none of ${topologyKeys.join(', ')}`);
  }
  return {
    ...omitUndefined({
      clusterSize: size(answer, 'clusterSize', maxBrokers),
      partitionsCount: size(answer, 'partitionsCount', maxPartitions),
      replicationFactor: size(answer, 'replicationFactor', Number.MAX_SAFE_INTEGER),
      gatewayVersion: text(answer, 'gatewayVersion', 'the answer') || undefined,
      clusterId: text(answer, 'clusterId', 'the answer') || undefined,
      lastCompletedChangeId: changeId(answer.lastCompletedChangeId),
    }),
    brokers: readBrokers(answer),
  };
}

function readBrokers(answer: Json): readonly Broker[] {
  const listed = list(answer, 'brokers', '');
  if (listed.length > maxBrokers) {
    throw new Malformed(`brokers: expected at most ${maxBrokers}, got ${listed.length}`);
  }
  const ids = new Set<string>();
  const brokers: Broker[] = [];
  let replicas = 0;
  for (const [index, value] of listed.entries()) {
    const broker = readBroker(value, `brokers[${index}]`);
    if (ids.has(broker.id))
      throw new Malformed((masked) => `brokers[${index}]: broker ${quote(broker.id, masked)} is listed twice`);
    ids.add(broker.id);
    replicas += broker.replicas.length;
    if (replicas > maxReplicas) throw new Malformed(`brokers: expected at most ${maxReplicas} replicas in all`);
    brokers.push(broker);
  }
  return sortedById(brokers, ({ id }) => id);
}

function readBroker(value: unknown, place: string): Broker {
  const broker = object(value, place);
  return {
    id: brokerId(broker, place),
    host: text(broker, 'host', place),
    port: integer(broker, 'port', place)?.toString() ?? '',
    version: text(broker, 'version', place),
    replicas: readReplicas(broker, place),
  };
}

/** Returns `brokerId`, which names the broker since 8.10, where `nodeId` is unique only inside a zone. */
function brokerId(broker: Json, place: string): string {
  const id = text(broker, 'brokerId', place);
  if (id !== '') return id;
  const nodeId = integer(broker, 'nodeId', place);
  if (nodeId === undefined) throw new Malformed(`${place}: expected a nodeId or a brokerId, got neither`);
  return nodeId.toString();
}

function readReplicas(broker: Json, place: string): readonly Replica[] {
  const partitions = new Set<number>();
  const replicas = list(broker, 'partitions', `${place}.`).map((value, index) => {
    const at = `${place}.partitions[${index}]`;
    const replica = readReplica(object(value, at), at);
    if (partitions.has(replica.partition)) {
      throw new Malformed(`${at}: partition ${replica.partition} is listed twice in one broker`);
    }
    partitions.add(replica.partition);
    return replica;
  });
  return replicas.sort((a, b) => a.partition - b.partition);
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

function object(value: unknown, place: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new Malformed((masked) => `${place}: expected an object, got ${quote(value, masked)}`);
}

function list(parent: Json, key: string, place: string): readonly unknown[] {
  const value = parent[key];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new Malformed((masked) => `${place}${key}: expected a list, got ${quote(value, masked)}`);
}

function text(parent: Json, key: string, place: string): string {
  const value = parent[key];
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') {
    throw new Malformed((masked) => `${place}.${key}: expected a string, got ${quote(value, masked)}`);
  }
  if (value.length > maxTextLength) {
    throw new Malformed(`${place}.${key}: expected at most ${maxTextLength} characters, got ${value.length}`);
  }
  // Replaces lone surrogates here: ids that differ must still differ as bytes on the page.
  return value.toWellFormed();
}

function integer(parent: Json, key: string, place: string): number | undefined {
  const value = parent[key];
  if (value === undefined || value === null) return undefined;
  if (Number.isSafeInteger(value)) return value as number;
  throw new Malformed((masked) => `${place}.${key}: expected an integer, got ${quote(value, masked)}`);
}

/** Returns undefined for -1 and 0, which a gateway sends (seen on 8.5.8) while it knows no topology. */
function size(answer: Json, key: string, max: number): number | undefined {
  const value = integer(answer, key, 'the answer');
  if (value === undefined || value < 1) return undefined;
  if (value > max) throw new Malformed(`the answer.${key}: expected at most ${max}, got ${value}`);
  return value;
}

/** Accepts a string as in the public specification (`"-1"` before the first change), and a number. Ignores anything else. */
function changeId(value: unknown): number | undefined {
  if (typeof value === 'string' && /^-?\d{1,15}$/.test(value)) return Number(value);
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

/** Returns the value as text, short enough for a log line. */
function quote(value: unknown, masked: Masked): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = masked(String(value));
  return singleLine(typeof value === 'string' ? JSON.stringify(text) : text, 60);
}
