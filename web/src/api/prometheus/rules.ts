// GET /api/v1/rules: the rule groups, with the health of each rule and the alerts of each alerting rule.
import type { PrometheusAlert } from './alerts';
import { getEnvelope, type LabelSet } from './envelope';

interface RuleBase {
  name: string;
  query: string;
  labels?: LabelSet | null;
  health: 'ok' | 'err' | 'unknown';
  lastError?: string;
  /** Seconds. */
  evaluationTime: number;
  /** RFC 3339; the year 1 before the first evaluation. */
  lastEvaluation: string;
}

export interface AlertingRule extends RuleBase {
  type: 'alerting';
  state: 'inactive' | 'pending' | 'firing' | 'unknown';
  /** Seconds of `for`. */
  duration: number;
  /** Seconds of `keep_firing_for`. */
  keepFiringFor?: number;
  annotations?: LabelSet | null;
  alerts?: PrometheusAlert[] | null;
}

export interface RecordingRule extends RuleBase {
  type: 'recording';
}

export type Rule = AlertingRule | RecordingRule;

export interface RuleGroup {
  name: string;
  file: string;
  /** Seconds. */
  interval: number;
  rules: Rule[];
  evaluationTime?: number;
  lastEvaluation?: string;
}

/** All rules, or only the alerting rules with these names. */
export async function listRules(names: string[] = [], signal?: AbortSignal): Promise<RuleGroup[]> {
  const params = names.length > 0 ? { type: 'alert', 'rule_name[]': names } : {};
  return (await getEnvelope<{ groups: RuleGroup[] | null }>('/api/v1/rules', params, signal)).data.groups ?? [];
}
