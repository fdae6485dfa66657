import { DashboardLinkPlacement } from '@grafana/grafana-foundation-sdk/dashboard';
import { cluster } from './cluster.ts';
import { overview } from './overview.ts';

/** The dashboards, by the name of their file; what Grafana imports. */
export function dashboards(): Readonly<Record<'overview.json' | 'cluster.json', string>> {
  return { 'overview.json': json(overview()), 'cluster.json': json(cluster()) };
}

function json(dashboard: object): string {
  return `${JSON.stringify(dashboard, withoutMenus, 2)}\n`;
}

/** The SDK's defaults hide links and annotations in a menu. */
function withoutMenus(key: string, value: unknown): unknown {
  return key === 'placement' && value === DashboardLinkPlacement.InControlsMenu ? undefined : value;
}
