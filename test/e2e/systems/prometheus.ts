import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { freePorts } from '../ports.ts';
import { alive, place, start } from '../process.ts';

export interface Prometheus {
  /** The value of each series that the instant query finds. */
  query(expression: string): Promise<number[]>;
  stop(): Promise<void>;
}

/** Scrapes that address (`host:port`) every second. */
export async function startPrometheus(target: string): Promise<Prometheus> {
  const at = await place('prometheus');
  const [port] = await freePorts(1);
  const address = `http://127.0.0.1:${port}`;
  const configuration = join(at.data, 'prometheus.yml');
  await writeFile(
    configuration,
    JSON.stringify({
      global: { scrape_interval: '1s' },
      scrape_configs: [{ job_name: 'zeebe', static_configs: [{ targets: [target] }] }],
    }),
  );

  const running = start(at, [
    'prometheus',
    `--config.file=${configuration}`,
    `--storage.tsdb.path=${join(at.data, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  await alive('Prometheus', running, 60, async () => expect((await fetch(`${address}/-/ready`)).status).toBe(200));
  return {
    async query(expression) {
      const answer = await fetch(`${address}/api/v1/query?${new URLSearchParams({ query: expression })}`);
      const { data } = (await answer.json()) as QueryAnswer;
      return data.result.map(({ value }) => Number(value[1]));
    },
    stop: running.stop,
  };
}

/** https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries */
interface QueryAnswer {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}
