// GET /alertmanager/api/v2/alerts: what has reached the notifications, and what becomes of it.
import { getJson } from '../client';
import type { LabelSet } from '../prometheus/envelope';

export interface DeliveredAlert {
  labels: LabelSet;
  annotations: LabelSet;
  /** 16 hex digits. */
  fingerprint: string;
  /** RFC 3339. */
  startsAt: string;
  endsAt: string;
  updatedAt: string;
  generatorURL?: string;
  receivers: { name: string }[];
  status: {
    state: 'active' | 'suppressed' | 'unprocessed';
    /** Ids of silences. */
    silencedBy: string[] | null;
    /** Fingerprints of alerts. */
    inhibitedBy: string[] | null;
    /** Names of time intervals. */
    mutedBy?: string[] | null;
  };
}

export function listDeliveredAlerts(signal?: AbortSignal): Promise<DeliveredAlert[]> {
  return getJson<DeliveredAlert[]>('/alertmanager/api/v2/alerts', {}, signal);
}
