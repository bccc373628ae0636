// GET /loki/api/v1/label/NAME/values: the values of a stream label in a time range, optionally of
// matching streams only.
import { getJson } from '../client';
import type { TimeWindow } from '../../time_range';
import { toNanos } from './query_range';

export interface LogLabelValuesResponse {
  status: string;
  data?: string[];
}

export async function logLabelValues(name: string, window: TimeWindow, signal?: AbortSignal, query = ''): Promise<string[]> {
  const params = { start: toNanos(window.fromMs), end: toNanos(window.toMs), query };
  const path = `/loki/api/v1/label/${encodeURIComponent(name)}/values`;
  return (await getJson<LogLabelValuesResponse>(path, params, signal)).data ?? [];
}
