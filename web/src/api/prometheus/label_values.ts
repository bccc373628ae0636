// GET /api/v1/label/NAME/values: the values of a label, optionally of matching series only.
import { getEnvelope } from './envelope';

export type LabelValuesResponse = string[];

export async function labelValues(
  name: string,
  options: { matches?: string[]; fromMs?: number; toMs?: number },
  signal?: AbortSignal,
): Promise<LabelValuesResponse> {
  const params = {
    'match[]': options.matches ?? [],
    start: options.fromMs === undefined ? undefined : options.fromMs / 1000,
    end: options.toMs === undefined ? undefined : options.toMs / 1000,
  };
  const path = `/api/v1/label/${encodeURIComponent(name)}/values`;
  return (await getEnvelope<LabelValuesResponse>(path, params, signal)).data;
}
