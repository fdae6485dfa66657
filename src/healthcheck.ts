// Docker's HEALTHCHECK, in an image without a shell or curl: exit code 0 where the exporter serves on this port.

// An import would load all that these could give, Node.js' own fetch too: half of what this program costs.
const { get: getHttp } = process.getBuiltinModule('node:http');
const { get: getHttps } = process.getBuiltinModule('node:https');

const port = process.env.HEALTHCHECK_PORT ?? 10650;

// On the loopback, so whose certificate it is does not matter.
const options = { host: '127.0.0.1', port, path: '/-/healthy', timeout: 4_000, rejectUnauthorized: false };

const healthy = (get: typeof getHttp): Promise<boolean> =>
  new Promise((resolve) => {
    const request = get(options, (response) => resolve(response.resume().statusCode === 200));
    request.on('error', () => resolve(false));
    request.on('timeout', () => request.destroy());
  });

process.exitCode = (await healthy(getHttp)) || (await healthy(getHttps)) ? 0 : 1;
