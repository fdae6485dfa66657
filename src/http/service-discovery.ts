import type { Request, RequestHandler } from 'express';
import type { ProbedClusters } from './probe.ts';
import { sendBuffer } from './send-bytes.ts';
import { sendText } from './send-text.ts';

/** Characters: a DNS name, a colon and a port. The answer repeats the host for each cluster. */
const longestHost = 253 + 6;

/**
 * `GET /sd`: a target for each cluster, as Prometheus' HTTP service discovery wants them
 * (https://prometheus.io/docs/prometheus/latest/http_sd/). The series have the cluster's name as `zeebe_cluster`
 * already: a target's label of that name would rename it. What tells the targets apart is `instance`.
 */
export function serviceDiscovery({ all }: ProbedClusters): RequestHandler {
  return (request, response) => {
    const host = hostOf(request);
    if (host.length > longestHost) {
      sendText(response, 400, `expected a Host of at most ${longestHost} characters`);
      return;
    }
    const groups = all().map(({ cluster: { name } }) => ({
      targets: [host],
      labels: {
        ...(request.secure && { __scheme__: 'https' }),
        __metrics_path__: '/probe',
        __param_cluster: name,
        instance: `${host}/${name}`,
      },
    }));
    sendBuffer(response.type('json'), Buffer.from(JSON.stringify(groups)));
  };
}

/** As the client calls this exporter; as it is bound where the client does not say. */
function hostOf({ headers, socket }: Request): string {
  const { localAddress = '', localPort } = socket;
  return headers.host ?? `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
}
