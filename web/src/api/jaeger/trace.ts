// GET /jaeger/api/traces/ID: one trace in Jaeger's JSON; the shapes are shared by the search.
import { ApiError, getJson } from '../client';

export interface JaegerTag {
  key: string;
  type?: string;
  value: string | number | boolean;
}

export interface JaegerLog {
  /** Unix microseconds. */
  timestamp: number;
  fields: JaegerTag[];
}

export interface JaegerReference {
  refType: 'CHILD_OF' | 'FOLLOWS_FROM';
  traceID: string;
  spanID: string;
}

export interface JaegerSpan {
  traceID: string;
  spanID: string;
  operationName: string;
  references?: JaegerReference[] | null;
  /** Unix microseconds. */
  startTime: number;
  /** Microseconds. */
  duration: number;
  tags?: JaegerTag[] | null;
  logs?: JaegerLog[] | null;
  processID: string;
  warnings?: string[] | null;
}

export interface JaegerProcess {
  serviceName: string;
  tags?: JaegerTag[] | null;
}

export interface JaegerTrace {
  traceID: string;
  spans: JaegerSpan[];
  processes: Record<string, JaegerProcess>;
  warnings?: string[] | null;
}

export interface JaegerEnvelope<T> {
  data: T | null;
  total?: number;
  errors?: { code?: number; msg: string; traceID?: string }[] | null;
}

export type TraceResponse = JaegerEnvelope<JaegerTrace[]>;

export async function traceById(id: string, signal?: AbortSignal): Promise<JaegerTrace> {
  const response = await getJson<TraceResponse>(`/jaeger/api/traces/${encodeURIComponent(id)}`, {}, signal);
  const trace = response.data?.[0];
  if (!trace) throw new ApiError('not_found', response.errors?.[0]?.msg ?? 'trace not found', 404);
  return trace;
}
