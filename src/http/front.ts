import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { pathOf } from './path-of.ts';
import { sendText } from './send-text.ts';

/** What answers from the first moment on, while the rest of the exporter is still loaded. */
export interface Front {
  /** Tells that the process lives; whoever asks for more waits for the application. */
  readonly handler: RequestListener;
  /** From now on the application answers everything. */
  readonly open: (application: RequestListener) => void;
}

export const healthyPath = '/-/healthy';
export const readyPath = '/-/ready';

/** The paths that orchestrators ask, by any host name and without a password: their answers hold no secret. */
export const openPaths: readonly string[] = [healthyPath, readyPath];

export function sendHealthy(_request: IncomingMessage, response: ServerResponse): void {
  sendText(response, 200, 'the exporter is running');
}

export function createFront(): Front {
  const { promise: application, resolve: open } = Promise.withResolvers<RequestListener>();
  let handler: RequestListener = (request, response) => {
    if (pathOf(request) === healthyPath && request.method === 'GET') sendHealthy(request, response);
    else void application.then((answer) => answer(request, response));
  };
  return {
    handler: (request, response) => handler(request, response),
    open: (application) => {
      handler = application;
      open(application);
    },
  };
}
