import { highest, last, lowest, present } from '../expressions.ts';
import { type Alerts, cluster } from './alert.ts';

/** Alerts on the exporters themselves. While no exporter works, the other alerts cannot fire. */
export const exporterAlerts: Alerts = (thresholds) => [
  {
    name: 'ExporterDown',
    severity: 'critical',
    expr: 'absent(zeebe_topology_exporter_build_info)',
    summary: 'No Zeebe topology exporter is scraped.',
    description:
      'Prometheus has no exporter that it can scrape. No Zeebe cluster is monitored, and no other alert of the ' +
      'exporter can fire.',
  },
  {
    name: 'ExporterTargetDown',
    severity: 'warning',
    // Recognizes a target as an exporter by the metrics that it exposed, not by the name of its job.
    expr: `
      up == 0
      and ignoring (version, revision, nodejs)
        last_over_time(zeebe_topology_exporter_build_info[${thresholds.exporterRemembered}])`,
    summary: 'A Zeebe topology exporter cannot be scraped.',
    description: 'The scrapes of {{ $labels.instance }} (job {{ $labels.job }}) fail.',
  },
  {
    name: 'ClusterNotWatched',
    severity: 'warning',
    expr: `
      ${present(`zeebe_topology_poll_interval_seconds offset ${thresholds.clusterRemembered}`)}
      unless ${present(last('zeebe_topology_poll_interval_seconds', thresholds))}`,
    summary: 'A Zeebe cluster is no longer monitored.',
    description:
      `${cluster} was exposed by an exporter ${thresholds.clusterRemembered} ago and is no longer. If it was removed ` +
      'on purpose, this alert resolves by itself.',
  },
  {
    name: 'PollerStuck',
    severity: 'warning',
    expr: highest(
      `time() - ${last('zeebe_topology_last_poll_timestamp_seconds', thresholds)}` +
        ` > ${thresholds.pollAgeSeconds} + 3 * (${last('zeebe_topology_poll_interval_seconds', thresholds)} > 0)`,
    ),
    summary: 'An exporter no longer polls a Zeebe cluster.',
    description:
      `An exporter completed its last poll of ${cluster} {{ $value | humanizeDuration }} ago. What it exposes is out ` +
      'of date.',
  },
  {
    name: 'ReloadFailed',
    severity: 'warning',
    expr: `
      ${lowest(last('zeebe_topology_exporter_config_last_reload_successful', thresholds))} == 0
      or ${lowest(last('zeebe_topology_exporter_web_config_last_reload_successful', thresholds))} == 0`,
    summary: 'A Zeebe topology exporter rejected its new configuration.',
    description:
      'The configuration or the web configuration that it read last (job {{ $labels.job }}) is invalid. The previous ' +
      'one is still in use; a restart would fail.',
  },
  {
    name: 'FilesNotRead',
    severity: 'warning',
    expr: `${lowest(last('zeebe_topology_files_last_read_successful', thresholds))} == 0`,
    summary: 'Files with credentials for a Zeebe cluster cannot be used.',
    description:
      `A file in the settings of ${cluster} (a secret, a key, a certificate) cannot be read or is invalid. The ` +
      'previous content of the files is still in use until it expires or is revoked; a restart would fail.',
  },
  {
    name: 'SeriesLimited',
    severity: 'warning',
    expr: `${highest(last('zeebe_topology_series_limited', thresholds))} == 1`,
    summary: 'The brokers and partitions of a Zeebe cluster have no series.',
    description:
      `The series of ${cluster} exceed max_series or max_series_total, so none of its brokers, partitions and replicas ` +
      'is exposed. Alerts on single partitions do not fire; those on its verdict and on the number of its brokers do.',
  },
  {
    name: 'ExporterCertificateExpiring',
    severity: 'warning',
    expr: `
      ${lowest(last('zeebe_topology_exporter_tls_certificate_expiry_timestamp_seconds', thresholds))} - time()
      < ${thresholds.certificateSeconds}`,
    summary: 'The certificate of a Zeebe topology exporter expires soon.',
    description:
      'The TLS certificate of the exporter (job {{ $labels.job }}) expires in {{ $value | humanizeDuration }}. ' +
      'After that, scrapes fail.',
  },
];
