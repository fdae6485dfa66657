import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePorts } from '../ports.ts';
import { createSystemFolder, start, untilUp } from '../process.ts';

export interface Tinyproxy {
  /** Contains the login, if one is required. */
  readonly url: URL;
  /** Returns the requests that it received, such as `GET http://…` and `CONNECT host:port`. */
  readonly requests: () => readonly string[];
  readonly stop: () => Promise<void>;
}

export interface ProxyLogin {
  readonly username: string;
  readonly password: string;
}

/** Starts a forward proxy, which requires the login if one is given. */
export async function startTinyproxy(login?: ProxyLogin): Promise<Tinyproxy> {
  const at = await createSystemFolder('tinyproxy');
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
  await untilUp('tinyproxy', running, 30, async () => {
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
