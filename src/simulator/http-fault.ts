import type { HttpFault } from './events.ts';
import { empty, problem, type Reply } from './replies.ts';
import type { Answer } from './server.ts';

/** Titles of Camunda's problems; 429 and 503 are the gateway's back pressure. */
const titles: Readonly<Record<number, string>> = {
  403: 'Forbidden',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'RESOURCE_EXHAUSTED',
};

export function faultAnswer(fault: HttpFault, path: string): Answer {
  switch (fault.kind) {
    case 'status': {
      const { status, retryAfter } = fault;
      const headers: Reply['headers'] = retryAfter === undefined ? {} : { 'retry-after': `${retryAfter}` };
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
