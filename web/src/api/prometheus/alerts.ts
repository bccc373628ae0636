// GET /api/v1/alerts: the alerts that are pending or firing now.
import { getEnvelope, type LabelSet } from './envelope';

export interface PrometheusAlert {
  labels: LabelSet;
  annotations: LabelSet;
  state: 'pending' | 'firing' | 'inactive';
  /** RFC 3339. */
  activeAt?: string;
  /** RFC 3339; only while `keep_firing_for` holds it. */
  keepFiringSince?: string;
  /** The number as text, "1.2e-02". */
  value: string;
}

export async function listAlerts(signal?: AbortSignal): Promise<PrometheusAlert[]> {
  return (await getEnvelope<{ alerts: PrometheusAlert[] | null }>('/api/v1/alerts', {}, signal)).data.alerts ?? [];
}
