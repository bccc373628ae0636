// What every endpoint of the Prometheus HTTP API wraps its data in.
import { ApiError, getJson, type Params } from '../client';

export interface PrometheusEnvelope<T> {
  status: 'success' | 'error';
  data: T;
  errorType?: string;
  error?: string;
  warnings?: string[];
  infos?: string[];
}

export type LabelSet = Record<string, string>;

/** GETs an endpoint and unwraps its envelope. */
export async function getEnvelope<T>(path: string, params: Params, signal?: AbortSignal): Promise<PrometheusEnvelope<T>> {
  const envelope = await getJson<PrometheusEnvelope<T>>(path, params, signal);
  if (envelope.status !== 'success') {
    throw new ApiError('bad_request', envelope.error ?? 'The query failed without a reason.', 200);
  }
  return envelope;
}
