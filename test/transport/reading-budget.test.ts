import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createReadingBudget } from '../../src/transport/body.ts';
import { transportFailureOf } from '../../src/transport/transport-failure.ts';

function newBody() {
  const body = new PassThrough();
  const errors: Error[] = [];
  body.on('error', (error) => errors.push(error));
  return { body, errors };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the response bodies that are being read', () => {
  it('may use the memory limit together', async () => {
    const budget = createReadingBudget(100);
    const all = [20, 30, 50].map((bytes) => {
      const { body } = newBody();
      budget.add(body, bytes);
      return body;
    });
    await turn();
    expect(all.map(({ destroyed }) => destroyed)).toEqual([false, false, false]);
  });

  it('beyond the limit lose the largest one as too_large, not the one that grew last', async () => {
    const budget = createReadingBudget(100);
    const [large, small] = [newBody(), newBody()];
    budget.add(large.body, 60);
    budget.add(small.body, 20);
    budget.add(small.body, 21);
    await turn();
    expect([large.body.destroyed, small.body.destroyed]).toEqual([true, false]);
    expect(transportFailureOf(large.errors[0])).toMatchObject({
      reason: 'too_large',
      cause: expect.stringContaining('all answers being read have more than 100 bytes together'),
    });
    budget.add(small.body, 59);
    await turn();
    expect(small.body.destroyed).toBe(false);
  });

  it('no longer count once they are read', async () => {
    const budget = createReadingBudget(100);
    const [first, second] = [newBody(), newBody()];
    budget.add(first.body, 100);
    budget.release(first.body);
    budget.release(first.body);
    budget.add(second.body, 100);
    await turn();
    expect([first.body.destroyed, second.body.destroyed]).toEqual([false, false]);
  });
});
