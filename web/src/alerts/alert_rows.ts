// Alerts as the pages show them: Prometheus's, joined by labels with what the notifications know of
// each, and those that only the notifications know.
import type { DeliveredAlert } from '../api/alertmanager/alerts';
import type { PrometheusAlert } from '../api/prometheus/alerts';
import type { LabelSet } from '../api/prometheus/envelope';
import type { AlertingRule, RuleGroup } from '../api/prometheus/rules';
import { groupBy } from '../red/fold';
import { fingerprintOf } from './fingerprint';

export type Severity = 'critical' | 'warning' | 'info' | 'none';

export interface Delivery {
  fingerprint: string;
  receivers: string[];
  /** Ids of silences. */
  silencedBy: string[];
  /** Names of the alerts that hold it back. */
  inhibitedBy: string[];
  /** Names of the time intervals that mute it. */
  mutedBy: string[];
  state: DeliveredAlert['status']['state'];
}

export interface AlertRow {
  /** Fingerprint of the labels. */
  key: string;
  name: string;
  severity: Severity;
  /** The label as it was written. */
  severityText: string;
  state: 'firing' | 'pending';
  labels: LabelSet;
  annotations: LabelSet;
  /** Epoch milliseconds at which its expression began to hold; null if unknown. */
  sinceMs: number | null;
  value: number | null;
  /** Its expression holds no more, `keep_firing_for` does. */
  isKept: boolean;
  /** Null while the notifications do not know it. */
  delivery: Delivery | null;
  /** Only the notifications know it. */
  isForeign: boolean;
  generatorUrl: string;
}

const severities: [RegExp, Severity][] = [
  [/^(critical|crit|page|fatal|emergency|disaster|high|error|p1|sev-?1)$/i, 'critical'],
  [/^(warning|warn|ticket|medium|average|minor|major|p2|p3|sev-?[23])$/i, 'warning'],
  [/^(info|information|notice|low|p4|p5|sev-?[45])$/i, 'info'],
];

export function severityOf(text: string): Severity {
  return severities.find(([pattern]) => pattern.test(text))?.[1] ?? 'none';
}

const order: Record<Severity, number> = { critical: 0, warning: 1, info: 2, none: 3 };

/** Whether someone or something holds its notifications back. */
export function isHeld(row: AlertRow): boolean {
  return row.delivery?.state === 'suppressed';
}

/** What shouts, what is about to, and what something holds back. */
export function splitRows(rows: AlertRow[]): { firing: AlertRow[]; pending: AlertRow[]; held: AlertRow[] } {
  return {
    firing: rows.filter((row) => row.state === 'firing' && !isHeld(row)),
    pending: rows.filter((row) => row.state === 'pending'),
    held: rows.filter((row) => row.state === 'firing' && isHeld(row)),
  };
}

/** Loud ones first, then the worst, then the newest. */
export function compareRows(a: AlertRow, b: AlertRow): number {
  return (
    Number(isHeld(a)) - Number(isHeld(b)) ||
    order[a.severity] - order[b.severity] ||
    (b.sinceMs ?? 0) - (a.sinceMs ?? 0) ||
    a.name.localeCompare(b.name) ||
    a.key.localeCompare(b.key)
  );
}

/** `delivered` is null where no notifications run. */
export function joinAlerts(alerts: PrometheusAlert[], delivered: DeliveredAlert[] | null): AlertRow[] {
  const names = new Map((delivered ?? []).map((alert) => [alert.fingerprint, alert.labels.alertname ?? alert.fingerprint]));
  const open = groupBy(delivered ?? [], (alert) => alert.labels.alertname ?? '');
  const active = alerts.filter((alert) => alert.state !== 'inactive');
  const rows = active.map((alert) => {
    const name = alert.labels.alertname ?? '';
    const match = alert.state === 'firing' ? matchOf(alert.labels, open.get(name) ?? []) : undefined;
    if (match) open.set(name, open.get(name)!.filter((other) => other !== match));
    return ownRow(alert, match ? deliveryOf(match, names) : null);
  });
  const foreign = [...open.values()].flat().map((alert) => foreignRow(alert, deliveryOf(alert, names)));
  return [...rows, ...foreign].toSorted(compareRows);
}

/** The delivered alert with the same labels; external labels may have come to them. */
function matchOf(labels: LabelSet, delivered: DeliveredAlert[]): DeliveredAlert | undefined {
  const wanted = Object.entries(labels);
  const candidates = delivered.filter((alert) => wanted.every(([name, value]) => alert.labels[name] === value));
  return candidates.toSorted((a, b) => Object.keys(a.labels).length - Object.keys(b.labels).length)[0];
}

function deliveryOf(alert: DeliveredAlert, names: Map<string, string>): Delivery {
  const { state, silencedBy, inhibitedBy, mutedBy } = alert.status;
  return {
    fingerprint: alert.fingerprint,
    receivers: alert.receivers.map((receiver) => receiver.name),
    silencedBy: silencedBy ?? [],
    inhibitedBy: [...new Set((inhibitedBy ?? []).map((fingerprint) => names.get(fingerprint) ?? fingerprint))],
    mutedBy: mutedBy ?? [],
    state,
  };
}

function ownRow(alert: PrometheusAlert, delivery: Delivery | null): AlertRow {
  const value = alert.value === '' ? NaN : Number(alert.value.replace('Inf', 'Infinity'));
  return {
    ...commonRow(alert.labels, alert.annotations, alert.activeAt),
    state: alert.state === 'firing' ? 'firing' : 'pending',
    value: Number.isNaN(value) ? null : value,
    isKept: Boolean(alert.keepFiringSince) && timeOf(alert.keepFiringSince) !== null,
    delivery,
    isForeign: false,
    generatorUrl: '',
  };
}

function foreignRow(alert: DeliveredAlert, delivery: Delivery): AlertRow {
  const { labels, annotations, startsAt, generatorURL = '' } = alert;
  const common = commonRow(labels, annotations, startsAt);
  return { ...common, state: 'firing', value: null, isKept: false, delivery, isForeign: true, generatorUrl: generatorURL };
}

function commonRow(labels: LabelSet, annotations: LabelSet, since: string | undefined) {
  const severityText = labels.severity ?? labels.priority ?? '';
  return {
    key: fingerprintOf(labels),
    name: labels.alertname ?? '(no name)',
    severity: severityOf(severityText),
    severityText,
    labels,
    annotations: annotations ?? {},
    sinceMs: timeOf(since),
  };
}

/** Epoch milliseconds; null for nothing and for the year 1. */
export function timeOf(text: string | null | undefined): number | null {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) || ms <= 0 ? null : ms;
}

/** Labels that say where: without the name, the severity, and what Sloth's rules say twice. */
export function tellingLabels(labels: LabelSet): [string, string][] {
  return Object.entries(labels)
    .filter(([name]) => name !== 'alertname' && name !== 'severity' && !(labels.slo && name.startsWith('sloth_')))
    .toSorted(([a], [b]) => a.localeCompare(b));
}

export interface RuleOfAlert {
  rule: AlertingRule;
  group: RuleGroup;
}

export interface RuleIndex {
  /** By the fingerprint of an alert that the rule lists. */
  byAlert: Map<string, RuleOfAlert>;
  byName: Map<string, RuleOfAlert[]>;
}

export function indexRules(groups: RuleGroup[]): RuleIndex {
  const all = groups.flatMap((group) => group.rules.flatMap((rule) => (rule.type === 'alerting' ? [{ rule, group }] : [])));
  const byAlert = new Map(all.flatMap((found) => (found.rule.alerts ?? []).map((alert) => [fingerprintOf(alert.labels), found] as const)));
  return { byAlert, byName: groupBy(all, ({ rule }) => rule.name) };
}

/** The rule that made an alert: the one that lists it, else one of its name whose fixed labels it carries. */
export function ruleOf(row: AlertRow, index: RuleIndex): RuleOfAlert | null {
  const isFixed = (value: string) => !value.includes('{{');
  const agrees = ({ rule }: RuleOfAlert) =>
    Object.entries(rule.labels ?? {}).every(([name, value]) => !isFixed(value) || row.labels[name] === value);
  return index.byAlert.get(row.key) ?? index.byName.get(row.name)?.find(agrees) ?? null;
}

/** The row that a link names: by fingerprint (ours or the notifications'), by `name{labels}`, or by the name alone. */
export function findRow(rows: AlertRow[], wanted: string): AlertRow | null {
  if (wanted === '') return null;
  const text = wanted.trim();
  const exact = rows.find((row) => row.key === text.toLowerCase() || row.delivery?.fingerprint === text.toLowerCase());
  if (exact) return exact;
  const [, name = text, inside = ''] = /^([^{]*)\{([^]*)\}$/.exec(text) ?? [];
  const labels = [...inside.matchAll(/([^\s=,{}]+)\s*=\s*("(?:[^"\\]|\\.)*")/g)].map(([, label, value]) => [label!, unquote(value!)] as const);
  return rows.find((row) => (name === '' || row.name === name) && labels.every(([label, value]) => row.labels[label] === value)) ?? null;
}

function unquote(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.slice(1, -1);
  }
}
