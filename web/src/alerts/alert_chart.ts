// The lines of an alert's graph: its own series, the others of its expression behind them, and the
// thresholds.
import type { LabelSet } from '../api/prometheus/envelope';
import type { MatrixEntry } from '../api/prometheus/query_range';
import type { ChartSeries } from '../charts/chart_data';
import { seriesColor } from '../colors';
import { formatUnit, type Unit } from '../format';
import { shortNames } from '../pages/metrics/metric_series';
import { onGrid } from '../red/fold';
import type { ThresholdPart } from './threshold';

export interface PartAnswer {
  part: ThresholdPart;
  entries: MatrixEntry[];
  /** Of the expression that it is compared with. */
  against: MatrixEntry[];
}

/** More than these are noise behind the alert's own. */
const mostFaint = 30;

/** A series belongs to the alert when its labels are among the alert's. */
function isOwn(metric: LabelSet, labels: LabelSet): boolean {
  return Object.entries(metric).every(([name, value]) => name === '__name__' || labels[name] === value);
}

export function alertChart(answers: PartAnswer[], times: number[], labels: LabelSet, unit: Unit): ChartSeries[] {
  const own: ChartSeries[] = [];
  const faint: ChartSeries[] = [];
  for (const { part, entries } of answers) {
    const name = partName(part, answers);
    const names = entries.length === 1 ? [name] : shortNames(entries.map((entry) => entry.metric)).map((text) => (answers.length > 1 ? `${name} ${text}` : text));
    const hasOwn = entries.some((entry) => isOwn(entry.metric, labels));
    entries.forEach((entry, i) => {
      const values = onGrid(entry, times);
      const label = names[i]!;
      if (!hasOwn || isOwn(entry.metric, labels)) own.push({ label, color: seriesColor(own.length), values });
      else if (faint.length < mostFaint) faint.push({ label, color: 'var(--border-strong)', values, isFaint: true });
    });
  }
  return [...own.slice(0, mostFaint), ...faint, ...thresholds(answers, times, labels, unit)];
}

function thresholds(answers: PartAnswer[], times: number[], labels: LabelSet, unit: Unit): ChartSeries[] {
  const lines = new Map<string, ChartSeries>();
  for (const { part, against } of answers) {
    if (part.threshold !== null && Number.isFinite(part.threshold)) {
      const label = `fires ${part.comparison} ${formatUnit(part.threshold, unit)}`;
      lines.set(label, { label, color: 'var(--error)', values: times.map(() => part.threshold), isThreshold: true });
    }
    const other = against.find((entry) => isOwn(entry.metric, labels)) ?? against[0];
    if (other) lines.set(part.against!, { label: part.against!, color: 'var(--error)', values: onGrid(other, times), isThreshold: true });
  }
  return [...lines.values()];
}

/** What tells the parts apart: their look-back, else a number. */
function partName(part: ThresholdPart, answers: PartAnswer[]): string {
  if (answers.length === 1) return 'value';
  const rangeOf = ({ expr }: ThresholdPart) => /\[(\w+)[\]:]/.exec(expr)?.[1] ?? /:\w*?rate(\d+[smhdw])\b/.exec(expr)?.[1];
  const range = rangeOf(part);
  const isOnly = answers.filter((other) => rangeOf(other.part) === range).length === 1;
  return range && isOnly ? `over ${range}` : `value ${answers.findIndex((other) => other.part === part) + 1}`;
}
