// GET /loki/api/v1/labels: the label names of log streams in a time range.
import { getJson } from '../client';
import type { TimeWindow } from '../../time_range';
import { toNanos } from './query_range';

export interface LogLabelsResponse {
  status: string;
  data?: string[];
}

export async function logLabels(window: TimeWindow, signal?: AbortSignal): Promise<string[]> {
  const params = { start: toNanos(window.fromMs), end: toNanos(window.toMs) };
  return (await getJson<LogLabelsResponse>('/loki/api/v1/labels', params, signal)).data ?? [];
}
