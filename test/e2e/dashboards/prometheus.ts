import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { freePorts } from '../ports.ts';
import { createSystemFolder, start, untilUp } from '../process.ts';

/** A series, and its values by Unix seconds. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: ReadonlyMap<number, number>;
}

export interface PrometheusWithRules {
  /** @param at Unix seconds */
  readonly instant: (query: string, at: number) => Promise<readonly Series[]>;
  /** Times are in Unix seconds, the step in seconds. */
  readonly range: (query: string, from: number, to: number, step: number) => Promise<readonly Series[]>;
  /** Returns the values of a label of the series that the selector matches in the time range. */
  readonly labelValues: (label: string, selector: string, from: number, to: number) => Promise<readonly string[]>;
  readonly stop: () => Promise<void>;
}

interface Job {
  readonly job_name: string;
  readonly static_configs: readonly { readonly targets: readonly string[] }[];
}

/** Starts a Prometheus that scrapes and evaluates rules every second. */
export async function startPrometheus(
  jobs: readonly Job[],
  rules: Readonly<Record<string, string>>,
): Promise<PrometheusWithRules> {
  const at = await createSystemFolder('prometheus');
  const [port] = await freePorts(1);
  const address = `http://127.0.0.1:${port}`;
  const configuration = join(at.data, 'prometheus.yml');
  await mkdir(join(at.data, 'rules'));
  for (const [name, text] of Object.entries(rules)) await writeFile(join(at.data, 'rules', name), text);
  await writeFile(
    configuration,
    JSON.stringify({
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: ['rules/*.yaml'],
      scrape_configs: jobs,
    }),
  );
  const running = start(at, [
    'prometheus',
    `--config.file=${configuration}`,
    `--storage.tsdb.path=${join(at.data, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  await untilUp('Prometheus', running, 60, async () => expect((await fetch(`${address}/-/ready`)).status).toBe(200));

  const ask = async <Data>(path: string, parameters: Readonly<Record<string, string>>): Promise<Data> => {
    const answer = await fetch(`${address}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const body = (await answer.json()) as Answer<Data>;
    if (body.status === 'error') throw new Error(`${body.error}: ${Object.values(parameters).join(' ')}`);
    return body.data;
  };
  return {
    instant: async (query, time) => {
      const { result } = await ask<Result<{ readonly value: Sample }>>('query', { query, time: String(time) });
      return result.map(({ metric, value }) => ({ labels: metric, values: byTime([value]) }));
    },
    range: async (query, from, to, step) => {
      const { result } = await ask<Result<{ readonly values: readonly Sample[] }>>('query_range', {
        query,
        start: String(from),
        end: String(to),
        step: String(step),
      });
      return result.map(({ metric, values }) => ({ labels: metric, values: byTime(values) }));
    },
    labelValues: (label, selector, from, to) =>
      ask(`label/${label}/values`, { 'match[]': selector, start: String(from), end: String(to) }),
    stop: running.stop,
  };
}

function byTime(samples: readonly Sample[]): ReadonlyMap<number, number> {
  return new Map(samples.map(([time, value]) => [time, Number(value)]));
}

/** https://prometheus.io/docs/prometheus/latest/querying/api/ */
type Answer<Data> =
  | { readonly status: 'success'; readonly data: Data }
  | { readonly status: 'error'; readonly error: string };

interface Result<Values> {
  readonly result: readonly ({ readonly metric: Readonly<Record<string, string>> } & Values)[];
}

/** Unix seconds, and the value as text. */
type Sample = readonly [number, string];
