import { describe, expect, it, onTestFinished } from 'vitest';
import { neverAborted, tokenEndpoint } from '../auth/asking.ts';
import { pollOf } from '../auth/poll-of.ts';
import { type Endpoint, endpoints, goodBodies } from './endpoint-documents.ts';
import { answeringGoodBody, statusClasses } from './faults.ts';
import { startFaultyServer } from './faulty-server.ts';

/** Returns the outcomes of good responses with other statuses. */
async function reasonsOf(endpoint: Endpoint, statuses: readonly number[]): Promise<readonly unknown[]> {
  let status = 0;
  const server = await startFaultyServer(
    { handle: (socket, good) => answeringGoodBody(status)(socket, good) },
    (origin) => goodBodies[endpoint](origin, `${origin}/token`),
  );
  onTestFinished(server.close);
  const ask = asking(endpoint, server.origin);
  const reasons: unknown[] = [];
  for (status of statuses) reasons.push(await ask());
  return reasons;
}

function asking(endpoint: Endpoint, origin: string): () => Promise<unknown> {
  if (endpoint === 'cluster') {
    const poll = pollOf({ address: new URL(`${origin}/`) });
    return async () => {
      const { outcome } = await poll();
      return outcome.ok ? 'tolerated' : outcome.failure.reason;
    };
  }
  const tokenConfig = endpoint === 'token' ? { tokenUrl: new URL(origin) } : { issuerUrl: new URL(origin) };
  const request = tokenEndpoint({ endpoint: tokenConfig });
  return async () => {
    const answer = await request(neverAborted);
    return answer.ok ? 'tolerated' : answer.failure.reason;
  };
}

describe.each(endpoints)('a response of the endpoint %s', (endpoint) => {
  const index = endpoints.indexOf(endpoint);
  it.each(statusClasses)('has the same outcome for every status: $name', async ({ statuses, outcomes }) => {
    expect(await reasonsOf(endpoint, statuses)).toEqual(statuses.map(() => outcomes[index]));
  });
});
