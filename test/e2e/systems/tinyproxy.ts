import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePorts } from '../ports.ts';
import { alive, place, start } from '../process.ts';

export interface Tinyproxy {
  /** With the login, where it wants one. */
  readonly url: URL;
  /** What it was asked for: `GET http://…` and `CONNECT host:port`. */
  requests(): readonly string[];
  stop(): Promise<void>;
}

export interface ProxyLogin {
  readonly username: string;
  readonly password: string;
}

/** A forward proxy; with a login, one that asks for it. */
export async function startTinyproxy(login?: ProxyLogin): Promise<Tinyproxy> {
  const at = await place('tinyproxy');
  const [port] = await freePorts(1);
  const configuration = join(at.data, 'tinyproxy.conf');
  const lines = [
    `Port ${port}`,
    'Listen 127.0.0.1',
    'Allow 127.0.0.1',
    'LogLevel Connect',
    ...(login ? [`BasicAuth ${login.username} ${login.password}`] : []),
  ];
  await writeFile(configuration, `${lines.join('\n')}\n`);
  const running = start(at, ['tinyproxy', '-d', '-c', configuration]);
  await alive('tinyproxy', running, 30, async () => {
    const socket = connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
  });
  const url = new URL(`http://127.0.0.1:${port}`);
  url.username = login?.username ?? '';
  url.password = login?.password ?? '';
  return {
    url,
    requests: () =>
      [...running.output().matchAll(/Request \(file descriptor \d+\): (.*) HTTP\/1/g)].map(([, target = '']) => target),
    stop: running.stop,
  };
}
