import { describe, expect, it } from 'vitest';
import { parseStrictly } from './strict-parser.ts';

const gauge = '# HELP a Help.\n# TYPE a gauge\n';
const histogram = '# HELP h Help.\n# TYPE h histogram\n';

describe('the strict parser', () => {
  it('reads families, labels and numbers', () => {
    expect(parseStrictly(`${gauge}a{x="1\\"\\\\\\n🦓",y=""} 1.5\na +Inf\n`, 'text')).toEqual([
      {
        name: 'a',
        type: 'gauge',
        help: 'Help.',
        samples: [
          { name: 'a', labels: { x: '1"\\\n🦓', y: '' }, value: 1.5 },
          { name: 'a', labels: {}, value: Number.POSITIVE_INFINITY },
        ],
      },
    ]);
  });

  it('returns the same name of a counter in both formats', () => {
    const samples = [{ name: 'a_total', labels: {}, value: 1 }];
    const counter = { name: 'a_total', type: 'counter', help: 'Help.', samples };
    expect(parseStrictly('# HELP a_total Help.\n# TYPE a_total counter\na_total 1\n', 'text')).toEqual([counter]);
    expect(parseStrictly('# HELP a Help.\n# TYPE a counter\na_total 1\n# EOF\n', 'openmetrics')).toEqual([counter]);
  });

  it.each([
    ['a line that does not end', `${gauge}a 1`],
    ['a blank line', `${gauge}\na 1\n`],
    ['a sample without a family', 'a 1\n'],
    ['a sample of another family', `${gauge}b 1\n`],
    ['a sample before its TYPE', '# HELP a Help.\na 1\n# TYPE a gauge\n'],
    ['a family without a TYPE', '# HELP a Help.\n'],
    ['a second TYPE', `${gauge}# TYPE a gauge\n`],
    ['a family twice', `${gauge}a 1\n${gauge}`],
    ['families interleaved', `${gauge}a{x="1"} 1\n# HELP b Help.\n# TYPE b gauge\nb 1\na{x="2"} 1\n`],
    ['a series twice', `${gauge}a{x="1",y="2"} 1\na{y="2",x="1"} 2\n`],
    ['a label twice', `${gauge}a{x="1",x="2"} 1\n`],
    ['a quote within a value', `${gauge}a{x="1"2"} 1\n`],
    ['an escape unheard of', `${gauge}a{x="\\t"} 1\n`],
    ['a comma too many', `${gauge}a{x="1",} 1\n`],
    ['a timestamp', `${gauge}a 1 1767225600000\n`],
    ['an exemplar', `${gauge}a 1 # {trace="1"} 1\n`],
    ['a number in another notation', `${gauge}a 0x1\n`],
    ['a comment', `${gauge}# hello\na 1\n`],
    ['a unit', `${gauge}# UNIT a seconds\na 1\n`],
    ['HELP with a quote', '# HELP a The "one".\n# TYPE a gauge\n'],
    ['an empty HELP', '# HELP a \n# TYPE a gauge\n'],
    ['a counter without _total', '# HELP a Help.\n# TYPE a counter\na 1\n'],
    ['# EOF in the text format', `${gauge}a 1\n# EOF\n`],
    ['a histogram without +Inf', `${histogram}h_bucket{le="1.0"} 1\nh_sum 1\nh_count 1\n`],
    ['a bound that is not canonical', `${histogram}h_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`],
    ['buckets that decrease', `${histogram}h_bucket{le="1.0"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`],
    ['a count that is not the last bucket', `${histogram}h_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n`],
    ['a histogram without a count', `${histogram}h_bucket{le="+Inf"} 1\nh_sum 1\n`],
  ])('refuses %s', (_case, page) => {
    expect(() => parseStrictly(page, 'text')).toThrow();
  });

  it.each([
    ['a page without # EOF', `${gauge}a 1\n`],
    ['# EOF twice', `${gauge}a 1\n# EOF\n# EOF\n`],
    ['text after # EOF', `${gauge}# EOF\na 1\n`],
    ['a counter named as in the text format', '# HELP a_total Help.\n# TYPE a_total counter\na_total 1\n# EOF\n'],
    ['_created', '# HELP a Help.\n# TYPE a counter\na_total 1\na_created 1\n# EOF\n'],
  ])('refuses %s in OpenMetrics', (_case, page) => {
    expect(() => parseStrictly(page, 'openmetrics')).toThrow();
  });
});
