import nock from 'nock';

export interface SeenRequest {
  readonly form: Readonly<Record<string, string>>;
  readonly headers: Headers;
}

export interface Reply {
  readonly status?: number;
  /** A text as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers at `http://identity.test` from now on; gives the token requests as they come in. */
export function answerTokenRequests(
  reply: (request: SeenRequest) => Reply | Promise<Reply>,
  path = '/token',
): readonly SeenRequest[] {
  const seen: SeenRequest[] = [];
  nock('http://identity.test')
    .persist()
    .post(path)
    .reply(async (request: Request) => {
      const form = Object.fromEntries(new URLSearchParams(await request.text()));
      const seenRequest = { form, headers: request.headers };
      seen.push(seenRequest);
      const { status = 200, body = '', headers = json } = await reply(seenRequest);
      return [status, typeof body === 'string' ? body : JSON.stringify(body), headers];
    });
  return seen;
}

export const json = { 'content-type': 'application/json' };
export const text = { 'content-type': 'text/plain' };
export const html = { 'content-type': 'text/html' };

/** An answer with a token, as RFC 6749, 5.1 wants it. */
export function tokenReply(accessToken: string, expiresIn: unknown = 300): Reply {
  return { body: { access_token: accessToken, token_type: 'Bearer', expires_in: expiresIn } };
}
