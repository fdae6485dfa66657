import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readFailure, readFileInTurn, readFileNow } from '../../src/config/files.ts';
import { temporaryFolder } from '../mounted.ts';

const mebibyte = 1024 * 1024;

describe.each([
  ['now', async (path: string) => readFileNow(path)],
  ['in turn', readFileInTurn],
])('reading a file %s', (_how, read) => {
  const failure = (path: string) => read(path).then(() => 'none', readFailure);

  it.each([0, 1, 70_000, mebibyte])('gives all of its %i bytes', async (size) => {
    const path = join(await temporaryFolder(), 'file');
    const content = Buffer.alloc(size, 'content ');
    await writeFile(path, content);
    expect((await read(path)).equals(content)).toBe(true);
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
});

it('reading in turn goes on after a failure, and does not wait for a pipe’s writer', async () => {
  const folder = await temporaryFolder();
  const [pipe, file] = [join(folder, 'pipe'), join(folder, 'file')];
  execFileSync('mkfifo', [pipe]);
  await writeFile(file, 'content');
  const [missing, ofPipe, ofFile] = await Promise.allSettled([join(folder, 'none'), pipe, file].map(readFileInTurn));
  expect(missing?.status).toBe('rejected');
  expect(ofPipe).toEqual({ status: 'fulfilled', value: Buffer.alloc(0) });
  expect(ofFile).toEqual({ status: 'fulfilled', value: Buffer.from('content') });
});
