import type { BasicConfig, OAuth2Config } from '../../src/config/config.ts';
import { Secret } from '../../src/secret.ts';

// Of clusters whose exposition is looked at: none of it is sent.

export const basic: BasicConfig = { method: 'basic', username: 'demo', password: new Secret('s3cr3t') };

export const oauth2: OAuth2Config = {
  method: 'oauth2',
  clientId: 'exporter',
  clientAuthentication: { method: 'client_secret_post', secret: new Secret('s3cr3t') },
  endpoint: { tokenUrl: new URL('http://127.0.0.1:18080/token') },
  scopes: [],
  endpointParams: {},
  transport: { tls: { insecureSkipVerify: false }, enableHttp2: false },
};
