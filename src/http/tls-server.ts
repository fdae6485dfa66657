import type { X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import { serverContextOptions } from '../config/secure-context.ts';
import type { TlsServerConfig } from '../config/web-config.ts';
import type { WebConfigWatch } from '../config/web-config-watcher.ts';
import { oneLine } from '../redact.ts';

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
      ...serverContextOptions(config),
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

/** Whether the certificate that a client has shown, or that it has shown none, is what is asked of clients. */
function admits({ clientAuthType, clientAllowedSans }: TlsServerConfig, socket: TLSSocket): boolean {
  const certificate = socket.getPeerX509Certificate();
  switch (clientAuthType) {
    case 'NoClientCert':
    case 'RequestClientCert':
      return true;
    case 'VerifyClientCertIfGiven':
      return certificate === undefined || socket.authorized;
    case 'RequireAnyClientCert':
      return certificate !== undefined && isAllowed(certificate, clientAllowedSans);
    case 'RequireAndVerifyClientCert':
      return certificate !== undefined && socket.authorized && isAllowed(certificate, clientAllowedSans);
  }
}

/** When a certificate that has been verified expires, in Unix time in milliseconds; `Infinity` where there is none. */
function admittedUntil({ clientAuthType }: TlsServerConfig, socket: TLSSocket): number {
  const isVerified = clientAuthType === 'VerifyClientCertIfGiven' || clientAuthType === 'RequireAndVerifyClientCert';
  const certificate = isVerified ? socket.getPeerX509Certificate() : undefined;
  return certificate?.validToDate.getTime() ?? Number.POSITIVE_INFINITY;
}

function isAllowed(certificate: X509Certificate, allowed: readonly string[] | undefined): boolean {
  if (allowed === undefined) return true;
  const names = alternativeNames(certificate.subjectAltName ?? '');
  return allowed.some((name) => names.has(name) || (isIP(name) !== 0 && certificate.checkIP(name) !== undefined));
}

/** DNS names, email addresses and URIs, exactly as they are: no wildcards. */
function alternativeNames(subjectAltName: string): ReadonlySet<string> {
  // Node quotes names that hold what could be taken for the next name.
  const entries = subjectAltName.matchAll(/(?:^|, )([\w ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?=, |$)/gy);
  return new Set(
    [...entries].flatMap(([, kind = '', name = '']) => {
      if (!['DNS', 'email', 'URI'].includes(kind)) return [];
      return [name.startsWith('"') ? String(JSON.parse(name)) : name];
    }),
  );
}
