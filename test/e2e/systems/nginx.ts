import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { freePorts } from '../ports.ts';
import { alive, place, start } from '../process.ts';

const run = promisify(execFile);

export interface Nginx {
  readonly address: string;
  stop(): Promise<void>;
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** A reverse proxy that asks for a password (a bcrypt password file) before it hands a request to the upstream. */
export async function startNginx(upstream: string, { username, password }: Login): Promise<Nginx> {
  const at = await place('nginx');
  const [port] = await freePorts(1);
  const address = `http://127.0.0.1:${port}`;
  await run('htpasswd', ['-cbB', join(at.data, 'passwords'), username, password]);
  const configuration = join(at.data, 'nginx.conf');
  await writeFile(configuration, nginxConfiguration(at.data, port, upstream));

  const running = start(at, ['nginx', '-e', 'stderr', '-c', configuration]);
  await alive('nginx', running, 30, async () => expect((await fetch(address)).status).toBe(401));
  return {
    address,
    stop: running.stop,
  };
}

function nginxConfiguration(folder: string, port: number | undefined, upstream: string): string {
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
    listen 127.0.0.1:${port};
    auth_basic "Zeebe";
    auth_basic_user_file ${folder}/passwords;
    location / {
      proxy_pass ${upstream};
    }
  }
}
`;
}
