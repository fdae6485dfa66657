import type { Broker, Replica } from '../zeebe/topology.ts';
import { and, type Labels, labels } from './exposition.ts';
import type { ReplicaFamily } from './family.ts';

/** Where the lines of each replica stand in `bytes`: the replicas in the order of the page. */
interface Layout {
  readonly brokers: readonly string[];
  readonly partitions: readonly number[];
  /** Of the first of a replica's lines. */
  readonly starts: readonly number[];
  /** Bytes that each of a replica's lines has before the label of the set. */
  readonly heads: readonly number[];
  /** Which of its lines has the 1. */
  readonly ones: (number | undefined)[];
  readonly bytes: Buffer;
}

const zero = '0'.charCodeAt(0);
const one = '1'.charCodeAt(0);

/**
 * The lines of a 0/1 set for every replica. They are most of a large cluster's page, and from poll to poll nothing but
 * some digits differs: while the replicas stay the same ones, those are changed in the bytes of the call before.
 */
export function createReplicaLines(family: ReplicaFamily, cluster: Labels): (brokers: readonly Broker[]) => Buffer {
  const { name, label, values, current } = family;
  const tails = values.map((value) => `,${labels({ [label]: value })}} 0\n`);
  // From the start of a replica's lines to the digit of each, without the heads.
  const digits = tails.map((_, line) => Buffer.byteLength(tails.slice(0, line + 1).join('')) - 2);
  let layout: Layout | undefined;

  const layOut = (replicas: readonly Placed[]): Layout => {
    const heads: number[] = [];
    const starts: number[] = [];
    let end = 0;
    const texts = replicas.map(({ broker, replica: { partition } }) => {
      const head = `${name}{${and(cluster, labels({ broker, partition }))}`;
      const text = tails.map((tail) => head + tail).join('');
      heads.push(Buffer.byteLength(head));
      starts.push(end);
      end += Buffer.byteLength(text);
      return text;
    });
    return {
      brokers: replicas.map(({ broker }) => broker),
      partitions: replicas.map(({ replica }) => replica.partition),
      starts,
      heads,
      ones: replicas.map(() => undefined),
      bytes: Buffer.from(texts.join('')),
    };
  };

  return (brokers) => {
    const replicas = brokers.flatMap(({ id, replicas }) => replicas.flatMap(placed(id, current)));
    layout = layout && fits(layout, replicas) ? layout : layOut(replicas);
    const { starts, heads, ones, bytes } = layout;
    const write = (index: number, line: number, digit: number) => {
      const at = (starts[index] ?? 0) + (line + 1) * (heads[index] ?? 0) + (digits[line] ?? 0);
      bytes[at] = digit;
    };
    for (const [index, { value }] of replicas.entries()) {
      const line = values.indexOf(value);
      const before = ones[index];
      if (before === line) continue;
      if (before !== undefined) write(index, before, zero);
      write(index, line, one);
      ones[index] = line;
    }
    return bytes;
  };
}

interface Placed {
  readonly broker: string;
  readonly replica: Replica;
  readonly value: string;
}

/** None where the cluster does not tell what the set is about. */
function placed(broker: string, current: ReplicaFamily['current']): (replica: Replica) => readonly Placed[] {
  return (replica) => {
    const value = current(replica);
    return value === undefined ? [] : [{ broker, replica, value }];
  };
}

function fits({ brokers, partitions }: Layout, replicas: readonly Placed[]): boolean {
  return (
    replicas.length === partitions.length &&
    replicas.every(({ broker, replica }, index) => {
      return broker === brokers[index] && replica.partition === partitions[index];
    })
  );
}
