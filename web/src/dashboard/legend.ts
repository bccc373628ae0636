// Names of series: a legend format, or what tells the series of one query apart.
import type { LabelSet } from '../api/prometheus/envelope';

/** name{label="value", …}, as Prometheus writes it. */
export function fullName(metric: LabelSet): string {
  const { __name__: name = '', ...labels } = metric;
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(', ')}}`;
}

/** `{{label}}` is the label's value, and nothing where the series has no such label. */
export function formatLegend(format: string, metric: LabelSet): string {
  return format.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label: string) => metric[label] ?? '');
}

function autoNames(metrics: LabelSet[], expr: string): string[] {
  const labels = [...new Set(metrics.flatMap((metric) => Object.keys(metric)))];
  const differing = labels.filter((label) => metrics.some((metric) => metric[label] !== metrics[0]?.[label]));
  const telling = differing.length > 0 ? differing : labels.filter((label) => label !== '__name__');
  return metrics.map((metric) => {
    if (telling.length === 1) return metric[telling[0]!] || fullName(metric) || expr;
    return fullName(Object.fromEntries(telling.filter((label) => metric[label] !== undefined).map((label) => [label, metric[label]!]))) || fullName(metric) || expr;
  });
}

/** The names of a query's series, in their order. */
export function legendNames(format: string, metrics: LabelSet[], expr: string): string[] {
  if (format === '__auto') return autoNames(metrics, expr);
  if (format === '') return metrics.map((metric) => fullName(metric) || expr);
  return metrics.map((metric) => formatLegend(format, metric));
}
