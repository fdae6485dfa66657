// Runs in `helm test`. Scrapes the exporter until it reaches every cluster, or prints the clusters that it does not reach.
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';

const { EXPORTER, TELEMETRY_PATH, TIMEOUT_SECONDS, ASKS_FOR_PASSWORD, EXPORTER_USERNAME, EXPORTER_PASSWORD } =
  process.env;
const deadline = Date.now() + TIMEOUT_SECONDS * 1000;

// The certificate is not verified here, but by Prometheus.
// Each request has its own connection, which may lead to another exporter of the Service.
const options = { timeout: 5_000, rejectUnauthorized: false, agent: false };
if (EXPORTER_USERNAME) options.auth = `${EXPORTER_USERNAME}:${EXPORTER_PASSWORD}`;

const ask = (path) =>
  new Promise((resolve, reject) => {
    const get = EXPORTER.startsWith('https:') ? getHttps : getHttp;
    const request = get(`${EXPORTER}${path}`, options, async (response) => {
      try {
        const chunks = await response.toArray();
        resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString() });
      } catch (error) {
        reject(error);
      }
    });
    request.on('error', reject);
    request.on('timeout', () => request.destroy(new Error('no response within 5 s')));
  });

async function scrape() {
  const ready = await ask('/-/ready');
  if (ready.status !== 200) throw new Error(`/-/ready returned ${ready.status}: ${ready.body.trim()}`);
  const { status, body } = await ask(TELEMETRY_PATH);
  if (status === 401 && ASKS_FOR_PASSWORD && !EXPORTER_USERNAME) {
    return ['ready, but the exporter requires a password, and no monitor has a basicAuth that the test can use'];
  }
  if (status !== 200) throw new Error(`${TELEMETRY_PATH} returned ${status}`);
  const lines = body.split('\n');
  const up = lines.filter((line) => line.startsWith('zeebe_topology_up{'));
  const failing = lines.filter((line) => /^zeebe_topology_((poll|auth)_failing\{.* 1|discovery_up\{.* 0)$/.test(line));
  const isShard = lines.some((line) => line.startsWith('zeebe_topology_exporter_total_shards{'));
  if (up.length === 0 && isShard) return ['ready, but this shard has no cluster'];
  if (up.length === 0) throw new Error(['no cluster is monitored', ...failing].join('\n'));
  if (up.some((line) => !line.endsWith(' 1'))) throw new Error([...up, ...failing].join('\n'));
  return up;
}

for (;;) {
  try {
    console.log((await scrape()).join('\n'));
    break;
  } catch (error) {
    if (Date.now() > deadline) {
      console.error(`${EXPORTER}:\n${error.message}`);
      process.exitCode = 1;
      break;
    }
    await wait(1_000);
  }
}
