import { expect, it, vi } from 'vitest';
import { shareOfMemory } from '../src/memory.ts';

const MiB = 1024 * 1024;

it('a share of the memory limit is at least 32 MiB and at most 256 MiB', () => {
  expect(shareOfMemory(1 / 4, 512 * MiB)).toBe(128 * MiB);
  expect(shareOfMemory(1 / 4, 100 * MiB)).toBe(32 * MiB);
  expect(shareOfMemory(1 / 4, 4 * 1024 * MiB)).toBe(256 * MiB);
});

it('a share of the memory is 256 MiB without a memory limit, which Node.js reports as 0 or as a huge number', () => {
  expect(shareOfMemory(1 / 4, 0)).toBe(256 * MiB);
  expect(shareOfMemory(1 / 4, 2 ** 64)).toBe(256 * MiB);
});

it('the default memory limit is the constrained memory of the process', () => {
  vi.spyOn(process, 'constrainedMemory').mockReturnValue(800 * MiB);
  expect(shareOfMemory(1 / 4)).toBe(200 * MiB);
});
