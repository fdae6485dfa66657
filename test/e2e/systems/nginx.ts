import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import type { Identity } from '../authority.ts';
import { freePorts } from '../ports.ts';
import { createSystemFolder, type SystemFolder, start, untilUp } from '../process.ts';

const run = promisify(execFile);

export interface Nginx {
  readonly address: string;
  readonly stop: () => Promise<void>;
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Starts a reverse proxy that requires a password, of a bcrypt password file. */
export async function startNginx(upstream: string, { username, password }: Login): Promise<Nginx> {
  const at = await createSystemFolder('nginx');
  const passwords = join(at.data, 'passwords');
  await run('htpasswd', ['-cbB', passwords, username, password]);
  const nginx = await startAt(at, { upstream }, '', ['auth_basic "Zeebe"', `auth_basic_user_file ${passwords}`]);
  const address = `http://${nginx.host}`;
  await untilUp('nginx', nginx.running, 30, async () => expect((await fetch(address)).status).toBe(401));
  return { address, stop: nginx.running.stop };
}

/** Starts a reverse proxy that serves an upstream below a prefix, and tells it so by `X-Forwarded-…`. */
export async function startPrefixNginx(upstream: string, port: number, prefix: string): Promise<Nginx> {
  const at = await createSystemFolder('nginx');
  const nginx = await startAt(at, { upstream: `${upstream}/`, port, path: `${prefix}/` }, '', [
    'proxy_set_header X-Forwarded-Host $http_host',
    'proxy_set_header X-Forwarded-Proto $scheme',
    `proxy_set_header X-Forwarded-Prefix ${prefix}`,
  ]);
  const address = `http://${nginx.host}${prefix}`;
  await untilUp('nginx', nginx.running, 30, async () => expect((await fetch(`${address}/`)).status).toBe(200));
  return { address, stop: nginx.running.stop };
}

export interface Tls extends Identity {
  /** The file of the authorities that issue client certificates. */
  readonly authorities: string;
  /** In the syntax of nginx: `TLSv1.2 TLSv1.3`. */
  readonly protocols: string;
}

/** Starts a reverse proxy that requests a client certificate in the handshake. */
export async function startTlsNginx(upstream: string, tls: Tls): Promise<Nginx> {
  const at = await createSystemFolder('nginx');
  const nginx = await startAt(at, { upstream }, 'ssl', [
    `ssl_certificate ${tls.certificate}`,
    `ssl_certificate_key ${tls.key}`,
    `ssl_protocols ${tls.protocols}`,
    'ssl_verify_client on',
    `ssl_client_certificate ${tls.authorities}`,
  ]);
  // nginx answers plain HTTP on this port with 400.
  await untilUp('nginx', nginx.running, 30, async () => expect((await fetch(`http://${nginx.host}`)).status).toBe(400));
  return { address: `https://${nginx.host}`, stop: nginx.running.stop };
}

interface Proxied {
  readonly upstream: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Default `/`. */
  readonly path?: string;
}

async function startAt(at: SystemFolder, proxied: Proxied, listen: 'ssl' | '', guard: readonly string[]) {
  const [port = 0] = proxied.port === undefined ? await freePorts(1) : [proxied.port];
  const host = `127.0.0.1:${port}`;
  const configuration = join(at.data, 'nginx.conf');
  await writeFile(configuration, nginxConfiguration(at.data, proxied, [`listen ${host} ${listen}`, ...guard]));
  return { host, running: start(at, ['nginx', '-e', 'stderr', '-c', configuration]) };
}

function nginxConfiguration(folder: string, { upstream, path = '/' }: Proxied, server: readonly string[]): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  server {
    ${server.map((line) => `${line};`).join('\n    ')}
    location ${path} {
      proxy_pass ${upstream};
    }
  }
}
`;
}
