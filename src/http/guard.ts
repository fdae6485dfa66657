import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createPasswords, type Judgement } from '../web-config/passwords.ts';
import type { Users } from '../web-config/users.ts';
import type { WebConfigWatch } from '../web-config/watch.ts';
import { basicCredentials } from './basic-credentials.ts';
import { clientNetwork } from './client-network.ts';
import { openPaths } from './front.ts';
import { pathOf } from './path-of.ts';
import { sendText } from './send-text.ts';

/** Gives every answer the headers of the web configuration, and lets in who knows the password of one of its users. */
export function guard(handler: RequestListener, web: WebConfigWatch): RequestListener {
  const judge = createJudge();
  const admit = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { headers, users } = await web.refreshed();
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const isOpen = users.size === 0 || openPaths.includes(pathOf(request));
    switch (isOpen ? 'right' : await judge(users, request)) {
      case 'right':
        handler(request, response);
        return;
      case 'wrong':
        sendText(response, 401, 'a user name and a password are asked for', {
          'www-authenticate': 'Basic realm="zeebe-topology-exporter", charset="UTF-8"',
        });
        return;
      case 'busy':
        sendText(response, 429, 'too many passwords wait to be checked', { 'retry-after': '1' });
    }
  };
  return (request, response) => {
    void admit(request, response);
  };
}

/** Passwords that were right once are forgotten when the users change. */
function createJudge(): (users: Users, request: IncomingMessage) => Promise<Judgement> {
  let latest: { readonly users: Users; readonly judge: ReturnType<typeof createPasswords> } | undefined;
  return async (users, { headers, socket }) => {
    const credentials = basicCredentials(headers.authorization);
    if (!credentials) return 'wrong';
    if (latest?.users !== users) latest = { users, judge: createPasswords(users) };
    return latest.judge({ ...credentials, from: clientNetwork(socket.remoteAddress) });
  };
}
