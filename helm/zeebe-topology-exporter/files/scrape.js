// Runs in `helm test`. Scrapes the exporters until they reach every cluster, or prints the clusters that they do not reach.
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';

const { EXPORTERS, HOST, TELEMETRY_PATH, TIMEOUT_SECONDS, ASKS_FOR_PASSWORD, EXPORTER_USERNAME, EXPORTER_PASSWORD } =
  process.env;
const deadline = Date.now() + TIMEOUT_SECONDS * 1000;

// The certificate is not verified here, but by Prometheus. Each request has its own connection, which may lead to another
// exporter of the Service. The header is for `web.allowed_hosts`, which need not contain the names of the pods.
const options = { timeout: 5_000, rejectUnauthorized: false, agent: false, headers: { host: HOST } };
if (EXPORTER_USERNAME) options.auth = `${EXPORTER_USERNAME}:${EXPORTER_PASSWORD}`;

const passwordNeeded =
  'ready, but the exporter requires a password, and no monitor has a basicAuth that the test can use';

const ask = (url) =>
  new Promise((resolve, reject) => {
    const get = url.startsWith('https:') ? getHttps : getHttp;
    const request = get(url, options, async (response) => {
      try {
        const chunks = await response.toArray();
        resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString() });
      } catch (error) {
        reject(new Error(`${url}: ${error.message}`));
      }
    });
    request.on('error', (error) => reject(new Error(`${url}: ${error.message}`)));
    request.on('timeout', () => request.destroy(new Error('no response within 5 s')));
  });

// Returns which clusters an exporter reaches, and what fails, as lines of its metrics. Returns nothing if it requires a
// password that the test does not have.
async function linesOf(exporter) {
  const ready = await ask(`${exporter}/-/ready`);
  if (ready.status !== 200) throw new Error(`${exporter}/-/ready returned ${ready.status}: ${ready.body.trim()}`);
  const { status, body } = await ask(`${exporter}${TELEMETRY_PATH}`);
  if (status === 401 && ASKS_FOR_PASSWORD && !EXPORTER_USERNAME) return undefined;
  if (status !== 200) throw new Error(`${exporter}${TELEMETRY_PATH} returned ${status}`);
  return body
    .split('\n')
    .filter((line) => /^zeebe_topology_(up\{|(poll|auth)_failing\{.* 1$|discovery_up\{.* 0$)/.test(line));
}

// Shards are scraped one after the other: the pages of many clusters together may exceed the memory limit of this pod.
async function scrape() {
  const lines = new Set();
  for (const exporter of EXPORTERS.split(' ')) {
    const found = await linesOf(exporter);
    if (!found) return passwordNeeded;
    for (const line of found) lines.add(line);
  }
  const up = [...lines].filter((line) => line.startsWith('zeebe_topology_up{'));
  const failing = [...lines].filter((line) => !up.includes(line));
  if (up.length === 0) throw new Error(['no cluster is monitored', ...failing].join('\n'));
  if (up.some((line) => !line.endsWith(' 1'))) throw new Error([...up, ...failing].join('\n'));
  return up.join('\n');
}

for (;;) {
  try {
    console.log(await scrape());
    break;
  } catch (error) {
    if (Date.now() > deadline) {
      console.error(error.message);
      process.exitCode = 1;
      break;
    }
    await wait(1_000);
  }
}
