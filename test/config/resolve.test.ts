import { describe, expect, it } from 'vitest';
import type { Problem } from '../../src/config/problem.ts';
import { namedSource, resolve, settingsOf } from '../../src/config/resolve.ts';
import { list, text } from '../../src/config/setting.ts';

/** A table whose formats count what they convert. */
function counting() {
  const converted: unknown[] = [];
  const format = (raw: string) => {
    converted.push(raw);
    if (raw.startsWith('bad')) throw new Error('something good');
    return raw.toUpperCase();
  };
  const table = {
    name: text({ doc: '', format }),
    size: text({ doc: '', default: 'small', format }),
    'group.colour': text({ doc: '', format }),
    'group.parts': list({ doc: '', default: [], format: (raw) => raw.map(format) }),
  };
  return { table, converted };
}

const source = (given: Readonly<Record<string, string | readonly string[]>>) =>
  namedSource(new Map(Object.entries(given)), new Map([['group.colour', 'COLOUR']]));

describe('resolved settings', () => {
  it('have each value converted once, however often it is asked for', () => {
    const { table, converted } = counting();
    const problems: Problem[] = [];
    const sources = [source({ name: 'below', size: 'large' }), source({ name: 'a', 'group.parts': ['b', 'c'] })];
    const settings = settingsOf(table, resolve(table, sources, problems), problems);
    for (let times = 0; times < 3; times++) {
      expect(settings.value('name')).toBe('A');
      expect(settings.value('size')).toBe('LARGE');
      expect(settings.value('group.colour')).toBeUndefined();
      expect(settings.value('group.parts')).toEqual(['B', 'C']);
    }
    expect(converted.toSorted()).toEqual(['a', 'b', 'c', 'large']);
    expect(problems).toEqual([]);
  });

  it('have the default where a value is refused, which is a problem with its place', () => {
    const { table, converted } = counting();
    const problems: Problem[] = [];
    const given = source({ size: 'bad size', 'group.colour': 'bad colour' });
    const settings = settingsOf(table, resolve(table, [given], problems), problems);
    expect([settings.value('size'), settings.value('group.colour')]).toEqual(['SMALL', undefined]);
    expect([settings.valid('size'), settings.valid('name')]).toEqual([false, true]);
    expect(problems).toEqual([
      { place: 'size', expected: 'something good', found: '"bad size"' },
      { place: 'COLOUR', expected: 'something good', found: '"bad colour"' },
    ]);
    expect(converted.toSorted()).toEqual(['bad colour', 'bad size', 'small']);
  });

  it('are those of a source that is there even without any of its settings', () => {
    const { table } = counting();
    const settings = settingsOf(table, resolve(table, [namedSource(new Map(), new Map(), 'group')], []), []);
    expect([settings.has('group'), settings.has('group.colour')]).toEqual([true, false]);
  });
});
