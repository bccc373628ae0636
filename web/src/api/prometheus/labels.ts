// GET /api/v1/labels: the label names in use, optionally of matching series only.
import { getEnvelope } from './envelope';

export type LabelsResponse = string[];

export async function labelNames(matches: string[], signal?: AbortSignal): Promise<LabelsResponse> {
  return (await getEnvelope<LabelsResponse>('/api/v1/labels', { 'match[]': matches }, signal)).data;
}
