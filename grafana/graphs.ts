import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  GraphDrawStyle,
  LineInterpolation,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizOrientation,
} from '@grafana/grafana-foundation-sdk/common';
import { DashboardLinkBuilder, type ThresholdsConfigBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as StatPanel } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StateTimelinePanel } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TimeSeriesPanel } from '@grafana/grafana-foundation-sdk/timeseries';
import type { DataLink } from './links.ts';
import {
  byThresholds,
  describe,
  listLegend,
  overTime,
  type PanelSpec,
  type Query,
  query,
  tableLegend,
  tooltip,
} from './panel.ts';
import { mappings, type State } from './states.ts';

interface GraphSpec extends PanelSpec {
  readonly queries: readonly Query[];
  readonly dataLink?: DataLink;
}

/** Shows values over time as lines. */
export function lines(spec: GraphSpec & { readonly unit: string; readonly min?: number }): TimeSeriesPanel {
  const panel = describe(new TimeSeriesPanel(), spec)
    .targets(overTime(spec.queries))
    .unit(spec.unit)
    .lineWidth(1)
    .fillOpacity(5)
    .lineInterpolation(LineInterpolation.StepAfter)
    .showPoints(VisibilityMode.Auto)
    .spanNulls(false)
    .legend(tableLegend('lastNotNull', 'max'))
    .tooltip(tooltip(TooltipDisplayMode.Multi))
    .dataLinks(dataLinks(spec));
  return spec.min === undefined ? panel : panel.min(spec.min);
}

/** Shows counts over time as stacked bars. Without data there is no bar. */
export function bars(spec: GraphSpec & { readonly unit: string }): TimeSeriesPanel {
  return lines({ ...spec, min: 0 })
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(70)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'))
    .legend(tableLegend('max'));
}

/** Shows states over time, with a row per series and several pages. */
export function timeline(spec: GraphSpec & { readonly states: readonly State[] }): StateTimelinePanel {
  return describe(new StateTimelinePanel(), spec)
    .targets(overTime(spec.queries))
    .unit('none')
    .mappings(mappings(spec.states))
    .colorScheme(byThresholds)
    .mergeValues(true)
    .showValue(VisibilityMode.Never)
    .rowHeight(0.8)
    .fillOpacity(80)
    .lineWidth(0)
    .spanNulls(false)
    .perPage(20)
    .legend(listLegend)
    .tooltip(tooltip(TooltipDisplayMode.Single))
    .dataLinks(dataLinks(spec));
}

interface StatSpec extends PanelSpec {
  readonly queries: readonly Query[];
  readonly unit: string;
  readonly thresholds: ThresholdsConfigBuilder;
  readonly states?: readonly State[];
  /** The text that is shown if there is no data. */
  readonly noValue: string;
}

/** Shows current values in large type. */
export function stat(spec: StatSpec): StatPanel {
  return describe(new StatPanel(), spec)
    .targets(spec.queries.map(({ expr, legend }, place) => query(expr, place).instant().legendFormat(legend)))
    .unit(spec.unit)
    .thresholds(spec.thresholds)
    .colorScheme(byThresholds)
    .mappings(mappings(spec.states ?? []))
    .noValue(spec.noValue)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false))
    .textMode(spec.queries.length > 1 ? BigValueTextMode.ValueAndName : BigValueTextMode.Auto)
    .colorMode(BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.None)
    .justifyMode(BigValueJustifyMode.Center)
    .orientation(VizOrientation.Auto)
    .wideLayout(true);
}

function dataLinks({ dataLink }: GraphSpec): DashboardLinkBuilder[] {
  return dataLink ? [new DashboardLinkBuilder(dataLink.title).url(dataLink.url)] : [];
}
