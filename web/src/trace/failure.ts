// Where a trace failed first: the error that no other error below it explains.
import type { JaegerSpan, JaegerTrace } from '../api/jaeger/trace';
import { isErrorSpan, tagValue } from './tags';

export interface TraceFailure {
  service: string;
  operation: string;
  /** What the span says of it; empty where it says nothing. */
  message: string;
}

const messageTags = ['exception.message', 'error.message', 'otel.status_description', 'error.type'];

/** Null for a trace without an error. */
export function failureOf(trace: JaegerTrace): TraceFailure | null {
  const failed = trace.spans.filter(isErrorSpan);
  const explained = new Set(failed.map((span) => span.references?.[0]?.spanID));
  const causes = failed.filter((span) => !explained.has(span.spanID));
  const [first] = (causes.length > 0 ? causes : failed).toSorted((a, b) => a.startTime - b.startTime);
  if (!first) return null;
  return {
    service: trace.processes[first.processID]?.serviceName ?? 'unknown',
    operation: first.operationName,
    message: messageIn(first),
  };
}

/** The exception that was recorded says more than the status does. */
function messageIn(span: JaegerSpan): string {
  const places = [...(span.logs ?? []).map((log) => log.fields), span.tags];
  for (const key of messageTags) {
    for (const tags of places) {
      const text = String(tagValue(tags, key) ?? '').trim();
      if (text !== '') return text.split('\n')[0]!;
    }
  }
  return '';
}
