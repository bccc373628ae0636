// Turns answers of Prometheus's API into rows a service and columns a moment.
import type { LabelSet } from '../api/prometheus/envelope';
import type { VectorEntry } from '../api/prometheus/query';
import type { MatrixEntry } from '../api/prometheus/query_range';
import { isError, serviceOf } from './red_source';

export interface ServiceRow {
  name: string;
  /** Requests a second; null where no metric tells. */
  rate: number | null;
  /** Failed share of the requests, 0 to 1. */
  errorRatio: number | null;
  p50: number | null;
  p95: number | null;
  p99: number | null;
  rateTrend: (number | null)[];
  errorTrend: (number | null)[];
  p95Trend: (number | null)[];
  hasTraces: boolean;
  hasLogs: boolean;
  /** Pharos itself, as it scrapes its own metrics. */
  isOwn: boolean;
}

export interface SourceAnswer {
  requests: MatrixEntry[];
  p95: MatrixEntry[];
  p50Now: VectorEntry[];
  p99Now: VectorEntry[];
  unitsPerSecond: number;
  isOwn?: boolean;
}

/** The moments, in unix seconds, of a range query. */
export function gridOf(startSeconds: number, endSeconds: number, step: number): number[] {
  const count = Math.floor((endSeconds - startSeconds) / step + 1e-6) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => startSeconds + i * step);
}

/** Values of one series on the grid; null where it has none or NaN. */
export function onGrid(entry: MatrixEntry, grid: number[]): (number | null)[] {
  const column: (number | null)[] = grid.map(() => null);
  const step = grid.length > 1 ? grid[1]! - grid[0]! : 1;
  for (const [time, text] of entry.values ?? []) {
    const index = Math.round((time - grid[0]!) / step);
    const value = Number(text);
    if (index >= 0 && index < column.length && !Number.isNaN(value)) column[index] = value;
  }
  return column;
}

/** Sums columns moment by moment; null only where all are null. */
export function sumColumns(columns: (number | null)[][], length: number): (number | null)[] {
  return Array.from({ length }, (_, i) => {
    let sum: number | null = null;
    for (const column of columns) {
      const value = column[i];
      if (value !== null && value !== undefined) sum = (sum ?? 0) + value;
    }
    return sum;
  });
}

export function ratioColumn(part: (number | null)[], whole: (number | null)[]): (number | null)[] {
  return whole.map((value, i) => (value === null ? null : value === 0 ? 0 : (part[i] ?? 0) / value));
}

export function lastValue(column: (number | null)[]): number | null {
  // The very last moment may not be scraped yet.
  for (let i = column.length - 1; i >= 0 && i >= column.length - 3; --i) {
    if (column[i] !== null) return column[i]!;
  }
  return null;
}

export function groupBy<T>(items: T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

function instantOf(entries: VectorEntry[], name: string, unitsPerSecond: number): number | null {
  const text = entries.find((entry) => serviceOf(entry.metric) === name)?.value?.[1];
  const value = text === undefined ? NaN : Number(text);
  return Number.isNaN(value) ? null : value / unitsPerSecond;
}

const nameOf = (entry: { metric: LabelSet }) => serviceOf(entry.metric);

/** One row a service that any signal knows; a service counted by two sources is taken from the first. */
export function foldServices(
  answers: SourceAnswer[],
  grid: number[],
  known: { traces: string[]; logs: string[] },
): ServiceRow[] {
  const rows = new Map<string, ServiceRow>();
  for (const answer of answers) {
    const p95 = groupBy(answer.p95, nameOf);
    for (const [name, entries] of groupBy(answer.requests, nameOf)) {
      if (rows.has(name)) continue;
      const rateTrend = sumColumns(entries.map((entry) => onGrid(entry, grid)), grid.length);
      const failed = entries.filter((entry) => isError(entry.metric)).map((entry) => onGrid(entry, grid));
      const errorTrend = ratioColumn(sumColumns(failed, grid.length), rateTrend);
      const latency = p95.get(name)?.[0];
      const p95Trend = latency
        ? onGrid(latency, grid).map((value) => (value === null ? null : value / answer.unitsPerSecond))
        : [];
      rows.set(name, {
        ...emptyRow(name),
        isOwn: answer.isOwn ?? false,
        rate: lastValue(rateTrend),
        errorRatio: lastValue(errorTrend),
        p50: instantOf(answer.p50Now, name, answer.unitsPerSecond),
        p95: lastValue(p95Trend),
        p99: instantOf(answer.p99Now, name, answer.unitsPerSecond),
        rateTrend,
        errorTrend,
        p95Trend,
      });
    }
  }
  for (const [signal, names] of [['hasTraces', known.traces], ['hasLogs', known.logs]] as const) {
    for (const name of names) {
      const row = rows.get(name) ?? emptyRow(name);
      rows.set(name, { ...row, [signal]: true });
    }
  }
  return [...rows.values()];
}

function emptyRow(name: string): ServiceRow {
  const none = { rate: null, errorRatio: null, p50: null, p95: null, p99: null };
  return { name, ...none, rateTrend: [], errorTrend: [], p95Trend: [], hasTraces: false, hasLogs: false, isOwn: false };
}
