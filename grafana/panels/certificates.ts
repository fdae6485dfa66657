import { defaultThresholds } from '../../prometheus/thresholds.ts';
import { rowToCluster, runbook } from '../links.ts';
import { thresholds } from '../panel.ts';
import { ofCluster, ofExporter } from '../queries.ts';
import { table } from '../tables.ts';

const soon = thresholds('red', { value: defaultThresholds.certificateSeconds, color: 'green' });

const expiry = ofCluster('zeebe_topology_tls_certificate_expiry_timestamp_seconds');
// The label endpoint distinguishes the cluster from the identity provider. If the Prometheus Operator sets a target
// label of that name, the exporter's becomes exported_endpoint.
const byEndpoint = `label_replace(${expiry}, "endpoint", "$1", "exported_endpoint", "(.+)")`;

export const certificates = () =>
  table({
    title: 'Certificates of clusters and token endpoints',
    description:
      'The earliest expiry in the chain last seen (server) or configured (client), for cluster and token endpoint. Empty if no connection uses TLS.',
    width: 12,
    height: 7,
    labels: [
      { title: 'Cluster', label: 'zeebe_cluster', dataLink: rowToCluster },
      { title: 'Job', label: 'job' },
      { title: 'Endpoint', label: 'endpoint' },
      { title: 'Role', label: 'role' },
    ],
    values: [
      {
        title: 'Expires in',
        expr: `min without (instance, pod, container, exported_endpoint) (${byEndpoint}) - time()`,
        unit: 's',
        decimals: 1,
        thresholds: soon,
      },
    ],
    sortBy: 'Expires in',
    noValue: 'None',
    links: [runbook('CertificateExpiring')],
  });

export const exporterCertificates = () =>
  table({
    title: 'Certificates of exporters',
    description: 'The TLS certificates of the exporters themselves. Empty if no exporter serves TLS.',
    width: 12,
    height: 7,
    labels: [
      { title: 'Exporter', label: 'instance' },
      { title: 'Job', label: 'job' },
    ],
    values: [
      {
        title: 'Expires in',
        expr: `${ofExporter('zeebe_topology_exporter_tls_certificate_expiry_timestamp_seconds')} - time()`,
        unit: 's',
        decimals: 1,
        thresholds: soon,
      },
    ],
    sortBy: 'Expires in',
    noValue: 'None',
    links: [runbook('ExporterCertificateExpiring')],
  });
