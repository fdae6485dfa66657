import type { ClusterState } from '../poll/state.ts';
import { type Chunk, createChunk } from './chunk.ts';
import { joinLabels, type Labels, type StableSeriesFamily } from './family.ts';

/** Some lines of a family as a chunk, one line for each of `values`, which are integers from 0 to 2³² − 1. */
interface RowChunk extends Chunk {
  readonly values: Uint32Array;
  /** The offset of each value in the bytes. */
  readonly positions: Uint32Array;
}

/** Small enough to be compressed between two scrapes, large enough to be compressed well. */
const maxLinesPerChunk = 2_000;

/** The current chunk of some lines, and the one before with the same widths: its bytes are reused once it is released. */
interface Slot {
  readonly current: RowChunk;
  readonly previous?: RowChunk;
}

export type RowRenderer = (state: ClusterState, viewLayout: object | undefined) => readonly Chunk[];

/**
 * Renders the lines of a family whose series rarely change. They are most of the page of a large cluster, and from poll
 * to poll only some digits differ. While the series are the same, only the chunks in which a value has changed are
 * replaced, and only the changed values are written.
 */
export function createRowRenderer(family: StableSeriesFamily, cluster: Labels): RowRenderer {
  const { name, layoutKey, series, values } = family;
  let latest: { readonly key: unknown; readonly slots: readonly Slot[]; readonly next: Uint32Array } | undefined;

  return (state, viewLayout) => {
    const key = layoutKey(state, viewLayout);
    if (key === undefined) {
      latest = undefined;
      return [];
    }
    if (latest?.key !== key) {
      const slots = layOut(name, cluster, series(state));
      latest = {
        key,
        slots,
        next: new Uint32Array(slots.reduce((sum, { current }) => sum + current.values.length, 0)),
      };
    }
    const { next } = latest;
    let count = 0;
    values(state, (value) => {
      next[count++] = value;
    });
    let start = 0;
    const slots = latest.slots.map((slot) => {
      const end = start + slot.current.values.length;
      const updated = withValues(slot, next.subarray(start, end));
      start = end;
      return updated;
    });
    latest = { key, slots, next };
    return slots.map(({ current }) => current);
  };
}

function layOut(name: string, cluster: Labels, series: Iterable<Labels>): readonly Slot[] {
  const slots: Slot[] = [];
  let prefixes: string[] = [];
  const endSlot = () => {
    if (prefixes.length > 0) slots.push({ current: writeRows(prefixes, new Uint32Array(prefixes.length)) });
    prefixes = [];
  };
  for (const own of series) {
    prefixes.push(`${name}{${joinLabels(cluster, own)}} `);
    if (prefixes.length === maxLinesPerChunk) endSlot();
  }
  endSlot();
  return slots;
}

/** A prefix is a line up to its value. */
function writeRows(prefixes: readonly string[], values: Uint32Array): RowChunk {
  const positions = new Uint32Array(prefixes.length);
  let text = '';
  let end = 0;
  for (const [line, prefix] of prefixes.entries()) {
    const value = String(values[line]);
    text += `${prefix}${value}\n`;
    const position = end + Buffer.byteLength(prefix);
    positions[line] = position;
    end = position + value.length + 1;
  }
  return { ...createChunk(Buffer.from(text)), values, positions };
}

/** Returns the same slot if no value has changed. */
function withValues(slot: Slot, next: Uint32Array): Slot {
  const { current, previous } = slot;
  if (haveSameValues(current.values, next)) return slot;
  const { positions } = current;
  if (!haveSameWidths(current.values, next)) return { current: writeRows(prefixesOf(current), next.slice()) };
  const { bytes, values } =
    previous && !previous.isRetained()
      ? previous
      : { bytes: Buffer.from(current.bytes), values: current.values.slice() };
  for (let line = 0; line < next.length; line++) {
    const value = next[line] ?? 0;
    if (values[line] === value) continue;
    values[line] = value;
    bytes.write(String(value), positions[line] ?? 0, 'latin1');
  }
  return { current: { ...createChunk(bytes), values, positions }, previous: current };
}

/** Compares the memory of both, which takes a fraction of the time of comparing each value. */
function haveSameValues(one: Uint32Array, other: Uint32Array): boolean {
  return memoryOf(one).equals(memoryOf(other));
}

function memoryOf({ buffer, byteOffset, byteLength }: Uint32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function haveSameWidths(one: Uint32Array, other: Uint32Array): boolean {
  return one.every((value, line) => value === other[line] || widthOf(value) === widthOf(other[line] ?? 0));
}

function widthOf(value: number): number {
  return String(value).length;
}

function prefixesOf({ bytes, values, positions }: RowChunk): readonly string[] {
  let start = 0;
  return Array.from(positions, (position, line) => {
    const prefix = bytes.toString('utf8', start, position);
    start = position + widthOf(values[line] ?? 0) + 1;
    return prefix;
  });
}
