import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { freePorts } from '../ports.ts';
import { createSystemFolder, start, untilUp } from '../process.ts';

export interface Prometheus {
  /** Returns the values of all series of an instant query. */
  readonly query: (expression: string) => Promise<number[]>;
  /** Returns all series of a range query with a step of one second. */
  readonly queryRange: (expression: string, from: Date, to: Date) => Promise<readonly RangeSeries[]>;
  readonly stop: () => Promise<void>;
}

export interface RangeSeries {
  readonly metric: Readonly<Record<string, string>>;
  /** Unix seconds, and the value as text. */
  readonly values: readonly (readonly [number, string])[];
}

/** Starts a Prometheus that scrapes an address (`host:port`) every second. */
export function startPrometheus(target: string): Promise<Prometheus> {
  return startPrometheusWith({
    global: { scrape_interval: '1s' },
    scrape_configs: [{ job_name: 'zeebe', static_configs: [{ targets: [target] }] }],
  });
}

/** Starts a Prometheus with the content of its prometheus.yml, and with further files in the same folder. */
export async function startPrometheusWith(
  configuration: unknown,
  files: Readonly<Record<string, string>> = {},
): Promise<Prometheus> {
  const at = await createSystemFolder('prometheus');
  const [port] = await freePorts(1);
  const address = `http://127.0.0.1:${port}`;
  const main = join(at.data, 'prometheus.yml');
  await writeFile(main, JSON.stringify(configuration));
  for (const [name, text] of Object.entries(files)) await writeFile(join(at.data, name), text);

  const running = start(at, [
    'prometheus',
    `--config.file=${main}`,
    `--storage.tsdb.path=${join(at.data, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  await untilUp('Prometheus', running, 60, async () => expect((await fetch(`${address}/-/ready`)).status).toBe(200));

  const ask = async <Series>(
    path: string,
    parameters: Readonly<Record<string, string>>,
  ): Promise<readonly Series[]> => {
    const answer = await fetch(`${address}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const { data } = (await answer.json()) as { readonly data: { readonly result: readonly Series[] } };
    return data.result;
  };
  return {
    async query(expression) {
      const series = await ask<InstantSeries>('query', { query: expression });
      return series.map(({ value }) => Number(value[1]));
    },
    queryRange: (expression, from, to) =>
      ask('query_range', { query: expression, start: from.toISOString(), end: to.toISOString(), step: '1s' }),
    stop: running.stop,
  };
}

/** https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries */
interface InstantSeries {
  readonly value: readonly [number, string];
}
