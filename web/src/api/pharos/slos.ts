// GET /pharos/api/v1/slos: each objective with its budget, its burn rates and its alerts.
import { getEnvelope } from '../prometheus/envelope';

export interface SloAlert {
  name: string;
  severity: 'page' | 'ticket';
  longWindow: string;
  shortWindow: string;
  /** The burn rate at which it fires. */
  factor: number;
  state: 'inactive' | 'pending' | 'firing';
  /** RFC 3339; nothing while inactive. */
  activeAt?: string | null;
}

export interface Slo {
  name: string;
  service: string;
  /** Share of good events, 0 to 1. */
  objective: number;
  /** Slower than this is not good; null where only errors count. */
  latencySeconds: number | null;
  windowSeconds: number;
  /** Share of good events in the window; null without events. */
  sli: number | null;
  /** 1 is untouched, 0 is spent, below 0 is overspent; null without events. */
  budgetRemaining: number | null;
  /** Window ("5m") to burn rate: 1 spends the budget exactly over the window. */
  burnRates: Record<string, number | null>;
  alerts: SloAlert[];
  /** Why it cannot be measured; empty while it is. */
  error: string;
  queries: { errorRatio: string; total: string };
}

export async function listSlos(signal?: AbortSignal): Promise<Slo[]> {
  return (await getEnvelope<Slo[] | null>('/pharos/api/v1/slos', {}, signal)).data ?? [];
}
