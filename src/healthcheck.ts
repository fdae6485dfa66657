// Docker's HEALTHCHECK for an image without shell and curl: exits with 0 if the exporter answers on all its addresses.

// Static imports of these modules would also load Node.js's own fetch, which is half of the cost of this program.
const { readFileSync } = process.getBuiltinModule('node:fs');
const { get: getHttp } = process.getBuiltinModule('node:http');
const { get: getHttps } = process.getBuiltinModule('node:https');

/** Returns the addresses that the exporter wrote to HEALTHCHECK_FILE, or the default address without that file. */
function listenUrls(): readonly string[] {
  try {
    return readFileSync(process.env.HEALTHCHECK_FILE ?? '', 'utf8').split('\n');
  } catch {
    return ['http://127.0.0.1:10650'];
  }
}

function isHealthy(base: string): Promise<boolean> {
  const url = new URL('/-/healthy', base);
  // Most containers have no ::1, and a socket bound to [::] accepts IPv4 as well.
  if (url.hostname === '[::]') url.hostname = '127.0.0.1';
  // The request stays inside the container, so the certificate need not be verified.
  const options = { timeout: 4_000, rejectUnauthorized: false, agent: false };
  return new Promise((resolve) => {
    const request = (url.protocol === 'https:' ? getHttps : getHttp)(url, options, (response) => {
      resolve(response.resume().statusCode === 200);
    });
    // A server that requires client certificates closes the connection. It is alive if the handshake derived keys.
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
// Connections that got no response would keep the process alive.
process.exit(healthy.every(Boolean) ? 0 : 1);
