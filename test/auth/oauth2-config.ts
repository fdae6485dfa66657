import type { OAuth2Config } from '../../src/config/config.ts';
import { Secret } from '../../src/secret.ts';

export const clientSecret = 'client-secret-0815';

/** The client `exporter` at `http://identity.test/token`. */
export function oauth2Config(config: Partial<OAuth2Config> = {}): OAuth2Config {
  return {
    method: 'oauth2',
    clientId: 'exporter',
    clientAuthentication: { method: 'client_secret_post', secret: new Secret(clientSecret) },
    endpoint: { tokenUrl: new URL('http://identity.test/token') },
    scopes: [],
    endpointParams: {},
    transport: { tls: { insecureSkipVerify: false }, enableHttp2: false },
    ...config,
  };
}
