// GET /loki/api/v1/query: the value of a metric query over logs at one moment.
import { ApiError, getJson } from '../client';
import { toNanos, type LogQueryData, type LogQueryResponse } from './query_range';

export async function logQueryInstant(query: string, timeMs: number, signal?: AbortSignal): Promise<LogQueryData> {
  const response = await getJson<LogQueryResponse>('/loki/api/v1/query', { query, time: toNanos(timeMs) }, signal);
  if (response.status !== 'success' || !response.data) throw new ApiError('bad_answer', 'The log query gave no result.');
  return response.data;
}
