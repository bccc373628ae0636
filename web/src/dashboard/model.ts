// A dashboard as the pages show it, whatever release of Grafana wrote its JSON.
import type { JsonObject } from './json';
import type { TimeRange } from '../time_range';

/** A data source as a panel names it: kind, uid or name, or a variable. */
export interface SourceRef {
  type: string;
  uid: string;
}

export interface Target {
  refId: string;
  source: SourceRef;
  expr: string;
  legend: string;
  format: string;
  instant: boolean;
  range: boolean;
  /** Least step, as Grafana writes it ("1m", "$interval"); empty: the source's. */
  minInterval: string;
  intervalFactor: number;
  maxLines: number | undefined;
}

export interface ThresholdStep {
  /** The first step begins at minus infinity. */
  value: number;
  color: string;
}
export interface Thresholds {
  mode: 'absolute' | 'percentage';
  steps: ThresholdStep[];
}

export interface MappingResult {
  text: string | undefined;
  color: string | undefined;
}
export type Mapping =
  | { kind: 'value'; value: string; result: MappingResult }
  | { kind: 'range'; from: number; to: number; result: MappingResult }
  | { kind: 'regex'; pattern: string; result: MappingResult }
  | { kind: 'special'; match: string; result: MappingResult };

export interface FieldColor {
  mode: string;
  fixed: string | undefined;
}

/** How one field is shown: what a panel's defaults and overrides together say. */
export interface FieldConfig {
  unit: string;
  decimals: number | undefined;
  min: number | undefined;
  max: number | undefined;
  displayName: string;
  noValue: string;
  thresholds: Thresholds | undefined;
  mappings: Mapping[];
  color: FieldColor | undefined;
  custom: JsonObject;
}

export interface Override {
  matcher: { id: string; options: unknown };
  properties: { id: string; value: unknown }[];
}

export interface ReduceOptions {
  calcs: string[];
  /** Every row is a value of its own. */
  values: boolean;
  limit: number | undefined;
  /** "", a name, or /pattern/. */
  fields: string;
}

export interface LegendOptions {
  show: boolean;
  asTable: boolean;
  onRight: boolean;
  calcs: string[];
}

export type PanelBody =
  | {
      kind: 'stat';
      reduce: ReduceOptions;
      colorMode: string;
      graphMode: string;
      textMode: string;
      prefix: string;
      postfix: string;
    }
  | { kind: 'gauge' | 'bargauge'; reduce: ReduceOptions; orientation: string; displayMode: string }
  | { kind: 'timeseries'; legend: LegendOptions }
  | { kind: 'table'; sortBy: { field: string; desc: boolean } | undefined; showHeader: boolean; frameIndex: number }
  | { kind: 'text'; mode: string; content: string }
  | { kind: 'logs'; wrap: boolean; newestFirst: boolean }
  | { kind: 'unsupported'; why: string };

export interface Grid {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Repeat {
  variable: string;
  direction: 'h' | 'v';
  maxPerRow: number;
}

export interface Transformation {
  id: string;
  options: JsonObject;
}

export interface Panel {
  /** Unique in the dashboard; also of repeated panels. */
  key: string;
  id: number;
  type: string;
  title: string;
  description: string;
  grid: Grid;
  repeat: Repeat | undefined;
  source: SourceRef;
  targets: Target[];
  /** "1h": this panel's own range, up to the page's end. */
  timeFrom: string;
  timeShift: string;
  interval: string;
  maxDataPoints: number | undefined;
  transformations: Transformation[];
  defaults: FieldConfig;
  overrides: Override[];
  body: PanelBody;
  /** What of this panel is not shown as Grafana would, each by name. */
  notes: string[];
}

/** Panels below one heading; the first section may have none. */
export interface Section {
  key: string;
  title: string | undefined;
  collapsed: boolean;
  repeat: string;
  panels: Panel[];
}

export type VariableKind = 'query' | 'interval' | 'custom' | 'constant' | 'textbox' | 'datasource' | 'adhoc' | 'unknown';

export interface Variable {
  name: string;
  label: string;
  kind: VariableKind;
  /** As it stands in the JSON, for variables that are not known. */
  type: string;
  query: string;
  source: SourceRef;
  regex: string;
  sort: number;
  multi: boolean;
  includeAll: boolean;
  allValue: string;
  /** 0 and 1: asked once; 2: asked again with each time range. */
  refresh: number;
  hidden: boolean;
  current: string[];
  /** Interval variables: how many steps `auto` divides the range into; 0 without auto. */
  autoCount: number;
  autoMin: string;
  fault: string;
}

export interface Dashboard {
  uid: string;
  title: string;
  description: string;
  tags: string[];
  time: TimeRange | null;
  refreshSeconds: number | null;
  variables: Variable[];
  sections: Section[];
  /** What the dashboard as a whole asks for and does not get. */
  notes: string[];
}
