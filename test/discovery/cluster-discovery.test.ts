import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createSharedTokens } from '../../src/cluster/shared-tokens.ts';
import { createClusterDiscovery, type DiscoveryReport } from '../../src/discovery/cluster-discovery.ts';
import { memoryLog } from '../memory-log.ts';
import { newFolder, soon } from './discovering.ts';

it('discovered clusters that cannot be started leave the previous ones; the next refresh tries again', async () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'conf.d'));
  writeFileSync(join(folder, 'conf.d', 'a.yml'), '- name: one\n  address: http://localhost:1\n');
  let isBroken = true;
  const started: string[] = [];
  const reports: DiscoveryReport[] = [];
  const { logger, lines } = memoryLog();
  let refreshed = 0;
  const discovery = createClusterDiscovery({
    fleet: {
      discover: async (beside) => {
        if (isBroken) throw new Error('no sockets left');
        const names = beside([], Number.POSITIVE_INFINITY).map(({ name }) => name);
        return { unchanged: [], changed: [], added: names, removed: [], begin: () => started.push(...names) };
      },
    },
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
  await discovery.configure({ files: { paths: ['conf.d/*.yml'], interval: 20, folder, defaults: [] } });
  await vi.waitFor(() => expect(reports).toContainEqual(expect.objectContaining({ isUp: false })), soon);
  await vi.waitFor(() => expect(refreshed).toBe(1), soon);
  expect(lines.find(({ msg }) => msg.includes('cannot be polled'))?.err).toMatchObject({ message: 'no sockets left' });
  isBroken = false;
  await vi.waitFor(() => expect(reports.at(-1)).toMatchObject({ isUp: true, clusterCount: 1 }), soon);
  expect(started).toContain('one');
});
