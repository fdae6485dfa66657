import type { TokenAnswer } from '../../src/auth/token-endpoint.ts';
import { sleep } from '../../src/clock.ts';
import type { Client } from '../../src/zeebe/client.ts';
import { recorded } from '../topologies.ts';
import type { Settings } from './faults.ts';
import { denied, granted, silence } from './scripted-endpoint.ts';
import { answered, notAnswered } from './sending.ts';

/** A token that was given out; milliseconds since the start. */
interface Issued {
  readonly name: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly poll: number;
}

export interface World {
  readonly endpoint: (signal: AbortSignal) => Promise<TokenAnswer>;
  readonly client: Client;
  /** To be called when a poll begins. */
  readonly pollBegins: () => void;
  /** Whether the cluster will take the token that the exporter must have, whatever happens in the next `ms`. */
  readonly takesTheTokenFor: (ms: number) => boolean;
  /** Milliseconds since anything was wrong; negative where something is, or will be within the next `ms`. */
  readonly wellFor: (ms: number) => number;
  /** What the exporter did that it must not do. */
  readonly violations: readonly string[];
}

/** An identity provider and a cluster with the faults of the settings, that watch how they are asked. */
export function createWorld(settings: Settings): World {
  const { lifetime, tokenLatency, clusterLatency, retryAfter, faults } = settings;
  const startedAt = performance.now();
  const now = () => performance.now() - startedAt;
  const faulty = (kind: string, from = now(), until = from) =>
    faults.some((fault) => fault.kind === kind && fault.from <= until && from < fault.until);

  const violations: string[] = [];
  const violated = (what: string) => violations.push(`${what} at ${now()} ms`);
  let poll = 0;
  let asking = 0;
  let askedAt = Number.NEGATIVE_INFINITY;
  let requests = 0;
  let issued: Issued | undefined;
  /** Not to be used again: the cluster refused it, and another was asked for. */
  let evicted = false;
  let refusedInThisPoll = false;
  let forbiddenInThisPoll = false;
  let freshRefusals = 0;
  let coolDownUntil = Number.NEGATIVE_INFINITY;
  let notBefore = Number.NEGATIVE_INFINITY;

  const answerTokenRequest = async (signal: AbortSignal): Promise<TokenAnswer> => {
    await sleep(tokenLatency, signal);
    if (signal.aborted || faulty('unreachable')) return denied();
    if (faulty('silent')) return silence(signal);
    if (faulty('refusing')) return denied('invalid_client');
    if (faulty('limiting')) {
      notBefore = retryAfter === undefined ? notBefore : now() + retryAfter;
      return denied('token_rate_limited', retryAfter);
    }
    issued = { name: `token-${++requests}`, issuedAt: now(), expiresAt: now() + lifetime, poll };
    evicted = false;
    return granted(issued.name, lifetime / 1000);
  };

  const knows = (authorization: string | undefined) =>
    !faulty('cluster refuses') &&
    issued !== undefined &&
    authorization === `Bearer ${issued.name}` &&
    now() < issued.expiresAt &&
    !(faulty('cluster forgets') && issued.poll !== poll);

  const forbids = ({ issuedAt }: Issued, until = now()) =>
    faults.some((fault) => fault.kind === 'cluster forbids' && fault.from <= until && issuedAt < fault.until);

  const startCoolDown = () => {
    coolDownUntil = now() + Math.min(30_000 * 2 ** freshRefusals++, 60_000);
  };

  return {
    violations,
    endpoint: async (signal) => {
      if (asking > 0) violated('two token requests at once');
      if (now() - askedAt < 1_000) violated(`two token requests within ${now() - askedAt} ms`);
      if (now() < coolDownUntil)
        violated(`a token request ${coolDownUntil - now()} ms before the end of the cool-down`);
      if (now() < notBefore) violated(`a token request ${notBefore - now()} ms before Retry-After`);
      evicted ||= refusedInThisPoll;
      askedAt = now();
      asking++;
      const answer = await answerTokenRequest(signal);
      asking--;
      return answer;
    },
    client: async ({ authorization }, signal) => {
      await sleep(clusterLatency, signal);
      if (signal.aborted) {
        return notAnswered('timeout');
      }
      if (issued && knows(authorization) && !forbids(issued)) {
        freshRefusals = 0;
        coolDownUntil = Number.NEGATIVE_INFINITY;
        return answered(200, { contentType: 'application/json', body: topology });
      }
      const isNew = issued?.poll === poll && authorization === `Bearer ${issued.name}`;
      if (knows(authorization)) {
        // A new token that is forbidden starts a cool-down where it was asked for because another one was.
        if (isNew && (forbiddenInThisPoll || refusedInThisPoll)) startCoolDown();
        forbiddenInThisPoll = true;
        return answered(403);
      }
      refusedInThisPoll = true;
      if (isNew) startCoolDown();
      return answered(401);
    },
    pollBegins: () => {
      poll++;
      refusedInThisPoll = false;
      forbiddenInThisPoll = false;
    },
    takesTheTokenFor: (ms) =>
      issued !== undefined &&
      !evicted &&
      now() + ms < issued.expiresAt &&
      !forbids(issued, now() + ms) &&
      !faulty('cluster refuses', now(), now() + ms) &&
      !faulty('cluster forgets', now(), now() + ms),
    wellFor: (ms) => now() - Math.max(0, ...faults.filter(({ from }) => from <= now() + ms).map(({ until }) => until)),
  };
}

const topology = recorded('8.6.0-3x3x3-healthy');
