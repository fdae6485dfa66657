import { execFileSync } from 'node:child_process';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFileReader, readFailure, readFileInTurn, readFiles } from '../../src/config/file-reader.ts';
import { temporaryFolder } from '../mounted.ts';

const mebibyte = 1024 * 1024;

async function pipe(): Promise<string> {
  const path = join(await temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  return path;
}

describe('reading a file', () => {
  const failure = (path: string) => readFileInTurn(path).then(() => 'none', readFailure);

  it.each([0, 1, 70_000, mebibyte])('gives all of its %i bytes', async (size) => {
    const path = join(await temporaryFolder(), 'file');
    const content = Buffer.alloc(size, 'content ');
    await writeFile(path, content);
    expect((await readFileInTurn(path)).equals(content)).toBe(true);
  });

  it('fails beyond 1 MiB, be it endless', async () => {
    const path = join(await temporaryFolder(), 'file');
    await writeFile(path, Buffer.alloc(mebibyte + 1));
    expect(await failure(path)).toBe('file too large');
    expect(await failure('/dev/zero')).toBe('file too large');
  });

  it('fails where there is none', async () => {
    const folder = await temporaryFolder();
    expect(await failure(join(folder, 'file'))).toBe('no such file or directory');
    expect(await failure(folder)).toBe('illegal operation on a directory');
  });

  it('goes on with the next file after a failure, and does not wait for a pipe’s writer', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'file');
    await writeFile(file, 'content');
    const paths = [join(folder, 'none'), await pipe(), file];
    const [missing, ofPipe, ofFile] = await Promise.allSettled(paths.map(readFileInTurn));
    expect(missing?.status).toBe('rejected');
    expect(ofPipe).toEqual({ status: 'fulfilled', value: Buffer.alloc(0) });
    expect(ofFile).toEqual({ status: 'fulfilled', value: Buffer.from('content') });
  });

  it('waits for the content of a pipe that has a writer, as `--config.file=<(…)` has, if it is told to', async () => {
    const path = await pipe();
    const writer = await open(path, 'r+');
    expect(await failure(path)).toBe('resource temporarily unavailable');
    const reading = createFileReader(20_000)(path);
    await writer.write('content');
    // What was read before the writer closes the pipe is all of it only once the writer has closed it.
    setTimeout(() => void writer.close(), 100);
    expect(await reading).toEqual(Buffer.from('content'));
  });
});

describe('reading files one after the other', () => {
  it('gives up the one that takes too long and those behind it', async () => {
    const asked: string[] = [];
    const readFile = (path: string) => {
      asked.push(path);
      return path === 'slow' ? new Promise<Buffer>(() => {}) : Promise.resolve(Buffer.from(path));
    };
    const contents = await readFiles(['first', 'first', 'slow', 'last'], readFile, 100);
    expect(contents.get('first')).toEqual(Buffer.from('first'));
    for (const path of ['slow', 'last']) expect(readFailure(contents.get(path))).toBe('not read within 0.1 s');
    expect(asked).toEqual(['first', 'slow']);
  });

  it('has the errors of those that cannot be read', async () => {
    const path = join(await temporaryFolder(), 'none');
    const contents = await readFiles([path], readFileInTurn, 20_000);
    expect(readFailure(contents.get(path))).toBe('no such file or directory');
  });
});
