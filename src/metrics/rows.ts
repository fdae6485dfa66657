import type { ClusterState } from '../poll/state.ts';
import { sameItems } from '../same-items.ts';
import { type Chunk, createChunk } from './chunk.ts';
import { addSample, joinLabels, type Labels, type StableSeriesFamily } from './family.ts';

/** Some lines of a family as a chunk, one line for each of `values`, which are integers from 0 to 2³² − 1. */
interface RowChunk extends Chunk {
  readonly values: Uint32Array;
  /** The offset of each value in the bytes. */
  readonly positions: Uint32Array;
}

/** Small enough to be compressed between two scrapes, large enough to be compressed well. */
const maxLinesPerChunk = 2_000;

/**
 * The current chunk of some lines, and the one before with the same widths: its bytes are reused once it is released.
 */
interface Slot {
  readonly current: RowChunk;
  readonly previous?: RowChunk;
}

/** The lines of a family, and what the next ones can be made from. */
export type Rows = FewRows | ManyRows;

/** Few enough to be written again as a whole: the buffers of chunks would take several times their length. */
interface FewRows {
  readonly kind: 'few';
  readonly key: unknown;
  readonly values: readonly number[];
  readonly lines: string;
}

interface ManyRows {
  readonly kind: 'many';
  readonly key: unknown;
  readonly slots: readonly Slot[];
  readonly lines: readonly Chunk[];
  /** Room for the values of the next lines. */
  readonly next: Uint32Array;
}

/** To write more lines again takes longer than the rest of a poll. */
const maxFew = 200;

export interface RowsInput {
  readonly state: ClusterState;
  readonly viewSeries: object | undefined;
  readonly cluster: Labels;
}

/**
 * Renders the lines of a family whose series rarely change; undefined if it has none. They are most of the page of a
 * large cluster, and from poll to poll only some digits differ. While the series are the same, only the chunks in which
 * a value has changed are replaced, and only the changed values are written.
 */
export function renderRows(
  family: StableSeriesFamily,
  { state, viewSeries, cluster }: RowsInput,
  previous: Rows | undefined,
): Rows | undefined {
  const key = family.seriesKey(state, viewSeries);
  if (key === undefined) return undefined;
  const known = previous?.key === key ? previous : undefined;
  if (known?.kind === 'many') return withValuesOf(family, state, known);
  const values: number[] = [];
  family.values(state, (value) => values.push(value));
  if (known && sameItems(known.values, values)) return known;
  const series = family.series(state);
  return values.length > maxFew
    ? manyRows(family.name, cluster, series, values, key)
    : { kind: 'few', key, values, lines: linesOf(family.name, cluster, series, values) };
}

function linesOf(name: string, cluster: Labels, series: Iterable<Labels>, values: readonly number[]): string {
  const pieces: string[] = [];
  let line = 0;
  for (const own of series) addSample(pieces, name, joinLabels(cluster, own), values[line++] ?? 0);
  return pieces.join('');
}

function withValuesOf(family: StableSeriesFamily, state: ClusterState, { key, slots, next }: ManyRows): ManyRows {
  let count = 0;
  family.values(state, (value) => {
    next[count++] = value;
  });
  let start = 0;
  const updated = slots.map((slot) => {
    const end = start + slot.current.values.length;
    const withValues = slotWithValues(slot, next.subarray(start, end));
    start = end;
    return withValues;
  });
  return { kind: 'many', key, slots: updated, lines: updated.map(({ current }) => current), next };
}

function manyRows(
  name: string,
  cluster: Labels,
  series: Iterable<Labels>,
  values: readonly number[],
  key: unknown,
): ManyRows {
  const prefixes = Array.from(series, (own) => `${name}{${joinLabels(cluster, own)}} `);
  const slots: Slot[] = [];
  for (let start = 0; start < values.length; start += maxLinesPerChunk) {
    const end = start + maxLinesPerChunk;
    slots.push({ current: writeRows(prefixes.slice(start, end), Uint32Array.from(values.slice(start, end))) });
  }
  return { kind: 'many', key, slots, lines: slots.map(({ current }) => current), next: new Uint32Array(values.length) };
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
function slotWithValues(slot: Slot, next: Uint32Array): Slot {
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
