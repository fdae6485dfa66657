import { describe, expect, it } from 'vitest';
import { timing } from '../../src/simulator/model-timing.ts';
import { slowStory } from '../../src/simulator/slow-story.ts';
import { alerts as rules, secondsOf } from '../prometheus/files.ts';

/** Seconds until a change is polled, scraped and evaluated, with the intervals of the demo. */
const seen = 2 + 5 + 5;
const lookback = 5 * 60;
const tokenLifetime = 30;
/** The longest pause between token requests to an identity provider that answers 503. */
const backOff = 60;

/** By cluster: who has the fault, and the seconds until it shows, and until its end does. */
const faults = {
  orders: {
    actor: 'orders',
    showsAfter: timing.crashedBrokerGone / 1000,
    endsAfter: timing.restartedBrokerComplete / 1000,
  },
  inventory: { actor: 'identity provider', showsAfter: tokenLifetime + lookback, endsAfter: backOff },
  payments: {
    actor: 'payments',
    showsAfter: timing.crashedBrokerGone / 1000,
    endsAfter: timing.restartedBrokerComplete / 1000,
  },
} as const;

const expected = (slowStory.alerts ?? []).map((alert) => {
  const { actor, showsAfter, endsAfter } = faults[alert.cluster];
  const [begin = Number.NaN, end = Number.NaN] = slowStory.steps
    .filter((step) => step.actor === actor)
    .map(({ at }) => at / 1000);
  return { ...alert, begin, end, showsAfter, endsAfter, rule: rules.find((rule) => rule.alert === alert.name) };
});

describe('the slow story', () => {
  it('has a fault for each cluster', () => {
    expect(new Set(expected.map(({ cluster }) => cluster))).toEqual(new Set(['orders', 'inventory', 'payments']));
  });

  it.each(expected)('lets $name fire before the fault of $cluster ends', ({
    rule,
    begin,
    end,
    showsAfter,
    firesBy,
  }) => {
    const firesAfter = begin + showsAfter + seen + secondsOf(rule?.for ?? '');
    expect(firesAfter).toBeLessThanOrEqual(firesBy / 1000);
    // The time that is announced is in the same minute, or in the next one.
    expect(firesBy / 1000 - firesAfter).toBeLessThan(60);
    expect(firesBy / 1000).toBeLessThan(end);
  });

  it.each(expected)('lets $name resolve before the round ends', ({ rule, end, endsAfter, resolvesBy }) => {
    const resolvesAfter = end + endsAfter + seen + secondsOf(rule?.keep_firing_for ?? '');
    expect(resolvesAfter).toBeLessThanOrEqual(resolvesBy / 1000);
    expect(resolvesBy).toBeLessThan(slowStory.period);
  });

  it('names each alert in the sentence of its fault', () => {
    const sentences = slowStory.steps.map(({ sentence }) => sentence).join('\n');
    for (const { name } of expected) expect(sentences).toContain(name);
  });

  it('is told in the order of its times', () => {
    const times = slowStory.steps.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});
