import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFolderWatcher } from '../../src/discovery/folder-watcher.ts';
import { memoryLog } from '../memory-log.ts';
import { temporaryFolder } from '../mounted.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const never = new AbortController().signal;

/** Watches a folder whose events come from the test. */
async function watching() {
  const folder = await temporaryFolder();
  const { logger } = memoryLog();
  let emit = (_name: string | null) => {};
  const watcher = createFolderWatcher({
    logger,
    watchFolder: (_path, listener) => {
      emit = (name) => listener('change', name);
      return Object.assign(new EventEmitter(), { close: () => {} });
    },
  });
  await watcher.follow(new Map([[folder, new Set(['conf.d'])]]));
  const wait = (signal = never) => {
    const waiting = { hasEnded: false };
    void watcher.wait(30_000, signal).then(() => {
      waiting.hasEnded = true;
    });
    return waiting;
  };
  return { emit: (name: string | null) => emit(name), wait };
}

describe('the wait for a change', () => {
  it('ends half a second after the first of several changes, and these do not end another one', async () => {
    const { emit, wait } = await watching();
    const first = wait();
    for (const name of ['conf.d', '..data', null]) emit(name);
    await vi.advanceTimersByTimeAsync(499);
    emit('conf.d');
    expect(first.hasEnded).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(first.hasEnded).toBe(true);
    const second = wait();
    await vi.advanceTimersByTimeAsync(29_999);
    expect(second.hasEnded).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(second.hasEnded).toBe(true);
  });

  it('ends soon after a change before it, which the files that were read meanwhile may not have', async () => {
    const { emit, wait } = await watching();
    emit('conf.d');
    const waiting = wait();
    await vi.advanceTimersByTimeAsync(500);
    expect(waiting.hasEnded).toBe(true);
  });

  it('does not end for another name in the folder', async () => {
    const { emit, wait } = await watching();
    const waiting = wait();
    emit('exporter.log');
    await vi.advanceTimersByTimeAsync(29_999);
    expect(waiting.hasEnded).toBe(false);
  });

  it('ends at once when the signal aborts, before and after a change', async () => {
    for (const names of [[], ['conf.d']]) {
      const { emit, wait } = await watching();
      const stopping = new AbortController();
      const waiting = wait(stopping.signal);
      for (const name of names) emit(name);
      await vi.advanceTimersByTimeAsync(1);
      stopping.abort();
      await vi.advanceTimersByTimeAsync(0);
      expect(waiting.hasEnded).toBe(true);
    }
  });
});

describe('a folder that cannot be watched', () => {
  const noSpace = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', errno: -28 });

  it('is reported once, and the wait ends after its time', async () => {
    const folder = await temporaryFolder();
    const { logger, lines } = memoryLog();
    const watcher = createFolderWatcher({
      logger,
      watchFolder: () => {
        throw noSpace;
      },
    });
    for (const _ of ['first', 'second']) await watcher.follow(new Map([[folder, 'all']]));
    expect(lines.map(({ msg }) => msg)).toEqual([
      `changes in ${folder} are only noticed every refresh_interval, as it cannot be watched: no space left on device; raise fs.inotify.max_user_watches`,
    ]);
    const ended = vi.fn();
    void watcher.wait(30_000, never).then(ended);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toHaveBeenCalled();
  });

  it('is watched again by the next call after its watch has failed', async () => {
    const folder = await temporaryFolder();
    const { logger, lines } = memoryLog();
    const open = new Set<EventEmitter>();
    const watcher = createFolderWatcher({
      logger,
      watchFolder: () => {
        const one = new EventEmitter();
        open.add(one);
        return Object.assign(one, { close: () => void open.delete(one) });
      },
    });
    const folders = new Map([[folder, 'all' as const]]);
    await watcher.follow(folders);
    for (const one of open) one.emit('error', noSpace);
    expect(open.size).toBe(0);
    expect(lines).toHaveLength(1);
    await watcher.follow(folders);
    expect(open.size).toBe(1);
    watcher.close();
    await watcher.follow(folders);
    expect(open.size).toBe(0);
  });
});
