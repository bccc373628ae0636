// From an alert to its cause: which service it is about, which minutes, and what to look for there.
import type { LabelSet } from '../api/prometheus/envelope';
import type { AlertingRule } from '../api/prometheus/rules';
import type { Unit } from '../format';
import type { Target } from '../navigation';
import { guessUnit } from '../pages/metrics/metric_series';
import { quote } from '../red/red_source';
import { absoluteRange, type TimeWindow } from '../time_range';
import { emptyViews, type LogsView, type TracesView } from '../url_state';
import type { AlertRow } from './alert_rows';
import { splitThreshold } from './threshold';

const minute = 60_000;
const serviceLabels = ['service_name', 'service', 'exported_job', 'job'];

/** The service that labels name; else the one that the expression asks for; null where neither tells. */
export function serviceOfAlert(labels: LabelSet, query = ''): string | null {
  const label = serviceLabels.find((name) => labels[name]);
  if (label) return withoutNamespace(label, labels[label]!);
  for (const name of serviceLabels) {
    const asked = new RegExp(`[{,]\\s*${name}\\s*=\\s*("(?:[^"\\\\]|\\\\.)+")`).exec(query);
    if (asked) return withoutNamespace(name, JSON.parse(asked[1]!) as string);
  }
  return null;
}

/** A job of OTLP is namespace/name. */
function withoutNamespace(label: string, value: string): string {
  return label.endsWith('job') ? value.slice(value.lastIndexOf('/') + 1) : value;
}

const routeLabels = ['http_route', 'route', 'handler', 'path', 'uri', 'endpoint'];

/** The route that labels name, as a tag of spans; empty where none does. An `endpoint` may be a port's name. */
export function routeTag(labels: LabelSet): string {
  const label = routeLabels.find((name) => labels[name]?.startsWith('/'));
  return label ? `http.route=${quote(labels[label]!)}` : '';
}

/** The longest look-back of an expression's ranges, in milliseconds. */
export function lookBackMs(query: string): number {
  const unitMs: Record<string, number> = { s: 1e3, m: 60e3, h: 3600e3, d: 86400e3, w: 604800e3 };
  const ranges = [...query.matchAll(/\[(\d+)([smhdw])[\]:]/g)].map(([, amount, unit]) => Number(amount) * unitMs[unit!]!);
  return Math.max(0, ...ranges);
}

/** The minutes in which it began: what made it true lies before it, by the rate's look-back and a little. */
export function onsetWindow(sinceMs: number | null, query: string, nowMs: number): TimeWindow {
  const since = sinceMs ?? nowMs;
  const lead = Math.min(60 * minute, Math.max(5 * minute, lookBackMs(query) + 2 * minute));
  return { fromMs: since - lead, toMs: Math.min(nowMs, since + 15 * minute) };
}

const longestChart = 3 * 24 * 60 * minute;

/** What its graph shows: the calm before it, and what followed. */
export function chartWindow(sinceMs: number | null, forSeconds: number, nowMs: number): TimeWindow {
  const since = sinceMs ?? nowMs;
  const toMs = Math.min(nowMs, since + longestChart);
  const lead = Math.max(15 * minute, forSeconds * 2000, (toMs - since) / 3);
  return { fromMs: since - Math.min(lead, longestChart), toMs };
}

/** What its annotations and its expression say the value is. */
export function unitOfRule(rule: Pick<AlertingRule, 'query' | 'annotations'>): Unit {
  const texts = Object.values(rule.annotations ?? {}).join('\n');
  if (/\$value\s*\|[^}]*humanizePercentage/.test(texts)) return 'percent';
  if (/\$value\s*\|[^}]*humanizeDuration/.test(texts)) return 'seconds';
  if (/\$value\s*\|[^}]*humanize1024/.test(texts)) return 'bytes';
  const [part] = splitThreshold(rule.query);
  const isShare = part?.threshold !== null && part !== undefined && part.threshold > 0 && part.threshold < 1;
  if (isShare && /\/|ratio/.test(part.expr.replace(/"[^"]*"/g, ''))) return 'percent';
  return guessUnit(part?.expr ?? rule.query);
}

/** Whether it is about time that requests take, rather than about failures. */
export function isAboutDuration(name: string, query: string): boolean {
  return /latency|slow|duration/i.test(name) || /histogram_quantile\s*\(/.test(query);
}

export interface Evidence {
  service: string | null;
  window: TimeWindow;
  traces: TracesView;
  logs: LogsView;
}

const failureWords = '|~ "(?i)(error|exception|fatal|panic)"';
const slownessWords = '|~ "(?i)(error|exception|fatal|panic|slow|timeout|deadline|warn)"';

/** What to look at for an alert: traces and lines of its service in the minutes in which it began. */
export function evidenceOf(row: Pick<AlertRow, 'name' | 'labels' | 'sinceMs'>, query: string, nowMs: number): Evidence {
  const service = serviceOfAlert(row.labels, query);
  const isSlow = isAboutDuration(row.name, query);
  const [part] = isSlow ? splitThreshold(query) : [];
  const seconds = part?.threshold ?? 0;
  const minDuration = isSlow && seconds >= 0.001 && seconds <= 3600 ? `${Math.round(seconds * 1000)}ms` : '';
  const selector = service === null ? '{service_name=~".+"}' : `{service_name=${quote(service)}}`;
  return {
    service,
    window: onsetWindow(row.sinceMs, query, nowMs),
    traces: { ...emptyViews.traces, service: service ?? '', tags: routeTag(row.labels), errorsOnly: !isSlow, minDuration },
    logs: { ...emptyViews.logs, query: `${selector} ${isSlow ? slownessWords : failureWords}` },
  };
}

export function tracesTarget({ traces, window }: Evidence): Target {
  return { view: traces, range: absoluteRange(window.fromMs, window.toMs) };
}

export function logsTarget({ logs, window }: Evidence): Target {
  return { view: logs, range: absoluteRange(window.fromMs, window.toMs) };
}

/** The address of a runbook and the like; null for anything that a browser should not open. */
export function linkIn(text: string): string | null {
  return /^https?:\/\/\S+$/i.test(text.trim()) ? text.trim() : null;
}

/** Annotations in the order in which they help: what, why, what to do; the rest by name. */
export function arrangeAnnotations(annotations: LabelSet): { summary: string; description: string; runbook: string | null; others: [string, string][] } {
  const first = (names: string[]) => names.find((name) => annotations[name]);
  const summaryName = first(['summary', 'message', 'title', 'description']);
  const descriptionName = ['description', 'message', 'details'].find((name) => name !== summaryName && annotations[name]);
  const runbookName = Object.keys(annotations).find((name) => /runbook|playbook/i.test(name) && linkIn(annotations[name]!));
  const shown = new Set([summaryName, descriptionName, runbookName]);
  return {
    summary: summaryName ? annotations[summaryName]! : '',
    description: descriptionName ? annotations[descriptionName]! : '',
    runbook: runbookName ? linkIn(annotations[runbookName]!) : null,
    others: Object.entries(annotations).filter(([name, text]) => !shown.has(name) && text !== '').toSorted(([a], [b]) => a.localeCompare(b)),
  };
}
