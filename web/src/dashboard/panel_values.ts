// The values that a panel shows, as JSON in the page: tests and scripts compare them with the API's.
import type { LogStream } from '../api/loki/query_range';
import type { Ask } from './queries';
import type { ShownSeries, ShownValue } from './shown';

/** Points of all series together that are written in full; beyond it each series shows its last ones. */
const mostPoints = 4000;
const lastPoints = 20;

interface Written {
  kind: string;
  queries: { refId: string; api: string; expr: string; instant: boolean; start: number; end: number; step: number }[];
  values?: { name: string; refId: string; value: unknown; text: string; color: string }[];
  series?: { name: string; refId: string; labels: Record<string, string>; points: [number, number | null][] }[];
  table?: { columns: string[]; rows: string[][] };
  lines?: number;
  text?: string;
}

/** JSON has no infinities and no NaN: they are written as Prometheus writes them. */
function plain(value: unknown): unknown {
  if (typeof value !== 'number' || Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

export function queriesOf(asks: Ask[]): Written['queries'] {
  return asks.map(({ target, api, expr, instant, window, stepMs }) => ({
    refId: target.refId,
    api,
    expr,
    instant,
    start: window.fromMs / 1000,
    end: window.toMs / 1000,
    step: stepMs / 1000,
  }));
}

export function valuesJson(asks: Ask[], kind: string, values: ShownValue[]): string {
  const written: Written = {
    kind,
    queries: queriesOf(asks),
    values: values.map(({ name, refId, value, text, color }) => ({ name, refId, value: plain(value), text, color })),
  };
  return JSON.stringify(written);
}

export function seriesJson(asks: Ask[], series: ShownSeries[]): string {
  const total = series.reduce((sum, one) => sum + one.values.length, 0);
  const written: Written = {
    kind: 'timeseries',
    queries: queriesOf(asks),
    series: series.map(({ name, refId, labels, times, values }) => {
      const first = total > mostPoints ? Math.max(0, values.length - lastPoints) : 0;
      return { name, refId, labels, points: times.slice(first).map((ms, i) => [ms / 1000, plain(values[first + i] ?? null) as number | null]) };
    }),
  };
  return JSON.stringify(written);
}

export function tableJson(asks: Ask[], columns: string[], rows: string[][]): string {
  return JSON.stringify({ kind: 'table', queries: queriesOf(asks), table: { columns, rows: rows.slice(0, 1000) } } satisfies Written);
}

export function logsJson(asks: Ask[], streams: LogStream[]): string {
  return JSON.stringify({ kind: 'logs', queries: queriesOf(asks), lines: streams.reduce((sum, { values }) => sum + values.length, 0) } satisfies Written);
}
