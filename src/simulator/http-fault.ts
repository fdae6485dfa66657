import { empty, type HttpReply, problem } from './replies.ts';
import type { ServerAnswer } from './simulator-server.ts';

/** How the server responds instead of its normal answer. */
export type HttpFault =
  /** An error as problem+json. Status 429 and 503 are the gateway's back pressure. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: number }
  /** An HTML page with status 200, as from a wrong base path or a proxy. */
  | { readonly kind: 'html' }
  | { readonly kind: 'login-redirect' }
  /** Reads the request and never answers. */
  | { readonly kind: 'silence' }
  /** Closes the connection without an answer. */
  | { readonly kind: 'hang-up' };

/** The titles that Camunda uses in its problem+json. */
const titles: Readonly<Record<number, string>> = {
  403: 'Forbidden',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'RESOURCE_EXHAUSTED',
};

export function faultAnswer(fault: HttpFault, path: string): ServerAnswer {
  switch (fault.kind) {
    case 'status': {
      const { status, retryAfter } = fault;
      const headers: HttpReply['headers'] = retryAfter === undefined ? {} : { 'retry-after': `${retryAfter}` };
      return problem(status, titles[status] ?? 'Error', `Simulated answer with status ${status}.`, path, headers);
    }
    case 'html':
      return {
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: '<!doctype html><html lang="en"><head><title>Operate</title></head><body></body></html>',
      };
    case 'login-redirect':
      return empty(302, { location: '/login' });
    case 'silence':
    case 'hang-up':
      return fault.kind;
  }
}
