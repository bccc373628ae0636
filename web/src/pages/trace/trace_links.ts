// From a trace to its logs: the services that took part, the id in the line, the time ± a minute.
import type { Target } from '../../navigation';
import { quote } from '../../red/red_source';
import { absoluteRange } from '../../time_range';
import type { TraceSummary } from '../../trace/summary';
import { emptyViews } from '../../url_state';

const aroundMs = 60_000;

export function logsOfTrace(summary: TraceSummary): Target {
  const names = summary.services.map((service) => service.name);
  const startMs = summary.startMicros / 1000;
  return {
    view: { ...emptyViews.logs, query: `{${serviceMatcher(names)}} |= ${quote(summary.id)}` },
    range: absoluteRange(startMs - aroundMs, startMs + summary.durationMicros / 1000 + aroundMs),
  };
}

export function logsOfSpan(service: string, traceId: string, startMicros: number, durationMicros: number): Target {
  return {
    view: { ...emptyViews.logs, query: `{service_name=${quote(service)}} |= ${quote(traceId)}` },
    range: absoluteRange(startMicros / 1000 - aroundMs, (startMicros + durationMicros) / 1000 + aroundMs),
  };
}

/** One service is matched by name, several by a pattern of their names. */
export function serviceMatcher(names: string[]): string {
  if (names.length === 1) return `service_name=${quote(names[0]!)}`;
  const pattern = names.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
  return `service_name=~${quote(pattern)}`;
}
