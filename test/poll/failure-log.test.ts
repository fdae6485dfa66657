import { describe, expect, it } from 'vitest';
import { createFailureLog } from '../../src/poll/poll-log.ts';
import { manualClock } from '../manual-clock.ts';
import { memoryLog } from '../memory-log.ts';

const warn = 40;
const info = 30;
const minute = 60_000;

function failure(reason: string) {
  return { reason, message: `what ${reason} is`, remedy: `what to do about ${reason}` };
}

function setUp() {
  const clock = manualClock();
  const { logger, lines } = memoryLog();
  const log = createFailureLog(logger, clock, { failed: 'poll failed', recovered: 'polls succeed again' });
  return { clock, log, messages: () => lines.map(({ msg }) => msg), lines };
}

describe('a failure', () => {
  it('is logged with its reason, what came and what to do', () => {
    const { log, lines } = setUp();
    log(failure('dns'));
    expect(lines).toMatchObject([
      {
        level: warn,
        msg: 'poll failed: what dns is; what to do about dns',
        reason: 'dns',
        remedy: 'what to do about dns',
        times: 1,
      },
    ]);
  });

  it('is logged once while it lasts, then every five minutes with a count', () => {
    const { clock, log, messages, lines } = setUp();
    for (let poll = 0; poll < 40; poll++) {
      log(failure('dns'));
      clock.advance(15_000);
    }
    expect(messages()).toEqual([
      'poll failed: what dns is; what to do about dns',
      'poll failed: what dns is (21 times so far); what to do about dns',
    ]);
    expect(lines.map(({ times }) => times)).toEqual([1, 21]);
  });

  it('is logged at once where it is another', () => {
    const { clock, log, lines } = setUp();
    log(failure('dns'));
    clock.advance(1_000);
    log(failure('connect'));
    expect(lines.map(({ reason }) => reason)).toEqual(['dns', 'connect']);
  });

  it('is not logged again where two take turns', () => {
    const { clock, log, lines } = setUp();
    for (let poll = 0; poll < 8; poll++) {
      log(failure(poll % 2 === 0 ? 'dns' : 'connect'));
      clock.advance(15_000);
    }
    expect(lines.map(({ reason }) => reason)).toEqual(['dns', 'connect']);
  });
});

describe('the end of a failure', () => {
  it('is logged once, with the number of failures', () => {
    const { clock, log, lines } = setUp();
    log(failure('dns'));
    log(failure('connect'));
    log(failure('connect'));
    clock.advance(minute);
    log(undefined);
    log(undefined);
    expect(lines.slice(2)).toMatchObject([{ level: info, msg: 'polls succeed again', failed: 3 }]);
    expect(lines).toHaveLength(3);
  });

  it('is not logged where nothing failed', () => {
    const { log, messages } = setUp();
    log(undefined);
    expect(messages()).toEqual([]);
  });

  it('makes the same failure news again', () => {
    const { clock, log, lines } = setUp();
    log(failure('dns'));
    log(undefined);
    clock.advance(1_000);
    log(failure('dns'));
    expect(lines.map(({ times }) => times)).toEqual([1, undefined, 1]);
  });
});

describe('a failure that polls far apart bring', () => {
  it('is counted from the second one on', () => {
    const { clock, log, messages } = setUp();
    for (let poll = 0; poll < 3; poll++) {
      log(failure('dns'));
      clock.advance(10 * minute);
    }
    expect(messages()).toEqual([
      'poll failed: what dns is; what to do about dns',
      'poll failed: what dns is (2 times so far); what to do about dns',
      'poll failed: what dns is (3 times so far); what to do about dns',
    ]);
  });

  it('is logged again once five minutes are over, and not before', () => {
    const { clock, log, messages } = setUp();
    log(failure('dns'));
    clock.advance(5 * minute - 1);
    log(failure('dns'));
    expect(messages()).toHaveLength(1);
    clock.advance(1);
    log(failure('dns'));
    expect(messages()).toHaveLength(2);
  });
});
