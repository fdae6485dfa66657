import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  type TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type DashboardLinkBuilder,
  FieldColorBuilder,
  FieldColorModeId,
  type Panel,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { datasource } from './variables.ts';

/** The properties of every panel. */
export interface PanelSpec {
  readonly title: string;
  /** What it shows, and what it means if it is empty. */
  readonly description: string;
  /** In columns of the grid. The widths of a line add up to 24. */
  readonly width: number;
  /** In rows of the grid, each of 30 pixels and a gap of 8. */
  readonly height: number;
  readonly links?: readonly DashboardLinkBuilder[];
}

export interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** The common methods of the SDK's panel builders. */
interface AnyPanelBuilder extends Builder<Panel> {
  title(title: string): this;
  description(description: string): this;
  datasource(reference: typeof datasource): this;
  span(width: number): this;
  height(height: number): this;
  links(links: DashboardLinkBuilder[]): this;
}

export function describe<T extends AnyPanelBuilder>(panel: T, spec: PanelSpec): T {
  return panel
    .title(spec.title)
    .description(spec.description)
    .datasource(datasource)
    .span(spec.width)
    .height(spec.height)
    .links([...(spec.links ?? [])]);
}

/** Sets the reference id by index: A, B, C … */
export function query(expr: string, place: number): DataqueryBuilder {
  return new DataqueryBuilder().datasource(datasource).refId(refId(place)).expr(expr);
}

export function refId(place: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + place);
}

export function overTime(queries: readonly Query[]): DataqueryBuilder[] {
  return queries.map(({ expr, legend }, place) => query(expr, place).range().legendFormat(legend));
}

/** Colors values: each step has the lowest value of its color; `base` is the color of all lower values. */
export function thresholds(base: string, ...steps: readonly Threshold[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([{ value: null, color: base }, ...steps]);
}

/** Colors every count above 0. */
export const redIfAny = thresholds('green', { value: 1, color: 'red' });

export const byThresholds = new FieldColorBuilder().mode(FieldColorModeId.Thresholds);

/** A scrollable table of names and values below a graph. */
export function tableLegend(...calcs: readonly string[]): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(LegendDisplayMode.Table)
    .placement(LegendPlacement.Bottom)
    .calcs([...calcs]);
}

export const listLegend = new VizLegendOptionsBuilder()
  .showLegend(true)
  .displayMode(LegendDisplayMode.List)
  .placement(LegendPlacement.Bottom)
  .calcs([]);

export function tooltip(mode: TooltipDisplayMode): VizTooltipOptionsBuilder {
  return new VizTooltipOptionsBuilder().mode(mode).sort(SortOrder.Descending).maxHeight(400);
}
