import { expect, it } from 'vitest';

import { proxyUrlOf } from '../../src/config/addresses.ts';

it.each([
  ['http://proxy:3128', 'http://proxy:3128/'],
  ['HTTPS://Proxy', 'https://proxy/'],
  ['proxy:3128', 'http://proxy:3128/'],
  ['proxy', 'http://proxy/'],
  ['proxy/', 'http://proxy/'],
  ['localhost:3128', 'http://localhost:3128/'],
  ['127.0.0.1:3128', 'http://127.0.0.1:3128/'],
  ['[::1]:3128', 'http://[::1]:3128/'],
  ['user:password@proxy:3128', 'http://user:password@proxy:3128/'],
  ['user:p%40ss@proxy', 'http://user:p%40ss@proxy/'],
])('%s is a proxy at %s', (text, href) => {
  expect(proxyUrlOf(text)?.href).toBe(href);
});

it.each([
  '',
  ' ',
  'http://',
  'http:',
  'http:proxy',
  'https:/proxy',
  'http:///proxy',
  '//proxy',
  'socks5://proxy:1080',
  'ftp://proxy',
  'proxy/path',
  'proxy?query',
  'proxy#fragment',
  'proxy:port',
  'proxy:65536',
  'proxy name:3128',
  'proxy:3128\n',
  'user:pass/word@proxy',
  '@',
])('%j is none', (text) => {
  expect(proxyUrlOf(text)).toBeUndefined();
});
