// Docker's HEALTHCHECK, in an image without a shell or curl: exit code 0 where the exporter serves on all its addresses.

// An import would load all that these could give, Node.js' own fetch too: half of what this program costs.
const { readFileSync } = process.getBuiltinModule('node:fs');
const { get: getHttp } = process.getBuiltinModule('node:http');
const { get: getHttps } = process.getBuiltinModule('node:https');

/** Returns where the exporter says that it listens, or the default where it could not say so. */
function listenUrls(): readonly string[] {
  try {
    return readFileSync(process.env.HEALTHCHECK_FILE ?? '', 'utf8').split('\n');
  } catch {
    return ['http://127.0.0.1:10650'];
  }
}

function isHealthy(base: string): Promise<boolean> {
  const url = new URL('/-/healthy', base);
  // Docker gives most containers no ::1, and a socket bound to [::] takes IPv4 too.
  if (url.hostname === '[::]') url.hostname = '127.0.0.1';
  // It asks its own container, so whose certificate it is does not matter.
  const options = { timeout: 4_000, rejectUnauthorized: false, agent: false };
  return new Promise((resolve) => {
    const request = (url.protocol === 'https:' ? getHttps : getHttp)(url, options, (response) => {
      resolve(response.resume().statusCode === 200);
    });
    // Where clients must have a certificate, the server hangs up. It is alive if its answer gave the keys of a session.
    let hasKeys = false;
    request.on('socket', (socket) => {
      socket.on('keylog', () => {
        hasKeys = true;
      });
    });
    request.on('error', () => resolve(hasKeys));
    request.on('timeout', () => resolve(false));
  });
}

const healthy = await Promise.all(listenUrls().map(isHealthy));
// Connections without an answer would hold the process.
process.exit(healthy.every(Boolean) ? 0 : 1);
