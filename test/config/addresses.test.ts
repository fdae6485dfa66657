import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  clusterAddress,
  hostNames,
  issuerUrl,
  listenAddresses,
  proxyUrl,
  telemetryPath,
  tokenUrl,
} from '../../src/config/addresses.ts';
import { complaints, fileWith, load } from './loading.ts';

describe("a cluster's address", { timeout: 60_000 }, () => {
  it.each([
    ['http://localhost:8080', 'http://localhost:8080/', undefined],
    ['http://localhost:8080/', 'http://localhost:8080/', undefined],
    ['https://bru-2.zeebe.camunda.io:443/0f4a', 'https://bru-2.zeebe.camunda.io/0f4a/', undefined],
    ['https://host/base//', 'https://host/base/', undefined],
    ['HTTPS://host/Base', 'https://host/Base/', undefined],
    ['http://[::1]:8080/x', 'http://[::1]:8080/x/', undefined],
    ['https://host/base/v1', 'https://host/base/', 'v1'],
    ['https://host/base/v1/', 'https://host/base/', 'v1'],
    ['https://host/base/v2', 'https://host/base/', 'v2'],
    ['https://host/v2/', 'https://host/', 'v2'],
    ['https://host/v1/topology', 'https://host/', 'v1'],
    ['https://host/base/v2/topology/', 'https://host/base/', 'v2'],
    ['https://host/v2/base', 'https://host/v2/base/', undefined],
    ['https://host/base-v2', 'https://host/base-v2/', undefined],
    ['https://host/v3', 'https://host/v3/', undefined],
  ])('%s is the base %s, version %s', (raw, base, apiVersion) => {
    expect(clusterAddress(raw).base.href).toBe(base);
    expect(clusterAddress(raw).apiVersion).toBe(apiVersion);
  });

  it.each([
    'localhost:8080',
    'localhost',
    '',
    '/v1',
    'ftp://host',
    'http://',
    'http:///path',
    'http:host',
    'http://a b',
    ' http://host',
  ])('is not %j, as it begins with http:// or https://', (raw) => {
    expect(() => clusterAddress(raw)).toThrow('a URL that begins with http:// or https://');
  });

  it('holds no credentials, query or fragment', () => {
    expect(() => clusterAddress('https://user@host')).toThrow('without user name and password');
    expect(() => clusterAddress('https://user:password@host')).toThrow('without user name and password');
    expect(() => clusterAddress('https://host/?')).toThrow('without a query');
    expect(() => clusterAddress('https://host/?a=b')).toThrow('without a query');
    expect(() => clusterAddress('https://host/#')).toThrow('without a fragment');
  });

  it('always comes to a base that the path of the topology can be appended to', () => {
    fc.assert(
      fc.property(fc.webUrl({ validSchemes: ['http', 'https'] }), (raw) => {
        const { base } = clusterAddress(raw);
        expect(base.pathname.endsWith('/')).toBe(true);
        expect(new URL('v1/topology', base).href).toBe(`${base.href}v1/topology`);
      }),
    );
  });
});

describe('the other addresses', () => {
  it('of a token endpoint may have a query, but no credentials or fragment (RFC 6749, 3.2)', () => {
    expect(tokenUrl('https://login.example.com/token?tenant=a').href).toBe('https://login.example.com/token?tenant=a');
    expect(() => tokenUrl('https://id:secret@login.example.com/token')).toThrow('client_id and client_secret');
    expect(() => tokenUrl('https://login.example.com/token#a')).toThrow('without a fragment');
  });

  it('of an issuer has neither query nor fragment (OpenID Connect Discovery 1.0, 3)', () => {
    expect(issuerUrl('https://keycloak/realms/camunda').pathname).toBe('/realms/camunda');
    expect(() => issuerUrl('https://keycloak/realms/camunda?a')).toThrow('without a query');
    expect(() => issuerUrl('https://keycloak/realms/camunda#a')).toThrow('without a fragment');
  });

  it('of a proxy may hold credentials and is a secret', () => {
    const proxy = proxyUrl('http://user:password@proxy:3128');
    expect(proxy.open()).toBe('http://user:password@proxy:3128/');
    expect(String(proxy)).toBe('<secret>');
    expect(() => proxyUrl('socks5://proxy')).toThrow(
      'the URL of an HTTP proxy, such as http://proxy:3128 or proxy:3128',
    );
  });
});

describe('an address to listen at', () => {
  it.each([
    [':10650', { port: 10650 }],
    ['localhost:10650', { host: 'localhost', port: 10650 }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['[::1]:65535', { host: '::1', port: 65535 }],
    ['[::]:80', { host: '::', port: 80 }],
  ])('may be %s', (raw, address) => {
    expect(listenAddresses([raw])).toEqual([address]);
  });

  it.each([
    '',
    '10650',
    'localhost',
    'localhost:',
    ':65536',
    ':-1',
    ':1e3',
    '::1:80',
    '[::1]',
    '[::1',
    '[host]:80',
    '[]:80',
    '*:80',
    'http://host:80',
    ': 80',
  ])('is not %j', (raw) => {
    expect(() => listenAddresses([raw])).toThrow('addresses such as :10650, localhost:10650 or [::1]:10650');
  });

  it('is given at least once', () => {
    expect(() => listenAddresses([])).toThrow('at least one address');
  });
});

describe('the host names that are allowed', () => {
  it('are names without port, compared in lower case', () => {
    expect(hostNames(['Exporter.example.com', 'zeebe-exporter', 'a_b.svc'])).toEqual([
      'exporter.example.com',
      'zeebe-exporter',
      'a_b.svc',
    ]);
  });

  it.each([
    [[]],
    [['']],
    [['exporter:10650']],
    [['http://exporter']],
    [['*.example.com']],
    [['a b']],
    [['.example.com']],
    [['example.com.']],
  ])('are not %j', (raw) => {
    expect(() => hostNames(raw)).toThrow('host names without port, such as exporter.example.com');
  });
});

describe('the path of the metrics', () => {
  it.each([
    '/metrics',
    '/zeebe/metrics',
    '/metrics/',
    '/a-b_c.d~e',
    '/probes',
    '/api/v1/clusters/metrics',
  ])('may be %s', (raw) => {
    expect(telemetryPath(raw)).toBe(raw);
  });

  it.each(['', 'metrics', '/a b', '/a?b', '/a#b', '/:name', '/*all', '//', '/a//b', '/(a)'])('is not %j', (raw) => {
    expect(() => telemetryPath(raw)).toThrow('a path such as /metrics');
  });

  it.each([
    '/',
    '/-/healthy',
    '/-/ready',
    '/-/reload',
    '/api/v1/clusters',
    '/probe',
    '/sd',
    '/probe/',
    '/Probe',
  ])('is not %s, which the exporter serves itself', (raw) => {
    expect(() => telemetryPath(raw)).toThrow('does not serve itself');
  });
});

describe('the external URL of the exporter', () => {
  it.each([
    ['https://tools.example.com', 'https://tools.example.com/'],
    ['http://Tools.example.com:80/zeebe/', 'http://tools.example.com/zeebe/'],
  ])('is %s', (raw, href) => {
    expect(load({ flags: { 'web.external_url': raw } }).config.web.externalUrl?.href).toBe(href);
  });

  it('is none by default', () => {
    expect(load({}).config.web).not.toHaveProperty('externalUrl');
  });

  it.each([
    'tools.example.com',
    'ftp://tools.example.com',
    'https://user:OPENSESAME@tools.example.com',
    'https://tools.example.com/?a=b',
    'https://tools.example.com/#a',
    'https://tools.example.com/a%20b',
    'https://tools.example.com//a',
  ])('is not %s', (raw) => {
    const [complaint, ...others] = complaints({ file: `web: { external_url: "${raw}" }\n${fileWith()}` });
    expect(complaint).toMatch(/^conf\/exporter\.yml:1: web\.external_url: expected a URL /);
    expect(complaint).not.toContain('OPENSESAME');
    expect(others).toEqual([]);
  });
});
