/** How a request for the topology can fail, authentication aside: a closed set. */
export const requestFailureReasons = [
  'dns',
  'connect',
  'tls',
  'timeout',
  'not_found',
  'redirect',
  'rate_limited',
  'http_status',
  'content_type',
  'too_large',
  'malformed',
  'other',
] as const;
export type RequestFailureReason = (typeof requestFailureReasons)[number];

export interface RequestFailure {
  readonly reason: RequestFailureReason;
  /** What was expected and what came; no secret, one line. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}
