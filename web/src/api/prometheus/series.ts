// GET /api/v1/series: the label sets of matching series.
import { getEnvelope, type LabelSet } from './envelope';

export type SeriesResponse = LabelSet[];

export async function series(matches: string[], signal?: AbortSignal): Promise<SeriesResponse> {
  return (await getEnvelope<SeriesResponse>('/api/v1/series', { 'match[]': matches, limit: 10_000 }, signal)).data;
}
