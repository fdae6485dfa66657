import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import { oneLine } from '../transport/one-line.ts';
import { admits, admittedUntil } from '../web-config/client-certificate.ts';
import { secureContextOptions } from '../web-config/secure-context.ts';
import type { WebConfigWatch } from '../web-config/watch.ts';
import type { TlsServerConfig } from '../web-config/web-config.ts';

export interface TlsLayer {
  /** Begins the handshake. */
  readonly secure: (socket: Socket) => Promise<void>;
  /** Whether a connection would not be let in again as it is: the configuration is another, or a certificate has expired. */
  readonly isOutdated: (socket: Socket) => boolean;
}

interface TlsLayerOptions {
  /** Told of each connection whose client may come in. */
  readonly onSecure: (socket: TLSSocket) => void;
  readonly logger?: Logger | undefined;
}

/** Undefined where TLS is off. */
export function createTlsLayer(web: WebConfigWatch, { onSecure, logger }: TlsLayerOptions): TlsLayer | undefined {
  const { tls } = web.current();
  if (tls === undefined) return undefined;
  const secured = new WeakMap<Socket, { readonly by: TlsServerConfig; readonly until: number }>();
  const serverOf = (config: TlsServerConfig): Server =>
    createServer({
      ...secureContextOptions(config),
      ALPNProtocols: ['http/1.1'],
      requestCert: config.clientAuthType !== 'NoClientCert',
      // What its certificate must be is judged below: not every kind is to be verified.
      rejectUnauthorized: false,
    })
      .on('secureConnection', (socket) => {
        if (!admits(config, socket)) {
          const { clientAuthType, clientAllowedSans } = config;
          const asked = { from: socket.remoteAddress, clientAuthType, clientAllowedSans };
          logger?.debug(asked, 'a client was turned away: its certificate is none that is asked for');
          socket.destroy();
          return;
        }
        secured.set(socket, { by: config, until: admittedUntil(config, socket) });
        onSecure(socket);
      })
      .on('tlsClientError', ({ message }, { remoteAddress }) => {
        logger?.debug({ from: remoteAddress }, `a TLS handshake failed: ${oneLine(message)}`);
      });

  // It binds nothing and is handed its connections: the next configuration has a server of its own.
  let latest = { config: tls, server: serverOf(tls) };
  return {
    secure: async (socket) => {
      const { tls: config = latest.config } = await web.refreshed();
      if (socket.destroyed) return;
      if (config !== latest.config) latest = { config, server: serverOf(config) };
      latest.server.emit('connection', socket);
    },
    isOutdated: (socket) => {
      const { by, until = 0 } = secured.get(socket) ?? {};
      return by !== web.current().tls || until < Date.now();
    },
  };
}
