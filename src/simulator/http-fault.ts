import { empty, type HttpReply, problem } from './replies.ts';
import type { ServerAnswer } from './simulator-server.ts';

/** What the gateway's HTTP face does instead of answering. */
export type HttpFault =
  /** An error of the gateway, as problem+json: 503 and 429 are its back pressure. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: number }
  /** A web app's page with status 200: the wrong base path, or a proxy's page. */
  | { readonly kind: 'html' }
  | { readonly kind: 'login-redirect' }
  /** The request is read and never answered. */
  | { readonly kind: 'silence' }
  /** The connection is closed without an answer. */
  | { readonly kind: 'hang-up' };

/** Titles of Camunda's problems; 429 and 503 are the gateway's back pressure. */
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
