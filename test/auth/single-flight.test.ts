import { describe, expect, it, vi } from 'vitest';
import { type Detachment, singleFlight } from '../../src/auth/single-flight.ts';

const attached: Detachment<unknown> = { isDetached: () => false, unclaimed: () => {} };

/** Runs that end when told. */
function runs() {
  const started: { readonly signal: AbortSignal; readonly end: (value: string) => void }[] = [];
  const ask = singleFlight<string>((signal) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    signal.addEventListener('abort', () => resolve(`cut short: ${signal.reason}`));
    started.push({ signal, end: resolve });
    return promise;
  }, attached);
  return { started, ask };
}

const patient = new AbortController().signal;

describe('those who ask while a run is under way', () => {
  it('get the result of that one run, and one of them is the first', async () => {
    const { started, ask } = runs();
    const asked = Promise.all([ask(patient), ask(patient), ask(patient)]);
    started[0]?.end('token');
    expect(await asked).toEqual([
      { value: 'token', first: true },
      { value: 'token', first: false },
      { value: 'token', first: false },
    ]);
    expect(started).toHaveLength(1);
  });

  it('start another run once it has ended', async () => {
    const { started, ask } = runs();
    const one = ask(patient);
    started[0]?.end('one');
    await one;
    const two = ask(patient);
    started[1]?.end('two');
    expect(await two).toEqual({ value: 'two', first: true });
  });

  it('start another run after one that failed', async () => {
    const attempts: string[] = [];
    const ask = singleFlight<string>(async () => {
      attempts.push('attempt');
      throw new Error(`no ${attempts.length}`);
    }, attached);
    await expect(ask(patient)).rejects.toThrow('no 1');
    await expect(ask(patient)).rejects.toThrow('no 2');
  });

  it('go on waiting when one gives up', async () => {
    const { started, ask } = runs();
    const impatient = new AbortController();
    const one = ask(impatient.signal);
    const other = ask(patient);
    impatient.abort();
    expect(await one).toBeUndefined();
    expect(started[0]?.signal.aborted).toBe(false);
    started[0]?.end('token');
    // It was started by the one that gave up; whoever gets the result first has to account for it.
    expect(await other).toEqual({ value: 'token', first: true });
  });

  it('end it when the last one gives up, who is told what came of it', async () => {
    const { started, ask } = runs();
    const [one, other] = [new AbortController(), new AbortController()];
    const asked = [ask(one.signal), ask(other.signal)];
    other.abort('too late');
    one.abort('much too late');
    expect(await Promise.all(asked)).toEqual([{ value: 'cut short: much too late', first: true }, undefined]);
    expect(started[0]?.signal.reason).toBe('much too late');
  });

  it('end it too when the only one had given up before asking', async () => {
    const { started, ask } = runs();
    expect(await ask(AbortSignal.abort('before'))).toEqual({ value: 'cut short: before', first: true });
    expect(started).toHaveLength(1);
  });

  it('do not end a run by giving up once they have its result', async () => {
    const { started, ask } = runs();
    const controller = new AbortController();
    const one = ask(controller.signal);
    started[0]?.end('one');
    await one;
    const two = ask(patient);
    controller.abort();
    started[1]?.end('two');
    expect(await two).toEqual({ value: 'two', first: true });
    expect(started.map((run) => run.signal.aborted)).toEqual([false, false]);
  });
});

describe('a run that is detached', () => {
  it('goes on when its last caller gives up, and later callers join it', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const unclaimed: string[] = [];
    const signals: AbortSignal[] = [];
    const run = (signal: AbortSignal) => {
      signals.push(signal);
      return promise;
    };
    const ask = singleFlight(run, { isDetached: () => true, unclaimed: (value) => unclaimed.push(value) });
    const impatient = new AbortController();
    const one = ask(impatient.signal);
    impatient.abort();
    expect(await one).toBeUndefined();
    const other = ask(patient);
    resolve('token');
    expect(await other).toEqual({ value: 'token', first: true });
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    expect(unclaimed).toEqual([]);
  });

  it('hands over a result for which no caller has waited', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const unclaimed: string[] = [];
    const ask = singleFlight(() => promise, { isDetached: () => true, unclaimed: (value) => unclaimed.push(value) });
    expect(await ask(AbortSignal.abort())).toBeUndefined();
    resolve('token');
    await vi.waitFor(() => expect(unclaimed).toEqual(['token']));
  });
});
