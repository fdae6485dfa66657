import { createYielder } from '../clock.ts';
import { sameItems } from '../same-items.ts';
import { type Chunk, createChunk } from './chunk.ts';
import { type ClusterPart, clusterFamilies } from './cluster-renderer.ts';
import { endings, type Format, header } from './family.ts';

/** Lines that follow each other on the page, as one chunk. */
interface Block {
  readonly lines: Lines;
  readonly chunk: Chunk;
}

type Lines = readonly (string | Chunk)[];

/** Bytes. Smaller chunks are joined: many small ones would take longer to send and compress badly. */
const minBlock = 64 * 1024;

export function isLarge({ bytes }: Chunk): boolean {
  return bytes.length >= minBlock;
}

/** Returns the chunks of a page. Those of the parts have to be retained meanwhile, as polls change them. */
export type AssemblePage = (
  parts: readonly ClusterPart[],
  format: Format,
  processText?: string,
) => Promise<readonly Chunk[]>;

/**
 * Assembles pages on which each family is once, with the samples of every cluster; families without samples are left
 * out. The lines of small clusters are joined into blocks. A block whose lines are the same as on the page before keeps
 * its chunk and is not compressed again, whatever the format: polls of a thousand clusters change a small part of their
 * lines.
 */
export function createPageAssembly(): AssemblePage {
  let latest: ReadonlyMap<string, Block> = new Map();

  return async (parts, format, processText = '') => {
    const yieldWhenBusy = createYielder();
    const { addText, addChunk, endFamily, end } = createBlockList(latest);
    for (const [index, family] of clusterFamilies.entries()) {
      const samples = parts.map((part) => part[index] ?? '').filter(({ length }) => length > 0);
      if (samples.length > 0) addText(header(family, format));
      for (const lines of samples) {
        if (typeof lines === 'string') addText(lines);
        else lines.forEach(addChunk);
      }
      endFamily();
      const turn = yieldWhenBusy();
      if (turn) await turn;
    }
    addText(processText + endings[format]);
    const { chunks, blocks } = end();
    latest = blocks;
    return chunks;
  };
}

export function chunksOfPart(part: ClusterPart): readonly Chunk[] {
  const chunks: Chunk[] = [];
  for (const lines of part) {
    if (typeof lines !== 'string') chunks.push(...lines);
  }
  return chunks;
}

/**
 * Divides lines into blocks. A block is known by the number of the family with which it ends and its own number there.
 * A family that does not fit into one begins and ends with a block, so that a longer line changes no block of other
 * families.
 */
function createBlockList(known: ReadonlyMap<string, Block>) {
  const chunks: Chunk[] = [];
  const blocks = new Map<string, Block>();
  let family = 0;
  let blocksOfFamily = 0;
  let lines: (string | Chunk)[] = [];
  let length = 0;

  const endBlock = () => {
    if (lines.length === 0) return;
    const id = `${family} ${blocksOfFamily++}`;
    const before = known.get(id);
    // Chunks are compared by identity, as the bytes of an earlier one may have been reused for a later one.
    const block = before && sameItems(before.lines, lines) ? before : { lines, chunk: createChunk(joined(lines)) };
    blocks.set(id, block);
    chunks.push(block.chunk);
    lines = [];
    length = 0;
  };
  const add = (added: string | Chunk, size: number) => {
    if (added === '') return;
    lines.push(added);
    length += size;
    if (length >= minBlock) endBlock();
  };
  return {
    addText: (text: string) => add(text, text.length),
    addChunk: (chunk: Chunk) => {
      if (!isLarge(chunk)) return add(chunk, chunk.bytes.length);
      endBlock();
      chunks.push(chunk);
    },
    endFamily: () => {
      if (length >= minBlock / 2 || blocksOfFamily > 0) endBlock();
      family++;
      blocksOfFamily = 0;
    },
    end: () => {
      endBlock();
      return { chunks, blocks };
    },
  };
}

function joined(lines: Lines): Buffer {
  if (lines.every((each) => typeof each === 'string')) return Buffer.from(lines.join(''));
  return Buffer.concat(lines.map((each) => (typeof each === 'string' ? Buffer.from(each) : each.bytes)));
}
