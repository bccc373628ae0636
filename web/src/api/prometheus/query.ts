// GET /api/v1/query: the value of an expression at one moment.
import { getEnvelope, type LabelSet, type PrometheusEnvelope } from './envelope';

/** [unix seconds, value as text]. */
export type SamplePair = [number, string];

export interface NativeHistogram {
  count: string;
  sum: string;
}

export interface VectorEntry {
  metric: LabelSet;
  value?: SamplePair;
  histogram?: [number, NativeHistogram];
}

export type QueryResponse =
  | { resultType: 'vector'; result: VectorEntry[] }
  | { resultType: 'matrix'; result: { metric: LabelSet; values?: SamplePair[] }[] }
  | { resultType: 'scalar'; result: SamplePair }
  | { resultType: 'string'; result: SamplePair };

export function queryInstant(
  query: string,
  timeMs: number,
  signal?: AbortSignal,
): Promise<PrometheusEnvelope<QueryResponse>> {
  return getEnvelope('/api/v1/query', { query, time: timeMs / 1000 }, signal);
}
