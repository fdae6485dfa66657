import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

// The least that polling a fleet takes: `node bench/fleet-bare.ts ADDRESS CLUSTERS INTERVAL` requests the topology of
// each cluster over a connection of its own, on the schedule of the exporter, and parses each answer as JSON.
const [address = '', clusters, interval] = process.argv.slice(2);
const count = Number(clusters);

async function pollForEver(cluster: number): Promise<never> {
  const pool = new Pool(address);
  const startedAt = performance.now() + (cluster * Number(interval)) / count;
  for (let slot = 0; ; slot++) {
    await sleep(Math.max(startedAt + slot * Number(interval) - performance.now(), 0));
    const { body } = await pool.request({ method: 'GET', path: `/bare-${cluster}/v1/topology` });
    await body.json();
  }
}

process.stderr.write('listening on http://127.0.0.1:0\n');
await Promise.all(Array.from({ length: count }, (_, cluster) => pollForEver(cluster)));
