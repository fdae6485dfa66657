import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Fleet } from '../../src/cluster/fleet.ts';
import { createSharedTokens } from '../../src/cluster/shared-tokens.ts';
import { createClusterDiscovery, type DiscoveryReport } from '../../src/discovery/cluster-discovery.ts';
import { memoryLog } from '../memory-log.ts';
import { newFolder, soon } from './discovering.ts';

/** Discovery in the files of a folder, all the time, for a fleet whose replacements start with `prepare`. */
function setUp(content: string, prepare = () => {}) {
  const folder = newFolder();
  mkdirSync(join(folder, 'conf.d'));
  writeFileSync(join(folder, 'conf.d', 'a.yml'), content);
  const started: { readonly names: readonly string[]; readonly within: number | undefined }[] = [];
  const discover: Fleet['discover'] = async (select) => {
    prepare();
    const { clusters, applied } = select([], Number.POSITIVE_INFINITY);
    applied(() => true);
    const names = clusters.map(({ name }) => name);
    const begin = (within?: number) => {
      started.push({ names, within });
    };
    return { unchanged: [], changed: [], added: names, removed: [], begin };
  };
  const reports: DiscoveryReport[] = [];
  let refreshed = 0;
  const { logger, lines } = memoryLog();
  const discovery = createClusterDiscovery({
    fleet: { discover },
    sharedTokens: createSharedTokens(systemClock),
    record: (report) => reports.push(report),
    forget: () => {},
    refreshed: () => {
      refreshed++;
    },
    logger,
    clock: systemClock,
  });
  onTestFinished(() => discovery.stop());
  const settings = { files: { paths: ['conf.d/*.yml'], interval: 20, folder, defaults: [] } };
  return { discovery, settings, reports, started, lines, refreshed: () => refreshed };
}

it('discovered clusters that cannot be started leave the previous ones; the next refresh tries again', async () => {
  let isBroken = true;
  const { discovery, settings, reports, started, lines } = setUp('- name: one\n  address: http://localhost:1\n', () => {
    if (isBroken) throw new Error('no sockets left');
  });
  await discovery.configure(settings);
  await vi.waitFor(() => expect(reports).toContainEqual(expect.objectContaining({ isUp: false })), soon);
  expect(lines.find(({ msg }) => msg.includes('cannot be polled'))?.err).toMatchObject({ message: 'no sockets left' });
  isBroken = false;
  await vi.waitFor(() => expect(reports.at(-1)).toMatchObject({ isUp: true, clusterCount: 1 }), soon);
  await vi.waitFor(() => expect(started[0]).toEqual({ names: ['one'], within: undefined }), soon);
});

it('a provider counts as refreshed once, after its first refresh, or when it is removed before', async () => {
  const { discovery, settings, reports, refreshed } = setUp('[]\n');
  await discovery.configure(settings);
  expect(refreshed()).toBe(0);
  await vi.waitFor(() => expect(reports.length).toBeGreaterThan(1), soon);
  expect(refreshed()).toBe(1);

  const removed = setUp('[]\n');
  await removed.discovery.configure(removed.settings);
  await removed.discovery.configure(undefined);
  expect(removed.refreshed()).toBe(1);
});

it('the problems of a provider that is removed and added again are logged again, with the clusters in use', async () => {
  const { discovery, settings, lines } = setUp('- nme: one\n');
  const warnings = () =>
    lines.filter(({ msg }) => msg.startsWith('discovery (files) has problems (clusters in use: 0)'));
  await discovery.configure(settings);
  await vi.waitFor(() => expect(warnings()).toHaveLength(1), soon);
  await discovery.configure(undefined);
  await discovery.configure(settings);
  await vi.waitFor(() => expect(warnings()).toHaveLength(2), soon);
});
