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
  /** Closed at first, and its queries not run until it is opened. */
  readonly collapsed?: boolean;
  readonly panels: readonly Builder<Panel>[];
}

/** The dashboard with these rows, one below the other. */
export function layOut(dashboard: DashboardBuilder, rows: readonly Row[]): Dashboard {
  for (const { title, collapsed = false, panels } of rows) {
    const row = new RowBuilder(title).collapsed(collapsed);
    // Grafana expects the panels of an open row beside it, those of a closed one inside.
    if (collapsed) for (const panel of panels) row.withPanel(panel);
    dashboard.withRow(row);
    if (!collapsed) for (const panel of panels) dashboard.withPanel(panel);
  }
  return numbered(dashboard.build());
}

/** The SDK gives panels no ids. */
function numbered(dashboard: Dashboard): Dashboard {
  let last = 0;
  const withId = <T extends Panel | RowPanel>(panel: T): T => ({ ...panel, id: ++last });
  const panels = (dashboard.panels ?? []).map((panel) =>
    'panels' in panel ? { ...withId(panel), panels: panel.panels.map(withId) } : withId(panel),
  );
  return { ...dashboard, panels };
}
