import type { X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import { serverContextOptions } from '../config/secure-context.ts';
import type { TlsServerConfig } from '../config/web-config.ts';
import type { WebConfigWatch } from '../config/web-config-watcher.ts';
import { singleLine } from '../redact.ts';

/** Secures the connections of a server. */
export interface TlsLayer {
  /** Starts the handshake. */
  readonly secure: (socket: Socket) => Promise<void>;
  /** Whether a connection must not be reused: the configuration has changed, or the client certificate has expired. */
  readonly isOutdated: (socket: Socket) => boolean;
}

interface TlsLayerOptions {
  /** Called with each connection whose client is allowed. */
  readonly onSecure: (socket: TLSSocket) => void;
  readonly logger?: Logger | undefined;
}

/** Returns undefined if TLS is off. */
export function createTlsLayer(web: WebConfigWatch, { onSecure, logger }: TlsLayerOptions): TlsLayer | undefined {
  const { tls } = web.current();
  if (tls === undefined) return undefined;
  const secured = new WeakMap<Socket, { readonly config: TlsServerConfig; readonly validUntil: number }>();
  const serverOf = (config: TlsServerConfig) =>
    createTlsServer(config, logger, (socket) => {
      secured.set(socket, { config, validUntil: validityEnd(config, socket) });
      onSecure(socket);
    });

  let latest = { config: tls, server: serverOf(tls) };
  return {
    secure: async (socket) => {
      const { tls: config = latest.config } = await web.refreshed();
      if (socket.destroyed) return;
      // Another server has other session keys, so that sessions from before the change cannot be resumed.
      if (config !== latest.config) latest = { config, server: serverOf(config) };
      latest.server.emit('connection', socket);
    },
    isOutdated: (socket) => {
      const { config, validUntil = 0 } = secured.get(socket) ?? {};
      return config !== web.current().tls || validUntil < Date.now();
    },
  };
}

/** Creates a server that binds no address: it performs the handshake on the connections that it is given. */
function createTlsServer(
  config: TlsServerConfig,
  logger: Logger | undefined,
  onAllowed: (socket: TLSSocket) => void,
): Server {
  const { clientAuthType, clientAllowedSans } = config;
  return createServer({
    ...serverContextOptions(config),
    ALPNProtocols: ['http/1.1'],
    requestCert: clientAuthType !== 'NoClientCert',
    // Not every type of client authentication verifies the certificate: `isAllowedClient` decides.
    rejectUnauthorized: false,
  })
    .on('secureConnection', (socket) => {
      if (isAllowedClient(config, socket)) {
        onAllowed(socket);
        return;
      }
      const details = { from: socket.remoteAddress, clientAuthType, clientAllowedSans };
      logger?.debug(details, 'a client was rejected: its certificate does not meet the requirements');
      socket.destroy();
    })
    .on('tlsClientError', ({ message }, { remoteAddress }) => {
      logger?.debug({ from: remoteAddress }, `a TLS handshake failed: ${singleLine(message)}`);
    });
}

/** Whether the certificate of a client, or the lack of one, meets the requirements. */
function isAllowedClient({ clientAuthType, clientAllowedSans }: TlsServerConfig, socket: TLSSocket): boolean {
  const certificate = socket.getPeerX509Certificate();
  switch (clientAuthType) {
    case 'NoClientCert':
    case 'RequestClientCert':
      return true;
    case 'VerifyClientCertIfGiven':
      return certificate === undefined || socket.authorized;
    case 'RequireAnyClientCert':
      return certificate !== undefined && hasAllowedName(certificate, clientAllowedSans);
    case 'RequireAndVerifyClientCert':
      return certificate !== undefined && socket.authorized && hasAllowedName(certificate, clientAllowedSans);
  }
}

/** Returns when a verified client certificate expires, in Unix time in milliseconds, or `Infinity` if there is none. */
function validityEnd({ clientAuthType }: TlsServerConfig, socket: TLSSocket): number {
  const isVerified = clientAuthType === 'VerifyClientCertIfGiven' || clientAuthType === 'RequireAndVerifyClientCert';
  const certificate = isVerified ? socket.getPeerX509Certificate() : undefined;
  return certificate?.validToDate.getTime() ?? Number.POSITIVE_INFINITY;
}

function hasAllowedName(certificate: X509Certificate, allowed: readonly string[] | undefined): boolean {
  if (allowed === undefined) return true;
  const names = alternativeNames(certificate.subjectAltName ?? '');
  return allowed.some((name) => names.has(name) || (isIP(name) !== 0 && certificate.checkIP(name) !== undefined));
}

/** Returns the DNS names, email addresses and URIs of a certificate as they are written: wildcards have no meaning. */
function alternativeNames(subjectAltName: string): ReadonlySet<string> {
  // Node.js quotes a name that contains what could be mistaken for the next one.
  const entries = subjectAltName.matchAll(/(?:^|, )([\w ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?=, |$)/gy);
  return new Set(
    [...entries].flatMap(([, kind = '', name = '']) => {
      if (!['DNS', 'email', 'URI'].includes(kind)) return [];
      return [name.startsWith('"') ? String(JSON.parse(name)) : name];
    }),
  );
}
