import { type ChartValue, chartValues, documented } from './values.ts';

/** The chart's README.md, which `npm run chart` writes. */
export function readme(): string {
  return `# zeebe-topology-exporter

<!-- Written by \`npm run chart\` from values.yaml: change it there. -->

The [exporter](../../README.md) on Kubernetes 1.25 or newer, with what Prometheus and Grafana need of it. How to use it
stands in [docs/kubernetes.md](../../docs/kubernetes.md), values for each way to authenticate in [examples/](examples).

\`\`\`sh
helm install exporter oci://ghcr.io/zeebe-topology-exporter/charts/zeebe-topology-exporter \\
  --set clusters.camunda.address=http://camunda-zeebe-gateway:8080
\`\`\`

## Values

An unknown key, or a value of the wrong type, is refused by values.schema.json; values that contradict each other by the
chart, all of them at once.

| Key | Default | Meaning |
|---|---|---|
${documented(chartValues()).map(row).join('\n')}
`;
}

function row({ path, default: fallback, doc }: ChartValue & { readonly doc: string }): string {
  return `| \`${path}\` | \`${JSON.stringify(fallback)}\` | ${doc.replaceAll('|', '\\|')} |`;
}
