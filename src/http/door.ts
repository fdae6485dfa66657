import type { IncomingMessage, RequestListener } from 'node:http';
import type { WebConfigWatch } from '../web-config/watch.ts';
import { sendText } from './send-text.ts';

/** What each request passes on its way in: one with a body is refused, and the web configuration may have its say. */
export async function createDoor(handler: RequestListener, web?: WebConfigWatch): Promise<RequestListener> {
  const enter = web ? await guarded(handler, web) : handler;
  return (request, response) => {
    if (hasBody(request)) {
      // Nothing here takes one; what is on its way of it is not read.
      sendText(response, 413, 'a body is expected nowhere', { connection: 'close' });
      return;
    }
    enter(request, response);
  };
}

async function guarded(handler: RequestListener, web: WebConfigWatch): Promise<RequestListener> {
  // Loaded here alone: bcrypt takes its time, and may not be there for every kind of machine.
  const { guard } = await import('./guard.ts');
  return guard(handler, web);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
