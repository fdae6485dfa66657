import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

// The least that polling a fleet takes: `node bench/fleet-bare.ts URL CLUSTERS INTERVAL [text]` requests a URL for each
// cluster, whose number replaces `{}`, over a connection of its own and on the schedule of the exporter. Parses each
// answer as JSON unless it is text.
const [template = '', clusters, interval, kind = 'json'] = process.argv.slice(2);
const count = Number(clusters);

async function pollForEver(cluster: number): Promise<never> {
  const { origin, pathname, search } = new URL(template.replace('{}', `${cluster}`));
  const pool = new Pool(origin);
  const startedAt = performance.now() + (cluster * Number(interval)) / count;
  for (let slot = 0; ; slot++) {
    await sleep(Math.max(startedAt + slot * Number(interval) - performance.now(), 0));
    const { body } = await pool.request({ method: 'GET', path: `${pathname}${search}` });
    await (kind === 'text' ? body.text() : body.json());
  }
}

process.stderr.write('listening on http://127.0.0.1:0\n');
await Promise.all(Array.from({ length: count }, (_, cluster) => pollForEver(cluster)));
