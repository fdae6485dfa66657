import type { V1Service } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { clusterAddress } from '../../src/config/addresses.ts';
import { lineOf, type Problem } from '../../src/config/problem.ts';
import { addressOf, toService } from '../../src/discovery/kubernetes-service.ts';

type Spec = NonNullable<V1Service['spec']>;

/** Returns the address of a Service `zeebe` in the namespace `orders`, or its problems. */
function addressWith(spec: Spec, annotations: Readonly<Record<string, string>> = {}) {
  const own = Object.entries(annotations).map(([name, value]) => [`zeebe-topology-exporter/${name}`, value]);
  const metadata = { namespace: 'orders', name: 'zeebe', annotations: Object.fromEntries(own) };
  const problems: Problem[] = [];
  const address = addressOf(toService({ metadata, spec }), problems);
  return problems.length > 0 ? problems.map(lineOf) : address;
}

const grpc = { name: 'gateway', port: 26500 };
const http = { name: 'http', port: 8080, targetPort: 9090 };

describe('the address of a Service', () => {
  it.each<[string, Spec, Readonly<Record<string, string>>, string]>([
    ['the port named http', { ports: [grpc, http] }, {}, 'http://zeebe.orders.svc:8080/'],
    ['the port named rest', { ports: [grpc, { name: 'rest', port: 80 }] }, {}, 'http://zeebe.orders.svc:80/'],
    ['the only port', { ports: [{ port: 8088 }] }, {}, 'http://zeebe.orders.svc:8088/'],
    ['port 8080', { ports: [grpc, { name: 'api', port: 8080 }] }, {}, 'http://zeebe.orders.svc:8080/'],
    ['the port with a name', { ports: [grpc, http] }, { port: 'gateway' }, 'http://zeebe.orders.svc:26500/'],
    ['the port with a number', { ports: [grpc, http] }, { port: '26500' }, 'http://zeebe.orders.svc:26500/'],
    ['a scheme and a path', { ports: [http] }, { scheme: 'https', path: '/a/b' }, 'https://zeebe.orders.svc:8080/a/b'],
    ['the port of the pods', { clusterIP: 'None', ports: [http] }, {}, 'http://zeebe.orders.svc:9090/'],
    ['another port of the pods', { clusterIP: 'None', ports: [http] }, { port: '81' }, 'http://zeebe.orders.svc:81/'],
    ['an external name', { type: 'ExternalName', externalName: 'a.example' }, {}, 'http://a.example/'],
    ['its port', { type: 'ExternalName', externalName: 'a.example' }, { port: '81' }, 'http://a.example:81/'],
  ])('has %s', (_what, spec, annotations, expected) => {
    expect(addressWith(spec, annotations)).toBe(expected);
  });

  it.each<[string, Spec, Readonly<Record<string, string>>, string]>([
    [
      'no port of several',
      { ports: [grpc, { name: 'api', port: 80 }] },
      {},
      'port: gateway (26500), api (80), found nothing',
    ],
    [
      'an unknown port',
      { ports: [http] },
      { port: '81' },
      'expected the name or number of a port: http (8080), found "81"',
    ],
    ['no port at all', {}, {}, 'expected the name or number of a port: the Service has none, found nothing'],
    ['a port that is none', { clusterIP: 'None' }, { port: '70000' }, 'or another number, found "70000"'],
    ['another scheme', { ports: [http] }, { scheme: 'ftp' }, 'expected http or https, found "ftp"'],
  ])('with %s is a problem with its place', (_what, spec, annotations, expected) => {
    const [problem] = addressWith(spec, annotations) ?? [];
    expect(problem).toContain(expected);
    expect(problem).toMatch(/^Service orders\/zeebe: zeebe-topology-exporter\/(port|scheme): /);
  });

  it.each([
    '//other.example/',
    '@other.example/',
    '/../../',
    '\\\\other.example',
    ':81/',
  ])('has the host of the Service whatever its path is: %s', (path) => {
    const address = addressWith({ ports: [http] }, { path });
    expect(clusterAddress(String(address)).base.host).toBe('zeebe.orders.svc:8080');
  });
});
