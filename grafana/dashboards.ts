import { DashboardLinkPlacement } from '@grafana/grafana-foundation-sdk/dashboard';
import { cluster } from './cluster.ts';
import { overview } from './overview.ts';

/** The dashboards that Grafana imports, by file name. */
export function dashboards(): Readonly<Record<'overview.json' | 'cluster.json', string>> {
  return { 'overview.json': json(overview()), 'cluster.json': json(cluster()) };
}

function json(dashboard: object): string {
  return `${JSON.stringify(dashboard, withoutMenus, 2)}\n`;
}

/** Removes a default of the SDK that hides links and annotations in a menu. */
function withoutMenus(key: string, value: unknown): unknown {
  return key === 'placement' && value === DashboardLinkPlacement.InControlsMenu ? undefined : value;
}
