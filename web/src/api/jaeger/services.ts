// GET /jaeger/api/services: the services that have sent spans.
import { getJson } from '../client';
import type { JaegerEnvelope } from './trace';

export type TraceServicesResponse = JaegerEnvelope<string[]>;

export async function traceServices(signal?: AbortSignal): Promise<string[]> {
  return ((await getJson<TraceServicesResponse>('/jaeger/api/services', {}, signal)).data ?? []).toSorted();
}
