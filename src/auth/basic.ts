import type { BasicConfig } from '../config/config.ts';
import { type Authenticator, forbiddenBy, isRefused } from './authenticator.ts';

/** RFC 7617, in UTF-8. */
export function createBasic({ username, password }: BasicConfig): Authenticator {
  return {
    method: 'basic',
    authenticate: async (send) => {
      const credentials = Buffer.from(`${username}:${password.open()}`, 'utf8').toString('base64');
      const sent = await send({ authorization: `Basic ${credentials}` });
      const failure = isRefused(sent)
        ? ({
            reason: 'credentials_rejected',
            message: `the cluster answered 401 to the user name ${JSON.stringify(username)} and its password`,
            remedy:
              'check basic_auth (CAMUNDA_BASIC_AUTH_USERNAME, CAMUNDA_BASIC_AUTH_PASSWORD); ' +
              'a cluster that asks for OIDC refuses every password and wants oauth2',
          } as const)
        : forbiddenBy(sent);
      return { sent, requested: true, ...(failure && { failure }), tokenRequests: [] };
    },
  };
}
