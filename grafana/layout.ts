import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type Dashboard,
  type DashboardBuilder,
  type Panel,
  RowBuilder,
  type RowPanel,
} from '@grafana/grafana-foundation-sdk/dashboard';

export interface Row {
  readonly title: string;
  /** Whether the row is collapsed at first. Its queries run once it is expanded. */
  readonly collapsed?: boolean;
  readonly panels: readonly Builder<Panel>[];
}

/** Builds the dashboard with these rows in order. */
export function layOut(dashboard: DashboardBuilder, rows: readonly Row[]): Dashboard {
  for (const { title, collapsed = false, panels } of rows) {
    const row = new RowBuilder(title).collapsed(collapsed);
    // Grafana expects the panels of an expanded row after it, and those of a collapsed row inside it.
    if (collapsed) for (const panel of panels) row.withPanel(panel);
    dashboard.withRow(row);
    if (!collapsed) for (const panel of panels) dashboard.withPanel(panel);
  }
  return numbered(dashboard.build());
}

/** Adds the ids of the panels, which the SDK does not set. */
function numbered(dashboard: Dashboard): Dashboard {
  let last = 0;
  const withId = <T extends Panel | RowPanel>(panel: T): T => ({ ...panel, id: ++last });
  const panels = (dashboard.panels ?? []).map((panel) =>
    'panels' in panel ? { ...withId(panel), panels: panel.panels.map(withId) } : withId(panel),
  );
  return { ...dashboard, panels };
}
