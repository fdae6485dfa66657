import { secretsOfRequests } from '../auth/client-authentication.ts';
import { proxyCredentials } from '../transport/proxy.ts';
import { hideSecrets } from '../transport/secrets.ts';
import type { Target } from './step.ts';

/** Hides in what others say what only the other requests of the check held. */
export function hideRest({ config: { transport, authentication } }: Target): (text: string) => string {
  const secrets = [
    ...proxyCredentials(transport),
    ...(authentication.method === 'oauth2' ? secretsOfRequests(authentication) : []),
  ];
  return (text) => hideSecrets(text, secrets);
}
