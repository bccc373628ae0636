// What fires now, what is about to, and all rules: from an alert to its cause.
import { TextInput } from '@mantine/core';
import { useMemo, type ReactNode } from 'react';
import { findRow, indexRules, splitRows, type AlertRow } from '../../alerts/alert_rows';
import { filterGroups, filterRows } from '../../alerts/filter_alerts';
import { useAlerts, useRules, type AlertsAnswer } from '../../alerts/use_alerts';
import type { RuleGroup } from '../../api/prometheus/rules';
import { useClock } from '../../clock';
import { EmptyState, ErrorState, RowsSkeleton, StaleNote } from '../../components/states';
import { BellIcon, CheckIcon, SearchIcon } from '../../icons';
import { goTo } from '../../navigation';
import type { AlertsView } from '../../url_state';
import { AlertList } from './alert_list';
import { LoopTabs } from './loop_tabs';
import { NoRules, NoRuleEngine } from './no_rules';
import { RuleGroups } from './rule_groups';
import styles from './alerts_page.module.css';

const noGroups: RuleGroup[] = [];

export default function AlertsPage({ view }: { view: AlertsView }) {
  const { refreshNow } = useClock();
  const alerts = useAlerts();
  const rules = useRules();
  const groups = rules.data ?? noGroups;
  return (
    <div className="page">
      <div className="page-head">
        <h1>Alerts</h1>
        {alerts.data && isWatched(alerts.data.rows, groups) && <Summary rows={alerts.data.rows} />}
        <span className="grow" />
        <LoopTabs current={view.tab} />
        <Filter view={view} />
      </div>
      {alerts.data && <StaleNote error={alerts.error ?? (rules.data ? rules.error : null)} />}
      {alerts.data && <DeliveryNotes answer={alerts.data} />}
      {view.tab === 'alerts' && <Alerts view={view} answer={alerts} groups={groups} onRetry={refreshNow} />}
      <Rules view={view} groups={rules.data} error={rules.error} isPending={rules.isPending} hidesError={view.tab === 'alerts' && !alerts.data} onRetry={refreshNow} />
    </div>
  );
}

/** Quiet means something only where something watches. */
function isWatched(rows: AlertRow[], groups: RuleGroup[]): boolean {
  return rows.length > 0 || groups.some((group) => group.rules.some((rule) => rule.type === 'alerting'));
}

function Summary({ rows }: { rows: AlertRow[] }) {
  const { firing, pending, held } = splitRows(rows);
  return (
    <span className="faint num" data-testid="alert-count" data-firing={firing.length + held.length} data-pending={pending.length}>
      {firing.length > 0 ? <span className="error-text">{firing.length} firing</span> : 'none fires'}
      {pending.length > 0 && ` · ${pending.length} pending`}
      {held.length > 0 && ` · ${held.length} held back`}
    </span>
  );
}

function Filter({ view }: { view: AlertsView }) {
  return (
    <TextInput
      size="xs"
      className={styles.filter}
      placeholder='Word, or route="/pay"'
      aria-label="Filter alerts and rules"
      leftSection={<SearchIcon size={14} />}
      value={view.filter}
      onChange={(event) => goTo({ view: { ...view, filter: event.currentTarget.value } }, true)}
    />
  );
}

function DeliveryNotes({ answer }: { answer: AlertsAnswer }) {
  if (answer.deliveryError) return <p className={styles.note}>Who was told, and what is silenced, could not be read: {answer.deliveryError.message}</p>;
  if (answer.hasNotifications || answer.rows.length === 0) return null;
  return <p className={styles.note}>This server sends no notifications: nobody is told of these alerts, and none can be silenced. Give it an alertmanager.yml.</p>;
}

interface AlertsProps {
  view: AlertsView;
  answer: { data: AlertsAnswer | undefined; error: Error | null; isPending: boolean };
  groups: RuleGroup[];
  onRetry: () => void;
}

function Alerts({ view, answer, groups, onRetry }: AlertsProps) {
  const { data, error, isPending } = answer;
  const index = useMemo(() => indexRules(groups), [groups]);
  if (isPending) return <Panel><RowsSkeleton rows={4} height={18} /></Panel>;
  if (!data) return <Panel>{error && <ErrorState title="The alerts could not be read" error={error} onRetry={onRetry} />}</Panel>;
  const kept = filterRows(data.rows, view.filter);
  const open = findRow(data.rows, view.alert);
  // The alert that a link names is shown whatever the filter says.
  const rows = open && !kept.includes(open) ? [open, ...kept] : kept;
  const shared = { view, open, rules: index, answer: data };
  const { firing, pending, held } = splitRows(rows);
  return (
    <>
      {view.alert !== '' && !open && <Gone view={view} />}
      {firing.length > 0 && <AlertList {...shared} title="Firing" rows={firing} />}
      {firing.length === 0 && isWatched(data.rows, groups) && <Calm isFiltered={splitRows(data.rows).firing.length > 0} />}
      {pending.length > 0 && <AlertList {...shared} title="Pending" rows={pending} />}
      {held.length > 0 && <AlertList {...shared} title="Silenced or held back" rows={held} />}
    </>
  );
}

function Panel({ children }: { children: ReactNode }) {
  return <section className="panel">{children}</section>;
}

function Gone({ view }: { view: AlertsView }) {
  return (
    <p className={styles.note} role="status">
      The alert of this link fires no more ({view.alert.length > 80 ? `${view.alert.slice(0, 80)}…` : view.alert}).{' '}
      <button type="button" className={styles.plain} onClick={() => goTo({ view: { ...view, alert: '' } })}>
        Show all alerts
      </button>
    </p>
  );
}

function Calm({ isFiltered }: { isFiltered: boolean }) {
  return (
    <section className={`panel ${styles.calm}`} role="status">
      {isFiltered ? <SearchIcon /> : <CheckIcon style={{ color: 'var(--ok)' }} />}
      {isFiltered ? 'No firing alert matches the filter.' : 'No alert fires.'}
    </section>
  );
}

interface RulesProps {
  view: AlertsView;
  groups: RuleGroup[] | null | undefined;
  error: Error | null;
  isPending: boolean;
  hidesError: boolean;
  onRetry: () => void;
}

function Rules({ view, groups, error, isPending, hidesError, onRetry }: RulesProps) {
  const type = view.tab === 'recording' ? 'recording' : 'alerting';
  if (isPending) return <Panel><RowsSkeleton rows={6} height={14} /></Panel>;
  if (groups === undefined) {
    return error && !hidesError ? <Panel><ErrorState title="The rules could not be read" error={error} onRetry={onRetry} /></Panel> : null;
  }
  if (groups === null) return <Panel><NoRuleEngine /></Panel>;
  if (groups.every((group) => group.rules.every((rule) => rule.type !== type))) return <Panel><NoRules type={type} /></Panel>;
  const kept = filterGroups(groups, type, view.filter);
  if (kept.length === 0) {
    return (
      <Panel>
        <EmptyState title="No rule matches the filter" icon={<BellIcon size={22} />}>
          Clear it to see them all.
        </EmptyState>
      </Panel>
    );
  }
  return <RuleGroups groups={kept} type={type} />;
}

