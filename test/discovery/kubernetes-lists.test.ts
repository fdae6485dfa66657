import { describe, expect, it } from 'vitest';
import { createKubernetesLists } from '../../src/discovery/kubernetes-lists.ts';
import type { Services } from '../../src/kubernetes/services.ts';

const { signal } = new AbortController();

function listsOf(count: number) {
  const readLists = createKubernetesLists({
    labelSelector: 'a=b',
    interval: 1_000,
    clusterName: '{namespace}/{name}',
    allowExternalNames: false,
    profiles: new Map(),
    folder: '.',
    defaults: [],
  });
  const current = () =>
    Array.from({ length: count }, (_, index) => ({
      metadata: { namespace: 'orders', name: `zeebe-${index}` },
      spec: { ports: [{ port: 8080 }] },
    }));
  const services: Services = {
    found: [{ ok: true, current }],
    readSecret: async () => ({ ok: false, problem: 'not expected' }),
    close: async () => {},
  };
  return () => readLists(services, true, signal);
}

describe('the lists of Services', () => {
  it('are at most 2,000', async () => {
    const expected = 'expected one that selects at most 2000 Services, found 2001';
    expect(await listsOf(2_001)()).toEqual({
      ok: false,
      problems: [`discovery.kubernetes.label_selector: ${expected}`],
    });
    expect(await listsOf(2_000)()).toMatchObject({ ok: true });
  });

  it('stay the same objects while the Services stay the same, so that no cluster starts again', async () => {
    const read = listsOf(3);
    const [first, second] = [await read(), await read()];
    if (!first.ok || !second.ok) throw new Error('expected lists');
    expect(first.lists.map(({ clusters }) => clusters.map(({ config }) => config.address.href))).toEqual([
      ['http://zeebe-0.orders.svc:8080/'],
      ['http://zeebe-1.orders.svc:8080/'],
      ['http://zeebe-2.orders.svc:8080/'],
    ]);
    expect(second.lists.every((list, index) => list === first.lists[index])).toBe(true);
  });
});
