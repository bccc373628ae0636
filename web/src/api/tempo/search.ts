// GET /tempo/api/search: the traces in which a span matches a TraceQL query, newest first.
import type { TimeWindow } from '../../time_range';
import { getJson } from '../client';

export interface TempoSearchResponse {
  /** The ids may lack leading zeros. */
  traces?: { traceID: string }[] | null;
}

export async function searchTraceIds(
  query: string,
  window: TimeWindow,
  limit: number,
  signal?: AbortSignal,
): Promise<string[]> {
  const params = {
    q: query,
    start: Math.floor(window.fromMs / 1000),
    end: Math.ceil(window.toMs / 1000),
    limit,
    spss: 1,
  };
  const { traces } = await getJson<TempoSearchResponse>('/tempo/api/search', params, signal);
  return (traces ?? []).map((trace) => trace.traceID.padStart(32, '0'));
}
