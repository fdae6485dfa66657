import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { negotiateEncoding, negotiateFormat } from '../../src/http/metrics-response.ts';

/** As the scrapers send them. */
const prometheus2 =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const prometheus3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,' +
  'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';
const prometheus3WithProtobuf = `application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,${prometheus3}`;
const prometheus3TextOnly =
  'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.3';
const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';

describe('OpenMetrics', () => {
  it.each([
    ['Prometheus 2.42', prometheus2],
    ['Prometheus 3', prometheus3],
    ['Prometheus 3 with protobuf', prometheus3WithProtobuf],
    ['a client that wants nothing else', 'application/openmetrics-text; version=1.0.0'],
    ['a client that takes anything else too', 'application/openmetrics-text;version=1.0.0,*/*'],
    ['a client that prefers it to text', 'text/plain;q=0.9,application/openmetrics-text;version=1.0.0'],
    ['a client that wants no text', 'text/plain;q=0,application/openmetrics-text;version=1.0.0;q=0.001'],
    ['capitals', 'Application/OpenMetrics-Text; Version=1.0.0; Q=1'],
    ['a quoted version', 'application/openmetrics-text; version="1.0.0"'],
    ['a quoted parameter with a comma', 'application/openmetrics-text; note="a, b;q=0"; version=1.0.0'],
    ['a quoted parameter with a quote', 'application/openmetrics-text; note="a\\", text/plain"; version=1.0.0; q=0.4'],
    ['spaces everywhere', '  application/openmetrics-text ;  version=1.0.0  ;  q=0.5 , text/plain ; q=0.4 '],
    ['nonsense beside it', ',,;q=1,nonsense,application/openmetrics-text;version=1.0.0'],
  ])('is for %s', (_case, accept) => {
    expect(negotiateFormat(accept)).toBe('openmetrics');
  });
});

describe('the text format', () => {
  it.each([
    ['no Accept at all', undefined],
    ['an empty one', ''],
    ['anything', '*/*'],
    ['any text', 'text/*'],
    ['a browser', browser],
    ['Prometheus 3 told to scrape text', prometheus3TextOnly],
    ['no version of OpenMetrics', 'application/openmetrics-text'],
    ['version 0.0.1 of OpenMetrics', 'application/openmetrics-text;version=0.0.1'],
    ['version 2.0.0 of OpenMetrics', 'application/openmetrics-text;version=2.0.0'],
    ['OpenMetrics refused', 'application/openmetrics-text;version=1.0.0;q=0'],
    ['OpenMetrics refused, anything else taken', 'application/openmetrics-text;version=1.0.0;q=0,*/*'],
    ['everything refused', 'application/openmetrics-text;version=1.0.0;q=0,*/*;q=0'],
    ['text preferred', 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4'],
    ['any text preferred', 'application/openmetrics-text;version=1.0.0;q=0.5,text/*;q=0.6'],
    ['anything preferred', 'application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.6'],
    ['text and OpenMetrics alike', 'application/openmetrics-text;version=1.0.0,text/plain'],
    ['any application', 'application/*'],
    ['JSON', 'application/json'],
    ['a q that is no number', 'application/openmetrics-text;version=1.0.0;q=high'],
    ['a q above 1', 'application/openmetrics-text;version=1.0.0;q=7'],
    ['a q below 0', 'application/openmetrics-text;version=1.0.0;q=-1'],
    ['OpenMetrics inside a quoted parameter', 'text/plain;note=", application/openmetrics-text;version=1.0.0"'],
    ['a quote that does not end', 'text/plain;note=", application/openmetrics-text;version=1.0.0'],
    ['nonsense', ';;,=="'],
    ['a header too long to be read', `application/openmetrics-text;version=1.0.0,${' '.repeat(1_000)}`],
  ])('is for %s', (_case, accept) => {
    expect(negotiateFormat(accept)).toBe('text');
  });
});

describe('gzip', () => {
  const encodingOf = (header: string | undefined) =>
    negotiateEncoding({ headers: { 'accept-encoding': header } } as IncomingMessage);

  it.each(['gzip', 'gzip, deflate, br', '*', 'gzip;q=0.1'])('is for %s', (header) => {
    expect(encodingOf(header)).toBe('gzip');
  });

  it.each([undefined, '', 'br', 'gzip;q=0', `gzip,${' '.repeat(1_000)}`])('is not for %s', (header) => {
    expect(encodingOf(header)).toBe('identity');
  });
});

it('answers any header', () => {
  const parts = fc.constantFrom(
    ...[
      'application/openmetrics-text',
      'text/plain',
      '*/*',
      ';',
      ',',
      '"',
      '\\',
      '=',
      'version=1.0.0',
      'q=0.5',
      ' ',
      'é',
    ],
  );
  const header = fc.oneof(
    fc.string(),
    fc.array(parts, { maxLength: 30 }).map((each) => each.join('')),
  );
  fc.assert(
    fc.property(header, (accept) => {
      const format = negotiateFormat(accept);
      if (!/openmetrics-text/i.test(accept)) expect(format).toBe('text');
    }),
    { numRuns: 500 },
  );
});
