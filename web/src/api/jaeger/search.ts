// GET /jaeger/api/traces: traces of a service that match.
import { getJson } from '../client';
import type { TimeWindow } from '../../time_range';
import type { JaegerEnvelope, JaegerTrace } from './trace';

export type TraceSearchResponse = JaegerEnvelope<JaegerTrace[]>;

export interface TraceSearch {
  service: string;
  operation?: string;
  /** Tag name to value; all must match. */
  tags?: Record<string, string>;
  minDuration?: string;
  maxDuration?: string;
  window: TimeWindow;
  limit: number;
}

export async function searchTraces(search: TraceSearch, signal?: AbortSignal): Promise<JaegerTrace[]> {
  const hasTags = search.tags && Object.keys(search.tags).length > 0;
  const params = {
    service: search.service,
    operation: search.operation,
    tags: hasTags ? JSON.stringify(search.tags) : undefined,
    minDuration: search.minDuration,
    maxDuration: search.maxDuration,
    start: Math.floor(search.window.fromMs) * 1000,
    end: Math.ceil(search.window.toMs) * 1000,
    limit: search.limit,
  };
  return (await getJson<TraceSearchResponse>('/jaeger/api/traces', params, signal)).data ?? [];
}

/** So many ids keep a request's address below what servers take. */
const idsARequest = 50;

/** GET /jaeger/api/traces?traceID=: the traces with these ids; one that is gone is left out. */
export async function tracesByIds(ids: string[], signal?: AbortSignal): Promise<JaegerTrace[]> {
  const groups = Array.from({ length: Math.ceil(ids.length / idsARequest) }, (_, i) =>
    ids.slice(i * idsARequest, (i + 1) * idsARequest),
  );
  const answers = await Promise.all(
    groups.map((traceID) => getJson<TraceSearchResponse>('/jaeger/api/traces', { traceID }, signal)),
  );
  return answers.flatMap((answer) => answer.data ?? []);
}
