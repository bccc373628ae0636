// GET /api/v1/targets: what is scraped, and how the last scrape went.
import { getEnvelope, type LabelSet } from './envelope';

export interface ActiveTarget {
  labels: LabelSet;
  discoveredLabels: LabelSet;
  scrapePool: string;
  scrapeUrl: string;
  lastError: string;
  /** RFC 3339; the year 1 while it was never scraped. */
  lastScrape: string;
  /** Seconds. */
  lastScrapeDuration: number;
  health: 'up' | 'down' | 'unknown';
  scrapeInterval: string;
  scrapeTimeout: string;
}

export interface TargetsResponse {
  activeTargets: ActiveTarget[];
  droppedTargets: { discoveredLabels: LabelSet }[];
  droppedTargetCounts?: Record<string, number> | null;
}

export async function listTargets(signal?: AbortSignal): Promise<TargetsResponse> {
  return (await getEnvelope<TargetsResponse>('/api/v1/targets', {}, signal)).data;
}
