import type { ClusterState } from '../poll/state.ts';
import { and, type Labels } from './exposition.ts';
import type { LaidOutFamily } from './family.ts';
import { createPiece, type Piece } from './piece.ts';

/** Some of a family's lines, one for each of `values`, which are whole numbers from 0 on. */
interface Lines extends Piece {
  readonly values: Uint32Array;
  /** Where the text of each value begins. */
  readonly positions: Uint32Array;
}

/** Small enough to be compressed between two scrapes, large enough to be compressed well. */
const linesOfPiece = 2_000;

/**
 * The lines of a family whose series seldom come and go. They are most of a large cluster's page, and from poll to
 * poll nothing but some digits differs: while the series are the same, only pieces in which a value has changed are
 * made anew, and only the values are written.
 */
export function createLines(family: LaidOutFamily, cluster: Labels): (state: ClusterState) => readonly Piece[] {
  const { name, shape, series, values } = family;
  let latest: { readonly shape: unknown; readonly pieces: readonly Lines[] } | undefined;
  let next = new Uint32Array(0);

  return (state) => {
    const wanted = shape(state);
    if (wanted === undefined) return [];
    if (latest?.shape !== wanted) {
      const heads = Array.from(series(state), (own) => `${name}{${and(cluster, own)}} `);
      next = new Uint32Array(heads.length);
      latest = { shape: wanted, pieces: inPieces(heads) };
    }
    let count = 0;
    values(state, (value) => {
      next[count++] = value;
    });
    let start = 0;
    const pieces = latest.pieces.map((lines) => {
      const end = start + lines.values.length;
      const revalued = withValues(lines, next.subarray(start, end));
      start = end;
      return revalued;
    });
    latest = { shape: wanted, pieces };
    return pieces;
  };
}

function inPieces(heads: readonly string[]): readonly Lines[] {
  const pieces: Lines[] = [];
  for (let start = 0; start < heads.length; start += linesOfPiece) {
    const some = heads.slice(start, start + linesOfPiece);
    pieces.push(written(some, new Uint32Array(some.length)));
  }
  return pieces;
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

/** The same object where the values are the same. */
function withValues(lines: Lines, next: Uint32Array): Lines {
  const { values, positions } = lines;
  const changed: number[] = [];
  let isSameWidth = true;
  for (let line = 0; line < next.length; line++) {
    const [before = 0, after = 0] = [values[line], next[line]];
    if (before === after) continue;
    changed.push(line);
    isSameWidth &&= String(before).length === String(after).length;
  }
  if (changed.length === 0) return lines;
  if (!isSameWidth) return written(headsOf(lines), next.slice());
  const bytes = Buffer.from(lines.bytes);
  for (const line of changed) bytes.write(String(next[line]), positions[line] ?? 0, 'latin1');
  return { ...createPiece(bytes), values: next.slice(), positions };
}

function headsOf({ bytes, values, positions }: Lines): readonly string[] {
  let start = 0;
  return Array.from(positions, (position, line) => {
    const head = bytes.toString('utf8', start, position);
    start = position + String(values[line]).length + 1;
    return head;
  });
}
