import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { freePorts } from '../ports.ts';
import { createSystemFolder, start, untilUp } from '../process.ts';

export interface Alertmanager {
  /** `host:port`. */
  readonly address: string;
  readonly stop: () => Promise<void>;
}

/** Starts an Alertmanager without peers, with the content of its alertmanager.yml. */
export async function startAlertmanager(configuration: unknown): Promise<Alertmanager> {
  const at = await createSystemFolder('alertmanager');
  const [port] = await freePorts(1);
  const address = `127.0.0.1:${port}`;
  const file = join(at.data, 'alertmanager.yml');
  await writeFile(file, JSON.stringify(configuration));

  const running = start(at, [
    'prometheus-alertmanager',
    `--config.file=${file}`,
    `--storage.path=${join(at.data, 'data')}`,
    `--web.listen-address=${address}`,
    '--cluster.listen-address=',
  ]);
  await untilUp('Alertmanager', running, 60, async () => {
    expect((await fetch(`http://${address}/-/ready`)).status).toBe(200);
  });
  return { address, stop: running.stop };
}
