// A trace in one line of a list.
import type { JaegerTrace } from '../api/jaeger/trace';
import { failureOf, type TraceFailure } from './failure';
import { isErrorSpan } from './tags';

export interface TraceSummary {
  id: string;
  rootService: string;
  rootOperation: string;
  startMicros: number;
  durationMicros: number;
  spanCount: number;
  errorCount: number;
  /** Where and of what it failed first; null if it did not. */
  failure: TraceFailure | null;
  /** Spans a service, most first. */
  services: { name: string; spans: number }[];
}

export function summarize(trace: JaegerTrace): TraceSummary {
  const ids = new Set(trace.spans.map((span) => span.spanID));
  let start = Infinity;
  let end = -Infinity;
  const counts = new Map<string, number>();
  for (const span of trace.spans) {
    start = Math.min(start, span.startTime);
    end = Math.max(end, span.startTime + span.duration);
    const service = trace.processes[span.processID]?.serviceName ?? 'unknown';
    counts.set(service, (counts.get(service) ?? 0) + 1);
  }
  const isRoot = (parent: string | undefined) => parent === undefined || !ids.has(parent);
  const roots = trace.spans.filter((span) => isRoot(span.references?.[0]?.spanID));
  const root = roots.toSorted((a, b) => a.startTime - b.startTime)[0] ?? trace.spans[0];
  return {
    id: trace.traceID,
    rootService: root ? (trace.processes[root.processID]?.serviceName ?? 'unknown') : 'unknown',
    rootOperation: root?.operationName ?? '(no spans)',
    startMicros: Number.isFinite(start) ? start : 0,
    durationMicros: Number.isFinite(start) ? end - start : 0,
    spanCount: trace.spans.length,
    errorCount: trace.spans.filter(isErrorSpan).length,
    failure: failureOf(trace),
    services: [...counts].map(([name, spans]) => ({ name, spans })).toSorted((a, b) => b.spans - a.spans || a.name.localeCompare(b.name)),
  };
}

/** "SELECT products: connection refused"; the service too where it is another than the one that was called. */
export function causeWords({ failure, rootService, rootOperation }: TraceSummary): string {
  if (!failure) return '';
  const isElsewhere = failure.service !== rootService;
  const isBelow = isElsewhere || failure.operation !== rootOperation;
  const place = [isElsewhere && failure.service, isBelow && failure.operation].filter(Boolean).join(' ');
  return [place, failure.message].filter(Boolean).join(': ') || failure.operation;
}
