import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createFilesProvider } from '../../src/discovery/files-provider.ts';
import type { Discovered } from '../../src/discovery/provider.ts';
import { memoryLog } from '../memory-log.ts';
import { mounted, temporaryFolder } from '../mounted.ts';
import { soon } from './discovering.ts';

/** Longer than any test: what is found again was noticed. */
const interval = 60 * 60 * 1_000;

const list = (...names: readonly string[]) =>
  names.map((name) => `- name: ${name}\n  address: http://localhost:1\n`).join('') || '[]\n';

function namesIn(found: Discovered | undefined): readonly string[] | undefined {
  return found?.ok ? found.lists.flatMap(({ clusters }) => clusters.map(({ config }) => config.name)) : undefined;
}

/** Discovers clusters in files until the end of the test. */
function discovering(folder: string, ...paths: readonly string[]) {
  const stopping = new AbortController();
  const { logger, lines } = memoryLog();
  const { discover } = createFilesProvider({ paths, interval, folder, defaults: [] }, { logger });
  const all: Discovered[] = [];
  const ended = (async () => {
    for await (const found of discover(stopping.signal)) all.push(found);
  })();
  const stop = async () => {
    stopping.abort();
    await ended;
  };
  onTestFinished(stop);
  const untilFound = (...names: readonly string[]) =>
    vi.waitFor(() => expect(namesIn(all.at(-1))).toEqual(names), soon);
  return { all, lines, stop, untilFound };
}

describe('a change of the files with clusters is noticed long before the interval has passed:', () => {
  it('files that are created, written, renamed over others and removed', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'conf.d'));
    const { untilFound } = discovering(folder, 'conf.d/*.yml');
    await untilFound();
    await writeFile(join(folder, 'conf.d', 'a.yml'), list('one'));
    await untilFound('one');
    await writeFile(join(folder, 'conf.d', 'a.yml'), list('two'));
    await untilFound('two');
    await writeFile(join(folder, 'conf.d', '.a.yml.tmp'), list('three'));
    await rename(join(folder, 'conf.d', '.a.yml.tmp'), join(folder, 'conf.d', 'a.yml'));
    await untilFound('three');
    await rm(join(folder, 'conf.d', 'a.yml'));
    await untilFound();
  });

  it.each(['*.yml', 'a.yml'])('a mounted ConfigMap that Kubernetes replaces, by %s', async (pattern) => {
    const { folder, swap } = await mounted({ 'a.yml': list('one') });
    const { untilFound } = discovering(folder, pattern);
    await untilFound('one');
    await swap({ 'a.yml': list('two') });
    await untilFound('two');
    await swap({ 'a.yml': list('three') });
    await untilFound('three');
  });

  it('a folder that appears later, and one that is removed and created again', async () => {
    const folder = await temporaryFolder();
    const conf = join(folder, 'later', 'conf.d');
    const { all, untilFound } = discovering(folder, 'later/conf.d/*.yml');
    await vi.waitFor(() => expect(all).toMatchObject([{ ok: false }]), soon);
    for (const name of ['one', 'two']) {
      await mkdir(conf, { recursive: true });
      await untilFound();
      await writeFile(join(conf, 'a.yml'), list(name));
      await untilFound(name);
      await rm(join(folder, 'later'), { recursive: true });
      await vi.waitFor(() => expect(all.at(-1)).toMatchObject({ ok: false }), soon);
    }
  });

  it('a symbolic link to a folder that leads to another one, as git-sync replaces it', async () => {
    const folder = await temporaryFolder();
    for (const [revision, name] of Object.entries({ first: 'one', second: 'two' })) {
      await mkdir(join(folder, revision, 'conf.d'), { recursive: true });
      await writeFile(join(folder, revision, 'conf.d', 'a.yml'), list(name));
    }
    await symlink('first', join(folder, 'current'));
    const { untilFound } = discovering(folder, 'current/conf.d/*.yml');
    await untilFound('one');
    await symlink('second', join(folder, 'next'));
    await rename(join(folder, 'next'), join(folder, 'current'));
    await untilFound('two');
    await writeFile(join(folder, 'second', 'conf.d', 'a.yml'), list('three'));
    await untilFound('three');
  });

  it.each(['teams/*/clusters.yml', 'teams/**/*.yml'])('files in new folders that match %s', async (pattern) => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'teams'));
    const { untilFound } = discovering(folder, pattern);
    await untilFound();
    await mkdir(join(folder, 'teams', 'a'));
    await writeFile(join(folder, 'teams', 'a', 'clusters.yml'), list('one'));
    await untilFound('one');
    await writeFile(join(folder, 'teams', 'a', 'clusters.yml'), list('two'));
    await untilFound('two');
  });
});

describe('a name with characters of globs', () => {
  it.each([
    'team+a.yml',
    'a@b.yml',
    '!a.yml',
    '(a).yml',
    '{a}.yml',
    '[.yml',
    'a].yml',
  ])('that are no wildcards there names one file, whose clusters stay while it is missing: %s', async (name) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, name), list('one'));
    const { all, untilFound } = discovering(folder, name);
    await untilFound('one');
    await rm(join(folder, name));
    const problem = expect.stringContaining(`${join(folder, name)}: expected a readable file`);
    const lists = [{ source: join(folder, name), clusters: [], problems: [problem] }];
    await vi.waitFor(() => expect(all.at(-1)).toEqual({ ok: true, lists }), soon);
  });

  it.each([
    'b?.yml',
    'b*',
    'b[12].yml',
    'b{1,2}.yml',
    'b{1..2}.yml',
    'b+(1|2).yml',
    'b@(1|2).yml',
    'b!(3).yml',
    '{b1.yml,sub/c.yml}',
  ])('that are wildcards there matches the files that are there: %s', async (pattern) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'b1.yml'), list('one'));
    const { untilFound } = discovering(folder, pattern);
    await untilFound('one');
    await rm(join(folder, 'b1.yml'));
    await untilFound();
  });

  it.each(['we[i]rd (x)', '{a,b}', '+(a)'])('may be that of the folder of the configuration: %s', async (name) => {
    const folder = join(await temporaryFolder(), name);
    await mkdir(join(folder, 'conf.d', 'a'), { recursive: true });
    const { untilFound } = discovering(folder, 'conf.d/*/*.yml');
    await untilFound();
    await writeFile(join(folder, 'conf.d', 'a', 'a.yml'), list('one'));
    await untilFound('one');
    await mkdir(join(folder, 'conf.d', 'b'));
    await writeFile(join(folder, 'conf.d', 'b', 'b.yml'), list('two'));
    await untilFound('one', 'two');
  });
});

/** Returns the number of folders that this process watches. */
function watches(): number {
  return readdirSync('/proc/self/fdinfo').reduce((count, descriptor) => {
    try {
      const info = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
      return count + (info.match(/^inotify wd:/gm)?.length ?? 0);
    } catch {
      // The descriptor of the list itself is closed by now.
      return count;
    }
  }, 0);
}

describe.skipIf(process.platform !== 'linux')('the watched folders', () => {
  it('are those that are there, and none after a stop', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'teams'));
    const before = watches();
    const { stop, untilFound } = discovering(folder, 'teams/*/clusters.yml');
    await untilFound();
    const withoutTeams = watches();
    expect(withoutTeams).toBeGreaterThan(before);
    for (const name of ['one', 'two']) {
      await mkdir(join(folder, 'teams', 'a'));
      await writeFile(join(folder, 'teams', 'a', 'clusters.yml'), list(name));
      await untilFound(name);
      expect(watches()).toBe(withoutTeams + 1);
      await rm(join(folder, 'teams', 'a'), { recursive: true });
      await untilFound();
      expect(watches()).toBe(withoutTeams);
    }
    await stop();
    expect(watches()).toBe(before);
  });
});
