import { highest, last, lowest, present } from '../expressions.ts';
import { type Alerts, cluster } from './alert.ts';

/** Whether the exporters themselves do their work: where they do not, nothing else here fires. */
export const exporterAlerts: Alerts = (thresholds) => [
  {
    name: 'ExporterDown',
    severity: 'critical',
    expr: 'absent(zeebe_topology_exporter_build_info)',
    summary: 'No Zeebe topology exporter is scraped.',
    description:
      'Prometheus has no exporter that answers. No Zeebe cluster is watched, and no other alert of the exporter ' +
      'can fire.',
  },
  {
    name: 'ExporterTargetDown',
    severity: 'warning',
    // A target is known to be an exporter by what it once exposed, not by the name of a job.
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
    summary: 'A Zeebe cluster is no longer watched.',
    description:
      'Zeebe cluster {{ $labels.zeebe_cluster }} was on the page of an exporter ' +
      `${thresholds.clusterRemembered} ago and is on none now. Where it was taken out on purpose, this ends by itself.`,
  },
  {
    name: 'PollerStuck',
    severity: 'warning',
    expr: highest(
      `time() - ${last('zeebe_topology_last_poll_timestamp_seconds', thresholds)}` +
        ` > ${thresholds.pollAgeSeconds} + 3 * ${last('zeebe_topology_poll_interval_seconds', thresholds)}`,
    ),
    summary: 'An exporter no longer polls a Zeebe cluster.',
    description:
      'An exporter ended its last poll of Zeebe cluster {{ $labels.zeebe_cluster }} ' +
      '{{ $value | humanizeDuration }} ago. What it exposes since then is out of date.',
  },
  {
    name: 'ReloadFailed',
    severity: 'warning',
    expr: `
      ${lowest(last('zeebe_topology_exporter_config_last_reload_successful', thresholds))} == 0
      or ${lowest(last('zeebe_topology_exporter_web_config_last_reload_successful', thresholds))} == 0`,
    summary: 'A Zeebe topology exporter refused its new configuration.',
    description:
      'The configuration, or the web configuration, that it read last (job {{ $labels.job }}) is wrong. The one before ' +
      'it is still in use; a restart would fail.',
  },
  {
    name: 'FilesNotRead',
    severity: 'warning',
    expr: `${lowest(last('zeebe_topology_files_last_read_successful', thresholds))} == 0`,
    summary: 'Files with credentials for a Zeebe cluster cannot be used.',
    description:
      `A file that the settings of ${cluster} name (a secret, a key, a certificate) cannot be read or used. What the ` +
      'files held before is still in use, until it expires or is revoked; a restart would fail.',
  },
  {
    name: 'ExporterCertificateExpiring',
    severity: 'warning',
    expr: `
      ${lowest(last('zeebe_topology_exporter_tls_certificate_expiry_timestamp_seconds', thresholds))} - time()
      < ${thresholds.certificateSeconds}`,
    summary: 'The certificate of a Zeebe topology exporter expires soon.',
    description:
      'The certificate that the exporter (job {{ $labels.job }}) serves its metrics with expires in ' +
      '{{ $value | humanizeDuration }}. Scrapes fail from then on.',
  },
];
