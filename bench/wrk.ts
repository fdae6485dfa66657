import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly gzip?: boolean;
}

export interface WrkResult {
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p99: number;
}

/** Sends requests as fast as they are answered, without decompressing the responses. Rejects if a request failed. */
export async function wrk({ url, connections, seconds, gzip = false }: Load): Promise<WrkResult> {
  const flags = ['--latency', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s'];
  const headers = ['-H', `Accept-Encoding: ${gzip ? 'gzip' : 'identity'}`];
  const { stdout } = await promisify(execFile)('wrk', [...flags, ...headers, url]).catch((error: unknown) => {
    throw new Error('wrk cannot be run; install it with apt-get install wrk', { cause: error });
  });
  return parseWrk(stdout);
}

export function parseWrk(output: string): WrkResult {
  if (/Socket errors|Non-2xx/.test(output))
    throw new Error(`wrk: expected only responses with status 200, got ${output}`);
  const requestsPerSecond = Number(/^Requests\/sec:\s+([\d.]+)$/m.exec(output)?.[1]);
  const [, value, unit = ''] = /^\s+99%\s+([\d.]+)(us|ms|s|m)\s*$/m.exec(output) ?? [];
  const p99 = Number(value) * (milliseconds[unit] ?? Number.NaN);
  if (!(requestsPerSecond > 0 && p99 > 0))
    throw new Error(`wrk: expected Requests/sec and a 99 % latency, got ${output}`);
  return { requestsPerSecond, p99 };
}

const milliseconds: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000 };
