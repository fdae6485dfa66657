import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { negotiateEncoding, negotiateFormat } from '../../src/http/metrics-response.ts';

/** The headers that scrapers send. */
const prometheus2 =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const prometheus3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,' +
  'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';
const prometheus3WithProtobuf = `application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,${prometheus3}`;
const prometheus3TextOnly =
  'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.3';
const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';

describe('Accept is answered with OpenMetrics', () => {
  it.each([
    ['Prometheus 2.42', prometheus2],
    ['Prometheus 3', prometheus3],
    ['Prometheus 3 with protobuf', prometheus3WithProtobuf],
    ['a client that accepts nothing else', 'application/openmetrics-text; version=1.0.0'],
    ['a client that accepts any other type too', 'application/openmetrics-text;version=1.0.0,*/*'],
    ['a client that prefers it to text', 'text/plain;q=0.9,application/openmetrics-text;version=1.0.0'],
    ['a client that refuses text', 'text/plain;q=0,application/openmetrics-text;version=1.0.0;q=0.001'],
    ['a client that writes in capitals', 'Application/OpenMetrics-Text; Version=1.0.0; Q=1'],
    ['a client that quotes the version', 'application/openmetrics-text; version="1.0.0"'],
    ['a client with a comma in a quoted parameter', 'application/openmetrics-text; note="a, b;q=0"; version=1.0.0'],
    [
      'a client with a quote in a quoted parameter',
      'application/openmetrics-text; note="a\\", text/plain"; version=1.0.0; q=0.4',
    ],
    [
      'a client with spaces everywhere',
      '  application/openmetrics-text ;  version=1.0.0  ;  q=0.5 , text/plain ; q=0.4 ',
    ],
    ['a client with malformed types beside it', ',,;q=1,nonsense,application/openmetrics-text;version=1.0.0'],
  ])('if it is that of %s', (_case, accept) => {
    expect(negotiateFormat(accept)).toBe('openmetrics');
  });
});

describe('Accept is answered with the text format', () => {
  it.each([
    ['absent', undefined],
    ['empty', ''],
    ['any type', '*/*'],
    ['any text', 'text/*'],
    ['that of a browser', browser],
    ['that of Prometheus 3 with PrometheusText0.0.4 first', prometheus3TextOnly],
    ['OpenMetrics without a version', 'application/openmetrics-text'],
    ['version 0.0.1 of OpenMetrics', 'application/openmetrics-text;version=0.0.1'],
    ['version 2.0.0 of OpenMetrics', 'application/openmetrics-text;version=2.0.0'],
    ['OpenMetrics refused', 'application/openmetrics-text;version=1.0.0;q=0'],
    ['OpenMetrics refused, any other type accepted', 'application/openmetrics-text;version=1.0.0;q=0,*/*'],
    ['everything refused', 'application/openmetrics-text;version=1.0.0;q=0,*/*;q=0'],
    ['a preference for text', 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4'],
    ['any text preferred', 'application/openmetrics-text;version=1.0.0;q=0.5,text/*;q=0.6'],
    ['anything preferred', 'application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.6'],
    ['text and OpenMetrics alike', 'application/openmetrics-text;version=1.0.0,text/plain'],
    ['any application', 'application/*'],
    ['JSON', 'application/json'],
    ['a q that is no number', 'application/openmetrics-text;version=1.0.0;q=high'],
    ['a q above 1', 'application/openmetrics-text;version=1.0.0;q=7'],
    ['a q below 0', 'application/openmetrics-text;version=1.0.0;q=-1'],
    ['OpenMetrics inside a quoted parameter', 'text/plain;note=", application/openmetrics-text;version=1.0.0"'],
    ['an unterminated quote', 'text/plain;note=", application/openmetrics-text;version=1.0.0'],
    ['malformed', ';;,=="'],
    ['longer than 1,000 characters', `application/openmetrics-text;version=1.0.0,${' '.repeat(1_000)}`],
  ])('if it is %s', (_case, accept) => {
    expect(negotiateFormat(accept)).toBe('text');
  });
});

describe('the content coding', () => {
  const encodingOf = (header: string | undefined) =>
    negotiateEncoding({ headers: { 'accept-encoding': header } } as IncomingMessage);

  it.each(['gzip', 'gzip, deflate, br', '*', 'gzip;q=0.1'])('is gzip for Accept-Encoding: %s', (header) => {
    expect(encodingOf(header)).toBe('gzip');
  });

  it.each([
    undefined,
    '',
    'br',
    'gzip;q=0',
    `gzip,${' '.repeat(1_000)}`,
  ])('is identity for Accept-Encoding: %s', (header) => {
    expect(encodingOf(header)).toBe('identity');
  });
});

it('the format is negotiated for any Accept header, malformed ones too', () => {
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
