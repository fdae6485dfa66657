import { describe, expect, it, onTestFinished } from 'vitest';
import { neverAborted, tokenEndpoint } from '../auth/asking.ts';
import { pollOf } from '../auth/poll-of.ts';
import { type Door, doors, goodBodies } from './documents.ts';
import { answeringWell, statusClasses } from './faults.ts';
import { openGate } from './gate.ts';

/** Why an answer is not taken that is good but for its status. */
async function reasonsOf(door: Door, statuses: readonly number[]): Promise<readonly unknown[]> {
  let status = 0;
  const gate = await openGate({ meet: (socket, good) => answeringWell(status)(socket, good) }, (origin) =>
    goodBodies[door](origin, `${origin}/token`),
  );
  onTestFinished(gate.close);
  const ask = asking(door, gate.origin);
  const reasons: unknown[] = [];
  for (status of statuses) reasons.push(await ask());
  return reasons;
}

function asking(door: Door, origin: string): () => Promise<unknown> {
  if (door === 'cluster') {
    const poll = pollOf({ address: new URL(`${origin}/`) });
    return async () => {
      const { outcome } = await poll();
      return outcome.ok ? 'tolerated' : outcome.failure.reason;
    };
  }
  const endpoint = door === 'token' ? { tokenUrl: new URL(origin) } : { issuerUrl: new URL(origin) };
  const request = tokenEndpoint({ endpoint });
  return async () => {
    const answer = await request(neverAborted);
    return answer.ok ? 'tolerated' : answer.failure.reason;
  };
}

describe.each(doors)('at the door %s', (door) => {
  const index = doors.indexOf(door);
  it.each(statusClasses)('$name means the same, each of them', async ({ statuses, outcomes }) => {
    expect(await reasonsOf(door, statuses)).toEqual(statuses.map(() => outcomes[index]));
  });
});
