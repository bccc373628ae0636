// From an SLO to what spent its budget, and what it promises in words.
import type { Slo } from '../api/pharos/slos';
import { timeOf } from '../alerts/alert_rows';
import { durationWords } from '../alerts/duration_words';
import { formatSeconds } from '../format';
import type { Target } from '../navigation';
import { quote } from '../red/red_source';
import { absoluteRange, parseDurationMs } from '../time_range';
import { emptyViews } from '../url_state';
import { formatObjective } from './burn_down';

/** "99.5 % of requests succeed within 300 ms, over 30 days". */
export function promiseOf(slo: Slo): string {
  const within = slo.latencySeconds === null ? '' : ` within ${formatSeconds(slo.latencySeconds)}`;
  return `${formatObjective(slo.objective)} of requests succeed${within}, over ${durationWords(slo.windowSeconds * 1000)}`;
}

const hour = 3_600_000;

/** The minutes in which its loudest alert began, with the alert's long window before; else the last hour. */
export function burnWindow(slo: Slo, nowMs: number): { fromMs: number; toMs: number } {
  const active = slo.alerts.flatMap((alert) => {
    const since = timeOf(alert.activeAt);
    return alert.state === 'inactive' || since === null ? [] : [{ since, lead: Math.min(hour, parseDurationMs(alert.longWindow) ?? hour) }];
  });
  if (active.length === 0) return { fromMs: nowMs - hour, toMs: nowMs };
  const first = active.toSorted((a, b) => a.since - b.since)[0]!;
  return { fromMs: first.since - first.lead, toMs: Math.min(nowMs, first.since + hour / 4) };
}

export interface SloTargets {
  failed: Target;
  /** Null where only errors count. */
  slow: Target | null;
  logs: Target;
  service: Target;
}

export function targetsOf(slo: Slo, nowMs: number): SloTargets {
  const { fromMs, toMs } = burnWindow(slo, nowMs);
  const range = absoluteRange(fromMs, toMs);
  const minDuration = slo.latencySeconds === null ? '' : `${Math.round(slo.latencySeconds * 1000)}ms`;
  const selector = `{service_name=${quote(slo.service)}}`;
  return {
    failed: { view: { ...emptyViews.traces, service: slo.service, errorsOnly: true }, range },
    slow: slo.latencySeconds === null ? null : { view: { ...emptyViews.traces, service: slo.service, minDuration }, range },
    logs: { view: { ...emptyViews.logs, query: `${selector} |~ "(?i)(error|exception|fatal|panic)"` }, range },
    service: { view: { page: 'service', name: slo.service }, range },
  };
}
