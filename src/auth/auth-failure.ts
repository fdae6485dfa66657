/** What can be wrong with authentication: a closed set, and the label of the metrics that tell it. */
export const tokenFailureReasons = [
  'invalid_client',
  'invalid_scope',
  'token_request_rejected',
  'token_rate_limited',
  'token_endpoint_unreachable',
  'token_response_invalid',
  'other',
] as const;
export type TokenFailureReason = (typeof tokenFailureReasons)[number];

export const authFailureReasons = [
  'authentication_required',
  'credentials_rejected',
  'token_rejected',
  'audience_mismatch',
  'forbidden',
  ...tokenFailureReasons,
] as const;
export type AuthFailureReason = (typeof authFailureReasons)[number];

export interface AuthFailure<Reason extends AuthFailureReason = AuthFailureReason> {
  readonly reason: Reason;
  /** What was expected and what came; no secret, one line. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}
