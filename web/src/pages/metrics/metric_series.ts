// Answers of the query API as chart series and table rows.
import type { LabelSet } from '../../api/prometheus/envelope';
import type { QueryResponse } from '../../api/prometheus/query';
import type { MatrixEntry } from '../../api/prometheus/query_range';
import type { ChartSeries } from '../../charts/chart_data';
import { seriesColor } from '../../colors';
import type { Unit } from '../../format';
import { onGrid } from '../../red/fold';

/** As Prometheus writes it: name{label="value", …}. */
export function seriesName(metric: LabelSet): string {
  const { __name__: name = '', ...labels } = metric;
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  if (pairs.length === 0) return name || '{}';
  return `${name}{${pairs.join(', ')}}`;
}

/** Shorter names where all series share labels: what differs is what tells. */
export function shortNames(metrics: LabelSet[]): string[] {
  if (metrics.length < 2) return metrics.map(seriesName);
  const isShared = (label: string, value: string) => metrics.every((metric) => metric[label] === value);
  const short = metrics.map((metric) =>
    seriesName(Object.fromEntries(Object.entries(metric).filter(([label, value]) => !isShared(label, value)))),
  );
  return new Set(short).size === metrics.length && !short.includes('{}') ? short : metrics.map(seriesName);
}

/** More lines than this say nothing to the eye; the table shows all. */
export const mostChartSeries = 100;

export function toChartSeries(entries: MatrixEntry[], grid: number[], firstColor: number): ChartSeries[] {
  const shown = entries.slice(0, mostChartSeries);
  const names = shortNames(shown.map((entry) => entry.metric));
  return shown.map((entry, i) => ({
    label: names[i]!,
    color: seriesColor(firstColor + i),
    values: onGrid(entry, grid),
  }));
}

export interface TableRow {
  metric: LabelSet;
  value: string;
}

export function toTableRows(data: QueryResponse): TableRow[] {
  switch (data.resultType) {
    case 'scalar':
    case 'string':
      return [{ metric: {}, value: data.result[1] }];
    case 'matrix':
      return data.result.map(({ metric, values }) => ({ metric, value: `${values?.length ?? 0} samples` }));
    case 'vector':
      return data.result.map(({ metric, value, histogram }) => ({
        metric,
        value: value ? value[1] : `histogram: count ${histogram?.[1].count ?? '?'}, sum ${histogram?.[1].sum ?? '?'}`,
      }));
  }
}

/** Label names of the rows, the metric's name first. */
export function tableColumns(rows: TableRow[]): string[] {
  const names = new Set(rows.flatMap((row) => Object.keys(row.metric)));
  return [...names].toSorted((a, b) => Number(b === '__name__') - Number(a === '__name__') || a.localeCompare(b));
}

/** The unit that an expression's names promise; none where they do not. */
export function guessUnit(query: string): Unit {
  if (/\/(?!\s*\d)/.test(query.replace(/"[^"]*"/g, ''))) return 'none';
  const isRate = /\b(i?rate|irate|deriv)\s*\(/.test(query);
  if (/histogram_quantile\s*\(/.test(query)) return /_seconds/.test(query) ? 'seconds' : 'none';
  if (/_requests_total|_requests_count/.test(query)) return isRate ? 'rate' : 'none';
  if (/_(count|bucket)\b/.test(query)) return 'none';
  if (/_bytes(_total)?\b/.test(query)) return 'bytes';
  if (/_seconds\b/.test(query) && !isRate) return 'seconds';
  return 'none';
}
