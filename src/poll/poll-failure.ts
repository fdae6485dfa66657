import { requestFailureReasons } from '../zeebe/request-failure.ts';

/** Why a poll can fail: a closed set. `auth` stands for every reason of authentication. */
export const pollFailureReasons = ['auth', ...requestFailureReasons] as const;
export type PollFailureReason = (typeof pollFailureReasons)[number];

export interface PollFailure {
  readonly reason: PollFailureReason;
  /** What was expected and what came; no secret, one line. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}
