import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { canonicalPath, webPaths } from '../config/web-paths.ts';
import { sendText } from './response.ts';

// Separate from the app: the servers listen before the libraries that the app needs are loaded.

/** Responds while the exporter starts. */
export interface StartupHandler {
  /** Responds to `GET /-/healthy`. All other requests wait for the app. */
  readonly handler: RequestListener;
  /** Passes the waiting requests, and all that follow, to the app. */
  readonly handOverTo: (app: RequestListener) => void;
}

export function createStartupHandler(): StartupHandler {
  const { promise: started, resolve: start } = Promise.withResolvers<RequestListener>();
  let current: RequestListener = (request, response) => {
    if (isRead(request) && pathOf(request) === webPaths.healthy) sendHealthy(response);
    else void started.then((app) => app(request, response));
  };
  return {
    handler: (request, response) => current(request, response),
    handOverTo: (app) => {
      current = app;
      start(app);
    },
  };
}

export function sendHealthy(response: ServerResponse): void {
  sendText(response, 200, 'the exporter is running');
}

export function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** Returns the canonical path of a request, whose target is a path with a query or a whole URL (RFC 9112, 3.2). */
export function pathOf({ url = '' }: IncomingMessage): string {
  const [, path = ''] = /^(?:https?:\/\/[^/?#]*)?([^?#]*)/i.exec(url) ?? [];
  return canonicalPath(path);
}

/** Returns the parameters after the first question mark of a request's target. */
export function queryOf(target = ''): URLSearchParams {
  return new URLSearchParams(target.replace(/^[^?]*/, ''));
}
