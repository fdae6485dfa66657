import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKubernetesLease } from '../../src/election/kubernetes-lease.ts';
import type { LeaseRecord, LeaseStore, StoredLease } from '../../src/election/lease.ts';
import { temporaryFolder } from '../mounted.ts';
import { closedPort, httpServer } from '../transport/loopback.ts';
import { withoutProxy } from '../transport/without-proxy.ts';
import { startLeaseServer } from './lease-server.ts';

beforeEach(withoutProxy);
afterEach(() => {
  vi.unstubAllEnvs();
});

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount/';
const { signal } = new AbortController();
const record: LeaseRecord = {
  holder: 'one',
  durationSeconds: 15,
  acquiredAt: Date.UTC(2026, 0, 1),
  renewedAt: Date.UTC(2026, 0, 1, 0, 0, 2, 345),
  transitions: 3,
};

async function withKubeconfig(kubeconfig: string) {
  const path = join(await temporaryFolder(), 'kubeconfig');
  await writeFile(path, kubeconfig);
  return { KUBECONFIG: path };
}

async function started() {
  const server = await startLeaseServer();
  const env = await withKubeconfig(server.kubeconfig);
  return { server, store: createKubernetesLease({ name: 'exporter', env }) };
}

async function createdIn(store: LeaseStore): Promise<StoredLease> {
  const created = await store.create(record, signal);
  if (created === 'conflict') throw new Error('expected no lease');
  return created;
}

describe('a Lease of Kubernetes', () => {
  it('is created, read and replaced in the namespace of the kubeconfig file, with its credentials', async () => {
    const { server, store } = await started();
    expect(await store.read(signal)).toBeUndefined();
    const created = await createdIn(store);
    expect(created).toEqual({ record, version: '1' });
    expect(server.lease()?.spec).toEqual({
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:02.345000Z',
      leaseTransitions: 3,
    });
    expect(await store.read(signal)).toEqual(created);
    const replaced = await store.update({ ...record, holder: 'two' }, created.version, signal);
    expect(replaced).toMatchObject({ record: { holder: 'two' }, version: '2' });
    expect(new Set(server.authorizations)).toEqual(new Set(['Bearer t0k3n']));
  });

  it('is not replaced if it has changed since it was read', async () => {
    const { server, store } = await started();
    const { version } = await createdIn(store);
    await store.update({ ...record, holder: 'two' }, version, signal);
    expect(await store.update(record, version, signal)).toBe('conflict');
    expect(server.lease()?.spec.holderIdentity).toBe('two');
  });

  it('is not created if there is one already', async () => {
    const { server, store } = await started();
    await store.create(record, signal);
    expect(await store.create({ ...record, holder: 'two' }, signal)).toBe('conflict');
    expect(server.lease()?.spec.holderIdentity).toBe('one');
  });

  it('rejects with the reason of the API server', async () => {
    const { server, store } = await started();
    server.fail(403);
    await expect(store.read(signal)).rejects.toThrow('the API server responded with 403: leases are forbidden');
  });

  it('rejects with the reason why the API server cannot be reached', async () => {
    const { kubeconfig } = await startLeaseServer();
    const env = await withKubeconfig(
      kubeconfig.replace(/server: .*/, `server: http://127.0.0.1:${await closedPort()}`),
    );
    await expect(createKubernetesLease({ name: 'exporter', env }).read(signal)).rejects.toThrow('ECONNREFUSED');
  });

  it('ends a request when the signal aborts', async () => {
    const arrived = Promise.withResolvers<void>();
    const address = await httpServer(() => arrived.resolve());
    const { kubeconfig } = await startLeaseServer();
    const env = await withKubeconfig(kubeconfig.replace(/server: .*/, `server: ${address}`));
    const controller = new AbortController();
    const reading = createKubernetesLease({ name: 'exporter', env }).read(controller.signal);
    await arrived.promise;
    controller.abort(new Error('too late'));
    await expect(reading).rejects.toThrow('too late');
  });

  it('can be in another namespace', async () => {
    const { server } = await started();
    const env = await withKubeconfig(server.kubeconfig);
    const store = createKubernetesLease({ name: 'exporter', namespace: 'other', env });
    await expect(store.create(record, signal)).rejects.toThrow('the API server responded with 404');
  });

  it.skipIf(existsSync(serviceAccount))(
    'names the file of the ServiceAccount that a pod without its token lacks',
    async () => {
      vi.stubEnv('KUBERNETES_SERVICE_HOST', '127.0.0.1');
      vi.stubEnv('KUBERNETES_SERVICE_PORT', String(await closedPort()));
      vi.stubEnv('KUBECONFIG', '');
      const store = createKubernetesLease({ name: 'exporter', env: process.env });
      await expect(store.read(signal)).rejects.toThrow(serviceAccount);
    },
  );

  it('needs a pod or a kubeconfig file', () => {
    expect(() => createKubernetesLease({ name: 'exporter', env: {} })).toThrow(
      '--leader-election: expected a pod of Kubernetes, or a kubeconfig file in KUBECONFIG, found neither',
    );
    expect(() => createKubernetesLease({ name: 'exporter', env: { KUBECONFIG: '/nowhere/config' } })).toThrow(
      'KUBECONFIG: expected a kubeconfig file, found ENOENT',
    );
  });
});
