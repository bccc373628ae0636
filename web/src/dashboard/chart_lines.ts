// A panel's series as lines of a chart: on one time grid, with their axes.
import type { PanelLine, PanelScale } from '../charts/panel_options';
import { gridOf } from '../red/fold';
import { asNumber, asObject, asText } from './json';
import { isHiddenBy } from './field_config';
import type { FieldConfig } from './model';
import type { Ask } from './queries';
import type { ShownSeries } from './shown';
import { isBinaryUnit, formatValue } from './units';

/** More lines than this say nothing to the eye; the legend says how many there are. */
export const mostLines = 200;

export interface ChartLines {
  /** Unix seconds. */
  times: number[];
  lines: PanelLine[];
  scales: PanelScale[];
}

/** All moments of the range at which a value may stand: gaps stay gaps. */
function timesOf(series: ShownSeries[], asks: Ask[]): number[] {
  const all = new Set<number>();
  const spans = asks.filter((ask) => !ask.instant);
  for (const { window, stepMs } of spans) {
    for (const seconds of gridOf(window.fromMs / 1000, window.toMs / 1000, stepMs / 1000)) all.add(Math.round(seconds * 1000));
  }
  for (const { times } of series) for (const ms of times) all.add(ms);
  return [...all].sort((a, b) => a - b);
}

function onTimes(one: ShownSeries, index: Map<number, number>, length: number): (number | null)[] {
  const column = new Array<number | null>(length).fill(null);
  one.times.forEach((ms, i) => {
    const at = index.get(ms);
    const value = one.values[i];
    if (at !== undefined && value !== null && value !== undefined && Number.isFinite(value)) column[at] = value;
  });
  return column;
}

function lineOf(one: ShownSeries, values: (number | null)[], label: string): PanelLine {
  const custom = one.config.custom;
  const style = asText(custom.drawStyle, 'line');
  const stacking = asObject(custom.stacking);
  const mode = asText(stacking.mode, 'none');
  const shape = asText(custom.lineInterpolation, 'linear');
  const width = asNumber(custom.lineWidth) ?? 1;
  const fill = (asNumber(custom.fillOpacity) ?? 0) / 100;
  const dash = asObject(custom.lineStyle);
  return {
    label,
    color: one.color,
    values,
    draw: style === 'bars' ? 'bars' : style === 'points' ? 'points' : 'line',
    shape: shape === 'smooth' || shape === 'stepBefore' || shape === 'stepAfter' ? shape : 'linear',
    width: width === 1 ? 1.5 : width,
    fill: Math.min(1, Math.max(0, fill)),
    points: asText(custom.showPoints) === 'always',
    dash: asText(dash.fill) === 'dash' ? [8, 6] : asText(dash.fill) === 'dot' ? [2, 5] : undefined,
    stack: mode === 'normal' || mode === 'percent' ? asText(stacking.group, 'A') : '',
    percent: mode === 'percent',
    negative: asText(custom.transform) === 'negative-Y',
    spanGaps: custom.spanNulls === true || (asNumber(custom.spanNulls) ?? 0) > 0,
    scale: scaleKey(one.config),
  };
}

/** Fields of one unit and side share an axis. */
function scaleKey({ unit, custom }: FieldConfig): string {
  const side = asText(custom.axisPlacement, 'auto');
  return `y:${unit}:${side === 'right' ? 'right' : 'auto'}`;
}

function scaleOf(config: FieldConfig, isFirst: boolean, isPercent: boolean): PanelScale {
  const { custom, unit, decimals } = config;
  const placement = asText(custom.axisPlacement, 'auto');
  const distribution = asObject(custom.scaleDistribution);
  const isLog = distribution.type === 'log';
  return {
    key: scaleKey(config),
    side: placement === 'right' ? 'right' : placement === 'left' ? 'left' : isFirst ? 'left' : 'right',
    format: isPercent ? (value) => `${Number((value * 100).toFixed(1))}%` : (value) => axisText(value, unit, decimals),
    label: asText(custom.axisLabel),
    min: config.min,
    max: config.max,
    softMin: asNumber(custom.axisSoftMin),
    softMax: asNumber(custom.axisSoftMax),
    log: isLog ? (asNumber(distribution.log) === 2 ? 2 : 10) : 0,
    isBinary: isBinaryUnit(unit),
  };
}

/** A rate's axis is labelled with numbers alone; decimals of the field are for its values. */
function axisText(value: number, unit: string, decimals: number | undefined): string {
  const text = formatValue(value, unit, decimals !== undefined && decimals < 2 && Math.abs(value) < 1 ? undefined : decimals);
  return text.replace(/ (req|ops|io|evt|msg|rec|rows|rd|wr|c)\/s$/, '');
}

export function chartLines(series: ShownSeries[], asks: Ask[]): ChartLines {
  const shown = series.filter(({ config }) => !isHiddenBy(config, 'viz')).slice(0, mostLines);
  const moments = timesOf(shown, asks);
  const index = new Map(moments.map((ms, i) => [ms, i]));
  const lines = shown.map((one) => lineOf(one, onTimes(one, index, moments.length), one.name));
  const scales = new Map<string, PanelScale>();
  shown.forEach(({ config }, i) => {
    const key = scaleKey(config);
    if (!scales.has(key)) scales.set(key, scaleOf(config, scales.size === 0, lines[i]!.percent));
  });
  const isEmpty = scales.size === 0;
  return { times: moments.map((ms) => ms / 1000), lines, scales: isEmpty ? [] : [...scales.values()] };
}
