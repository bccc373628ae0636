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
