// uPlot's options and columns for a dashboard's chart, from plain values: no DOM, no React.
import type uPlot from 'uplot';
import { withAlpha, timeTicks, type ChartLook } from './chart_options';

export interface PanelLine {
  label: string;
  color: string;
  /** As drawn: on the grid of `times`. */
  values: (number | null)[];
  draw: 'line' | 'bars' | 'points';
  shape: 'linear' | 'smooth' | 'stepBefore' | 'stepAfter';
  width: number;
  /** 0 to 1. */
  fill: number;
  points: boolean;
  dash: number[] | undefined;
  /** Series of one group lie on each other; empty: none. */
  stack: string;
  percent: boolean;
  /** Draws below zero what is above. */
  negative: boolean;
  spanGaps: boolean;
  /** Name of the value axis; one for each unit. */
  scale: string;
}

export interface PanelScale {
  key: string;
  side: 'left' | 'right';
  format: (value: number) => string;
  label: string;
  min: number | undefined;
  max: number | undefined;
  softMin: number | undefined;
  softMax: number | undefined;
  log: 0 | 2 | 10;
  isBinary: boolean;
}

export interface PanelRequest {
  lines: PanelLine[];
  scales: PanelScale[];
  width: number;
  height: number;
  range: () => [number, number];
  look: ChartLook;
  syncKey: string | undefined;
  colorOf: (color: string) => string;
  /** uPlot's own builders, handed in so that this file needs no uPlot. */
  paths: { bars: uPlot.Series.PathBuilder; spline: uPlot.Series.PathBuilder; before: uPlot.Series.PathBuilder; after: uPlot.Series.PathBuilder };
}

/** Values as drawn: turned over, stacked from the first line up (a missing one adds nothing where others are there), shares of the whole. */
export function drawnColumns(lines: PanelLine[]): (number | null)[][] {
  const sums = new Map<string, number[]>();
  const totals = new Map<string, number[]>();
  const isThere = new Map<string, boolean[]>();
  const groupOf = (line: PanelLine) => `${line.stack}\n${line.scale}\n${line.negative}`;
  for (const line of lines) {
    if (line.stack === '') continue;
    const there = isThere.get(groupOf(line));
    isThere.set(groupOf(line), line.values.map((value, i) => value !== null || there?.[i] === true));
    if (!line.percent) continue;
    const total = totals.get(groupOf(line)) ?? line.values.map(() => 0);
    line.values.forEach((value, i) => (total[i]! += Math.abs(value ?? 0)));
    totals.set(groupOf(line), total);
  }
  return lines.map((line) => {
    const sign = line.negative ? -1 : 1;
    if (line.stack === '') return line.values.map((value) => (value === null ? null : sign * value));
    const sum = sums.get(groupOf(line)) ?? line.values.map(() => 0);
    sums.set(groupOf(line), sum);
    const total = totals.get(groupOf(line));
    const there = isThere.get(groupOf(line))!;
    return line.values.map((value, i) => {
      if (!there[i]) return null;
      sum[i]! += total ? (total[i] === 0 ? 0 : (value ?? 0) / total[i]!) : (value ?? 0);
      return sign * sum[i]!;
    });
  });
}

/** From zero where the values come near it, else around them, so that what changes is seen. */
export function autoRange(min: number | null, max: number | null, scale: Pick<PanelScale, 'min' | 'max' | 'softMin' | 'softMax'>, fromZero: boolean): [number, number] {
  let low = min ?? 0;
  let high = max ?? 1;
  if (!Number.isFinite(low) || !Number.isFinite(high)) [low, high] = [0, 1];
  if (fromZero || (low >= 0 && low <= 0.6 * high)) low = Math.min(0, low);
  if (high <= 0 && high >= 0.6 * low) high = 0;
  if (scale.softMin !== undefined) low = Math.min(low, scale.softMin);
  if (scale.softMax !== undefined) high = Math.max(high, scale.softMax);
  if (low === high) [low, high] = low === 0 ? [0, 1] : [low - Math.abs(low) * 0.1, high + Math.abs(high) * 0.1];
  const room = (high - low) * 0.06;
  const bottom = scale.min ?? (low === 0 ? 0 : low - room);
  const top = scale.max ?? (high === 0 ? 0 : high + room);
  return bottom < top ? [bottom, top] : [bottom, bottom + 1];
}

export function panelOptions(request: PanelRequest): uPlot.Options {
  const { look, lines } = request;
  const axis = { stroke: look.text, font: look.font, ticks: { show: false }, border: { show: false } };
  const stacked = new Set(lines.filter((line) => line.stack !== '' || line.draw === 'bars').map((line) => line.scale));
  const scales: uPlot.Scales = { x: { time: true, range: () => request.range() } };
  const axes: uPlot.Axis[] = [{ ...axis, space: 70, size: 24, gap: 4, grid: { show: false }, values: timeTicks }];
  for (const scale of request.scales) {
    const isLog = scale.log > 0;
    scales[scale.key] = isLog
      ? { distr: 3, log: scale.log as 2 | 10 }
      : { range: (chart) => autoRange(...extent(chart, scale.key), scale, stacked.has(scale.key)) };
    axes.push({
      ...axis,
      scale: scale.key,
      side: scale.side === 'left' ? 3 : 1,
      gap: 6,
      space: Math.min(60, Math.max(28, request.height / 9)),
      size: (_, values) => Math.max(30, 14 + Math.max(0, ...(values ?? []).map((value) => (value ?? '').length)) * 6.3),
      ...(scale.isBinary ? { incrs: binarySteps } : {}),
      ...(scale.label ? { label: scale.label, labelSize: 18, labelGap: 0, labelFont: look.font } : {}),
      grid: scale === request.scales[0] ? { stroke: look.grid, width: 1 } : { show: false },
      values: (_, splits) => splits.map((split) => (split === null ? '' : scale.format(split))),
    });
  }
  return {
    width: request.width,
    height: request.height,
    padding: [8, request.scales.some(({ side }) => side === 'right') ? 0 : 12, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { size: 6 },
      drag: { x: true, y: false, setScale: false },
      ...(request.syncKey ? { sync: { key: request.syncKey, setSeries: false } } : {}),
    },
    scales,
    axes,
    series: [{}, ...lines.map((line) => lineOptions(line, request))],
    bands: stackBands(lines),
  };
}

/** Of all values on an axis, also of the one before the window: the line comes from there. */
function extent(chart: uPlot, scale: string): [number | null, number | null] {
  let min: number | null = null;
  let max: number | null = null;
  chart.series.forEach((series, i) => {
    if (i === 0 || series.scale !== scale) return;
    for (const value of chart.data[i] ?? []) {
      if (value === null || value === undefined) continue;
      if (min === null || value < min) min = value;
      if (max === null || value > max) max = value;
    }
  });
  return [min, max];
}

const binarySteps = Array.from({ length: 60 }, (_, power) => 2 ** power);

function lineOptions(line: PanelLine, { colorOf, paths }: PanelRequest): uPlot.Series {
  const stroke = colorOf(line.color);
  const base: uPlot.Series = {
    label: line.label,
    scale: line.scale,
    stroke,
    width: line.draw === 'points' ? 0 : line.width,
    spanGaps: line.spanGaps,
    points: line.points || line.draw === 'points' ? { show: true, size: 5, fill: stroke, stroke } : { show: true, size: 4, fill: stroke, stroke, filter: aloneOnly },
    ...(line.fill > 0 ? { fill: withAlpha(stroke, line.fill) } : {}),
    ...(line.dash ? { dash: line.dash } : {}),
  };
  if (line.draw === 'bars') return { ...base, paths: paths.bars, points: { show: false }, fill: withAlpha(stroke, Math.max(0.3, line.fill)), width: Math.min(1, line.width) };
  if (line.draw === 'points') return { ...base, paths: () => null };
  if (line.shape === 'smooth') return { ...base, paths: paths.spline };
  if (line.shape === 'stepBefore') return { ...base, paths: paths.before };
  return line.shape === 'stepAfter' ? { ...base, paths: paths.after } : base;
}

/** A value with none beside it would not be seen as a line: it gets a point. */
function aloneOnly(chart: uPlot, seriesIdx: number, show: boolean): number[] | null {
  void show;
  const data = chart.data[seriesIdx]!;
  const alone: number[] = [];
  for (let i = 0; i < data.length; ++i) {
    if (data[i] != null && data[i - 1] == null && data[i + 1] == null) alone.push(i);
  }
  return alone;
}

/** Each area of a stack is filled down to the one below it only. */
function stackBands(lines: PanelLine[]): uPlot.Band[] {
  const bands: uPlot.Band[] = [];
  const last = new Map<string, number>();
  lines.forEach((line, i) => {
    if (line.stack === '') return;
    const group = `${line.stack}\n${line.scale}\n${line.negative}`;
    const below = last.get(group);
    if (below !== undefined) bands.push({ series: [i + 1, below + 1], dir: line.negative ? 1 : -1 });
    last.set(group, i);
  });
  return bands;
}
