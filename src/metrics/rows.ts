import type { ClusterState } from '../poll/state.ts';
import { createPiece, type Piece } from './chunk.ts';
import { and, type Labels, type LaidOutFamily } from './family.ts';

/** Some of a family's lines, one for each of `values`, which are whole numbers from 0 on. */
interface Lines extends Piece {
  readonly values: Uint32Array;
  /** Where the text of each value begins. */
  readonly positions: Uint32Array;
}

/** Small enough to be compressed between two scrapes, large enough to be compressed well. */
const linesOfPiece = 2_000;

/** A piece and, once it has replaced another of the same layout, that one: to be written anew when it is free. */
interface Place {
  readonly lines: Lines;
  readonly before?: Lines;
}

/**
 * The lines of a family whose series seldom come and go. They are most of a large cluster's page, and from poll to
 * poll nothing but some digits differs: while the series are the same, only pieces in which a value has changed are
 * made anew, and only the values are written.
 */
export function createLines(family: LaidOutFamily, cluster: Labels): (state: ClusterState) => readonly Piece[] {
  const { name, shape, series, values } = family;
  let latest: { readonly shape: unknown; readonly places: readonly Place[] } | undefined;
  let next = new Uint32Array(0);

  return (state) => {
    const wanted = shape(state);
    if (wanted === undefined) return [];
    if (latest?.shape !== wanted) {
      latest = { shape: wanted, places: laidOut(name, cluster, series(state)) };
      next = new Uint32Array(latest.places.reduce((sum, { lines }) => sum + lines.values.length, 0));
    }
    let count = 0;
    values(state, (value) => {
      next[count++] = value;
    });
    let start = 0;
    const places = latest.places.map((place) => {
      const end = start + place.lines.values.length;
      const now = withValues(place, next.subarray(start, end));
      start = end;
      return now;
    });
    latest = { shape: wanted, places };
    return places.map(({ lines }) => lines);
  };
}

function laidOut(name: string, cluster: Labels, series: Iterable<Labels>): readonly Place[] {
  const places: Place[] = [];
  let heads: string[] = [];
  const end = () => {
    if (heads.length > 0) places.push({ lines: written(heads, new Uint32Array(heads.length)) });
    heads = [];
  };
  for (const own of series) {
    heads.push(`${name}{${and(cluster, own)}} `);
    if (heads.length === linesOfPiece) end();
  }
  end();
  return places;
}

function written(heads: readonly string[], values: Uint32Array): Lines {
  const positions = new Uint32Array(heads.length);
  let text = '';
  let end = 0;
  for (const [line, head] of heads.entries()) {
    const value = String(values[line]);
    text += `${head}${value}\n`;
    const position = end + Buffer.byteLength(head);
    positions[line] = position;
    end = position + value.length + 1;
  }
  return { ...createPiece(Buffer.from(text)), values, positions };
}

/** The same place where the values are the same. */
function withValues(place: Place, next: Uint32Array): Place {
  const { lines, before } = place;
  if (equal(lines.values, next)) return place;
  const { positions } = lines;
  if (!haveSameWidths(lines.values, next)) return { lines: written(headsOf(lines), next.slice()) };
  const { bytes, values } =
    before && !before.isHeld() ? before : { bytes: Buffer.from(lines.bytes), values: lines.values.slice() };
  for (let line = 0; line < next.length; line++) {
    const value = next[line] ?? 0;
    if (values[line] === value) continue;
    values[line] = value;
    bytes.write(String(value), positions[line] ?? 0, 'latin1');
  }
  return { lines: { ...createPiece(bytes), values, positions }, before: lines };
}

function equal(one: Uint32Array, other: Uint32Array): boolean {
  return one.every((value, line) => value === other[line]);
}

function haveSameWidths(one: Uint32Array, other: Uint32Array): boolean {
  return one.every((value, line) => value === other[line] || widthOf(value) === widthOf(other[line] ?? 0));
}

function widthOf(value: number): number {
  return String(value).length;
}

function headsOf({ bytes, values, positions }: Lines): readonly string[] {
  let start = 0;
  return Array.from(positions, (position, line) => {
    const head = bytes.toString('utf8', start, position);
    start = position + widthOf(values[line] ?? 0) + 1;
    return head;
  });
}
