// Asks for alerts, rules and silences. The header's count and every page share one answer a moment.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { listDeliveredAlerts } from '../api/alertmanager/alerts';
import { listSilences } from '../api/alertmanager/silences';
import { orMissing } from '../api/client';
import { listAlerts } from '../api/prometheus/alerts';
import { listRules } from '../api/prometheus/rules';
import { useClock } from '../clock';
import { useKept } from '../components/use_kept';
import { useUrlState } from '../navigation';
import { joinAlerts, type AlertRow } from './alert_rows';

export interface AlertsAnswer {
  rows: AlertRow[];
  /** Whether this server evaluates alerting rules at all. */
  hasRules: boolean;
  /** Whether this server sends notifications. */
  hasNotifications: boolean;
  /** Why it is not known what became of the alerts; null while it is. */
  deliveryError: Error | null;
  /** Epoch milliseconds of the answer. */
  askedMs: number;
}

async function askAlerts(signal: AbortSignal): Promise<AlertsAnswer> {
  let deliveryError: Error | null = null;
  const delivery = orMissing(listDeliveredAlerts(signal)).catch((error: Error) => {
    deliveryError = error;
    return null;
  });
  // The alerts stand without the notifications; a failure of the alerts themselves is one.
  const [alerts, delivered] = await Promise.all([orMissing(listAlerts(signal)), delivery]);
  return {
    rows: joinAlerts(alerts ?? [], delivered),
    hasRules: alerts !== null,
    hasNotifications: delivered !== null || deliveryError !== null,
    deliveryError,
    askedMs: Date.now(),
  };
}

export function useAlerts() {
  const { askedMs } = useClock();
  const { refresh } = useUrlState();
  const asked = useQuery({
    queryKey: ['alerts', askedMs],
    queryFn: ({ signal }) => askAlerts(signal),
    placeholderData: keepPreviousData,
    // For the pages whose clock stands still; where it moves, it moves first.
    refetchInterval: refresh > 0 ? refresh * 1500 : false,
  });
  return useKept(asked, 'alerts');
}

/** Null where this server has no rules. */
export function useRules() {
  const { askedMs } = useClock();
  const asked = useQuery({
    queryKey: ['rules', askedMs],
    queryFn: ({ signal }) => orMissing(listRules({}, signal)),
    placeholderData: keepPreviousData,
  });
  return useKept(asked, 'rules');
}

/** The rules with these names only: what a strip of firing alerts needs to know of them. */
export function useRulesNamed(names: string[]) {
  const wanted = [...new Set(names)].toSorted();
  return useQuery({
    queryKey: ['rules-named', wanted],
    queryFn: ({ signal }) => orMissing(listRules({ names: wanted, onlyAlerting: true }, signal)),
    enabled: wanted.length > 0,
    placeholderData: keepPreviousData,
  });
}

/** How many alerting rules watch; asked once a minute. */
export function useAlertingRuleCount() {
  return useQuery({
    queryKey: ['rule-count'],
    queryFn: async ({ signal }) => {
      const groups = (await orMissing(listRules({ onlyAlerting: true, withoutAlerts: true }, signal))) ?? [];
      return groups.reduce((sum, group) => sum + group.rules.filter((rule) => rule.type === 'alerting').length, 0);
    },
    refetchInterval: 60_000,
  });
}

/** Null where this server sends no notifications. */
export function useSilences() {
  const { askedMs } = useClock();
  const asked = useQuery({
    queryKey: ['silences', askedMs],
    queryFn: async ({ signal }) => {
      const silences = await orMissing(listSilences(signal));
      return silences && { silences, askedMs: Date.now() };
    },
    placeholderData: keepPreviousData,
  });
  return useKept(asked, 'silences');
}
