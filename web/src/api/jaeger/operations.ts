// GET /jaeger/api/services/NAME/operations: the span names of a service.
import { getJson } from '../client';
import type { JaegerEnvelope } from './trace';

export type TraceOperationsResponse = JaegerEnvelope<string[]>;

export async function traceOperations(service: string, signal?: AbortSignal): Promise<string[]> {
  const path = `/jaeger/api/services/${encodeURIComponent(service)}/operations`;
  return ((await getJson<TraceOperationsResponse>(path, {}, signal)).data ?? []).toSorted();
}
