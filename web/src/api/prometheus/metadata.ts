// GET /api/v1/metadata: type and help text of metrics.
import { getEnvelope } from './envelope';

export type MetadataResponse = Record<string, { type: string; help: string; unit?: string }[]>;

export async function metadata(signal?: AbortSignal): Promise<MetadataResponse> {
  return (await getEnvelope<MetadataResponse>('/api/v1/metadata', { limit: 10_000 }, signal)).data;
}
