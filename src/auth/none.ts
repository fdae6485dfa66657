import { type Authenticator, forbiddenBy, isRefused } from './authenticator.ts';

export const none: Authenticator = {
  method: 'none',
  authenticate: async (send) => {
    const sent = await send({});
    const failure = isRefused(sent)
      ? ({
          reason: 'authentication_required',
          message: 'the cluster answered 401 and no credentials are set',
          remedy:
            'set basic_auth (CAMUNDA_BASIC_AUTH_USERNAME, CAMUNDA_BASIC_AUTH_PASSWORD) ' +
            'or oauth2 (CAMUNDA_CLIENT_ID, CAMUNDA_CLIENT_SECRET), whichever the cluster asks for',
        } as const)
      : forbiddenBy(sent);
    return { sent, requested: true, ...(failure && { failure }), tokenRequests: [] };
  },
};
