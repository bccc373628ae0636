// GET /api/v1/query_range: an expression at every step of a time range.
import { getEnvelope, type LabelSet, type PrometheusEnvelope } from './envelope';
import type { NativeHistogram, SamplePair } from './query';
import type { TimeWindow } from '../../time_range';

export interface MatrixEntry {
  metric: LabelSet;
  values?: SamplePair[];
  histograms?: [number, NativeHistogram][];
}

export interface QueryRangeResponse {
  resultType: 'matrix';
  result: MatrixEntry[];
}

export function queryRange(
  query: string,
  window: TimeWindow,
  stepSeconds: number,
  signal?: AbortSignal,
): Promise<PrometheusEnvelope<QueryRangeResponse>> {
  const params = { query, start: window.fromMs / 1000, end: window.toMs / 1000, step: stepSeconds };
  return getEnvelope('/api/v1/query_range', params, signal);
}
