import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest, type RequestListener } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { openWebConfig } from '../../src/config/web-config-watcher.ts';
import { restrictAccess } from '../../src/http/access.ts';
import type { ConnectionLimits } from '../../src/http/connections.ts';
import { listen } from '../../src/http/server.ts';
import { ca, server } from '../config/web-config-fixtures.ts';
import { manualClock } from '../manual-clock.ts';
import { memoryLog } from '../memory-log.ts';

export const tls = ['tls_server_config:', '  cert_file: server.crt', '  key_file: server.key'];

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly auth?: string;
  readonly body?: string;
  /** Options of TLS, the local address, an agent that keeps connections. */
  readonly options?: RequestOptions & Pick<ConnectionOptions, 'session'>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
  /** Present if the connection used TLS. */
  readonly tls?: { readonly version: string | null; readonly cipher: string; readonly serialNumber: string };
}

/** Creates a folder with a web configuration and its certificate. It exists until the test has ended. */
export async function webFolder(lines: readonly string[], files: Readonly<Record<string, string>> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'web-config-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const write = (name: string, content: string) => writeFile(join(folder, name), content);
  const all = {
    'web.yml': lines.join('\n'),
    'server.crt': server.cert,
    'server.key': server.key,
    'ca.crt': ca,
    ...files,
  };
  for (const [name, content] of Object.entries(all)) await write(name, content);
  return { folder, path: join(folder, 'web.yml'), write };
}

interface ServeOptions {
  readonly files?: Readonly<Record<string, string>>;
  /** Adds to the folder before the web configuration is read. */
  readonly prepare?: (folder: string) => Promise<void>;
  readonly handler?: RequestListener;
  readonly limits?: ConnectionLimits;
}

/** Starts a server with that web configuration. It runs until the test has ended. */
export async function serve(lines: readonly string[], { files, prepare, handler = page, limits }: ServeOptions = {}) {
  const { folder, path, write } = await webFolder(lines, files);
  await prepare?.(folder);
  const clock = manualClock();
  const log = memoryLog();
  const told: { readonly succeeded: boolean; readonly expiry: number | undefined }[] = [];
  const web = openWebConfig(path, { logger: log.logger, clock });
  web.follow((succeeded, expiry) => told.push({ succeeded, expiry }));
  const address = { host: '127.0.0.1', port: 0 };
  const running = await listen(await restrictAccess(handler, web), address, {
    web,
    logger: log.logger,
    ...(limits && { limits }),
  });
  onTestFinished(() => running.close());
  const port = Number(running.address.split(':')[1]);
  return {
    port,
    folder,
    write,
    told,
    lines: log.lines,
    /** Moves the clock to the next time at which changes of the files are looked for. */
    aSecondLater: () => clock.advance(1_000),
    get: (asked: Asked = {}) => ask(port, web.current().tls !== undefined, asked),
  };
}

const page: RequestListener = (request, response) => {
  response.end(`${request.method} ${request.url}`);
};

/** Sends a request. Rejects if the connection ends without a response. */
async function ask(port: number, isTls: boolean, { body, options, ...asked }: Asked): Promise<Answer> {
  const all = { host: '127.0.0.1', port, agent: false, ca, ...asked, ...options };
  const request = isTls ? httpsRequest(all) : httpRequest(all);
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', async (response) => {
      const { socket, statusCode = 0, headers } = response;
      const facts = socket instanceof TLSSocket && {
        tls: {
          version: socket.getProtocol(),
          cipher: socket.getCipher().name,
          serialNumber: socket.getPeerX509Certificate()?.serialNumber ?? '',
        },
      };
      try {
        resolve({ status: statusCode, headers, body: await text(response), ...facts });
      } catch (error) {
        reject(error);
      }
    });
    request.end(body);
  });
}
