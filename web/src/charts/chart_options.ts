// uPlot's options for our charts, from plain values: no DOM, no React.
import type uPlot from 'uplot';
import { formatUnit, type Unit } from '../format';
import { valueRange, type ChartSeries } from './chart_data';

export type ChartKind = 'line' | 'area' | 'bars';

export interface ChartLook {
  text: string;
  grid: string;
  font: string;
}

export interface ChartRequest {
  series: ChartSeries[];
  hidden: ReadonlySet<string>;
  kind: ChartKind;
  stacked: boolean;
  unit: Unit;
  width: number;
  height: number;
  /** Unix seconds: both ends of the time axis. */
  range: [number, number];
  look: ChartLook;
  /** Charts with one key move their crosshairs together. */
  syncKey?: string | undefined;
  /** Draws bars; uPlot's own, handed in so that this file needs no uPlot. */
  bars?: uPlot.Series.PathBuilder | undefined;
  colorOf: (color: string) => string;
}

export function chartOptions(request: ChartRequest): uPlot.Options {
  const { look, unit, range } = request;
  const axis = { stroke: look.text, font: look.font, ticks: { show: false }, border: { show: false } };
  return {
    width: request.width,
    height: request.height,
    padding: [10, 22, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { size: 7 },
      drag: { x: true, y: false, setScale: false },
      ...(request.syncKey ? { sync: { key: request.syncKey, setSeries: false } } : {}),
    },
    scales: {
      x: { time: true, range: () => range },
      y: { range: (_, min, max) => valueRange(min, max) },
    },
    axes: [
      { ...axis, space: 70, size: 26, gap: 4, grid: { show: false }, values: timeTicks },
      {
        ...axis,
        size: (_, values) => axisWidth(values),
        gap: 8,
        space: 36,
        ...(unit === 'bytes' ? { incrs: byteSteps } : {}),
        grid: { stroke: look.grid, width: 1 },
        values: (_, splits) => axisLabels(splits, unit),
      },
    ],
    series: [{}, ...seriesOptions(request)],
  };
}

function seriesOptions({ series, hidden, kind, stacked, bars, colorOf }: ChartRequest): uPlot.Series[] {
  const isFilled = kind === 'area' || stacked;
  return series.map(({ label, color, isThreshold = false, isFaint = false }) => {
    const stroke = colorOf(color);
    const line = { label, show: !hidden.has(label), stroke, spanGaps: false, points: { show: false } };
    if (isThreshold) return { ...line, width: 1.2, dash: [6, 5] };
    if (isFaint) return { ...line, width: 1 };
    const base: uPlot.Series = { ...line, width: 1.5 };
    if (kind === 'bars') return { ...base, ...(bars ? { paths: bars } : {}), fill: stroke, width: 0 };
    return isFilled ? { ...base, fill: withAlpha(stroke, stacked ? 0.55 : 0.14) } : base;
  });
}

/** Powers of two, so that a scale of bytes reads 16 MiB, 32 MiB and not 19.1 MiB. */
const byteSteps = Array.from({ length: 60 }, (_, power) => 2 ** power);

/** "#rrggbb" with an opacity; any other colour is returned as it is. */
export function withAlpha(color: string, alpha: number): string {
  if (!/^#[0-9a-f]{6}$/i.test(color)) return color;
  return color + Math.round(alpha * 255).toString(16).padStart(2, '0');
}

/** Labels of the value axis: one unit for all, so that they read as a scale. */
export function axisLabels(splits: number[], unit: Unit): string[] {
  return splits.map((split) => (unit === 'rate' ? formatUnit(split, 'none') : formatUnit(split, unit)));
}

function axisWidth(values: string[] | null): number {
  const longest = Math.max(0, ...(values ?? []).map((value) => value.length));
  return Math.max(34, 16 + longest * 6.4);
}

const pad = (value: number) => String(value).padStart(2, '0');

/** 24-hour labels; the day stands where it changes. */
export function timeTicks(_: uPlot, splits: number[], __: number, ___: number, step: number): string[] {
  let day = '';
  return splits.map((split, i) => {
    const date = new Date(split * 1000);
    const today = `${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
    const isNewDay = i > 0 && today !== day;
    day = today;
    if (step >= 86400) return today;
    const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
    if (step < 60) return `${clock}:${pad(date.getSeconds())}`;
    return isNewDay ? `${today} ${clock}` : clock;
  });
}
