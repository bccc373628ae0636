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

export interface RuleQuery {
  names?: string[];
  onlyAlerting?: boolean;
  /** The answer is smaller without the alerts of each rule. */
  withoutAlerts?: boolean;
}

export async function listRules(asked: RuleQuery, signal?: AbortSignal): Promise<RuleGroup[]> {
  const params = {
    type: asked.onlyAlerting ? 'alert' : undefined,
    'rule_name[]': asked.names,
    exclude_alerts: asked.withoutAlerts || undefined,
  };
  return (await getEnvelope<{ groups: RuleGroup[] | null }>('/api/v1/rules', params, signal)).data.groups ?? [];
}
