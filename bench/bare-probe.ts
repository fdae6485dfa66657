import { readFileSync } from 'node:fs';
import { Pool } from 'undici';
import { listen } from './listen.ts';

// The least that a probe takes in Node.js: `node bench/bare-probe.ts CLUSTER FILE` answers each request with the bytes of
// the file once the cluster has answered, and does not look at that answer.
const [cluster = '', page = ''] = process.argv.slice(2);
const pool = new Pool(cluster);
const bytes = readFileSync(page);

listen(async (_request, response) => {
  const { body } = await pool.request({ method: 'GET', path: '/v1/topology' });
  await body.text();
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4', 'content-length': bytes.length });
  response.end(bytes);
});
