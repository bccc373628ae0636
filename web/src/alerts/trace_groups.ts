// Failed traces that failed at the same place in the same words, counted: the most common cause stands first.
import type { JaegerTrace } from '../api/jaeger/trace';
import { summarize, type TraceSummary } from '../trace/summary';
import { shapeOf } from './line_groups';

export interface TraceGroup {
  /** The one to open: the newest of those that failed alike. */
  trace: TraceSummary;
  count: number;
  /** What was called, most often first. */
  operations: string[];
}

/** Traces without a failure stay alone, after those that failed. */
export function groupTraces(traces: JaegerTrace[], most: number): TraceGroup[] {
  const groups = new Map<string, TraceSummary[]>();
  for (const trace of traces) {
    const found = summarize(trace);
    const { failure } = found;
    const key = failure ? JSON.stringify([failure.service, shapeOf(failure.operation), shapeOf(failure.message)]) : found.id;
    groups.set(key, [...(groups.get(key) ?? []), found]);
  }
  const merged = [...groups.values()].map((same) => {
    const newestFirst = same.toSorted((a, b) => b.startMicros - a.startMicros);
    return { trace: newestFirst[0]!, count: same.length, operations: byFrequency(same.map((trace) => trace.rootOperation)) };
  });
  const failures = (group: TraceGroup) => (group.trace.failure ? group.count : 0);
  return merged.toSorted((a, b) => failures(b) - failures(a) || bySlowness(a.trace, b.trace)).slice(0, most);
}

/** Each on its own, the slowest first. */
export function slowestTraces(traces: JaegerTrace[], most: number): TraceGroup[] {
  return traces.map(summarize).toSorted(bySlowness).slice(0, most).map((trace) => ({ trace, count: 1, operations: [trace.rootOperation] }));
}

const bySlowness = (a: TraceSummary, b: TraceSummary) => b.durationMicros - a.durationMicros;

function byFrequency(names: string[]): string[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([name]) => name);
}
