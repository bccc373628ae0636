// On the first screen: what fires now, since when, and the trace to click.
import { Skeleton } from '@mantine/core';
import { useMemo } from 'react';
import { DeliveryNote, SeverityBadge } from '../../alerts/alert_badges';
import { arrangeAnnotations, evidenceOf, logsTarget, tracesTarget, type Evidence } from '../../alerts/alert_links';
import { indexRules, ruleOf, splitRows, tellingLabels, type AlertRow } from '../../alerts/alert_rows';
import { sinceWords } from '../../alerts/duration_words';
import { useAlertingRuleCount, useAlerts, useRulesNamed, type AlertsAnswer } from '../../alerts/use_alerts';
import { useTraceEvidence } from '../../alerts/use_evidence';
import { useClock } from '../../clock';
import { formatDateTime, formatMicros } from '../../format';
import { AlertIcon, BellIcon, CheckIcon, LogsIcon, TracesIcon } from '../../icons';
import { ViewLink } from '../../navigation';
import { causeWords, type TraceSummary } from '../../trace/summary';
import { emptyViews } from '../../url_state';
import styles from './firing_strip.module.css';

const mostRows = 4;
/** So many show what most of them fail of. */
const mostTraces = 30;

export function FiringStrip({ isQuietHidden }: { isQuietHidden: boolean }) {
  const { data, error, isPending } = useAlerts();
  if (isPending) return isQuietHidden ? null : <Skeleton h={40} />;
  if (!data) {
    return (
      <div className={`panel ${styles.line}`} role="alert">
        <AlertIcon className="error-text" /> <span>The alerts could not be read: {error?.message}</span>
      </div>
    );
  }
  const { firing } = splitRows(data.rows);
  if (firing.length > 0) return <Firing rows={firing} answer={data} />;
  if (isQuietHidden || !(data.hasRules || data.hasNotifications)) return null;
  return <Quiet answer={data} />;
}

/** What does not shout: pending and held alerts, as words. */
function asideOf(rows: AlertRow[]): string {
  const { pending, held } = splitRows(rows);
  return [pending.length > 0 && `${pending.length} pending`, held.length > 0 && `${held.length} silenced or held back`].filter(Boolean).join(' · ');
}

function Quiet({ answer }: { answer: AlertsAnswer }) {
  const aside = asideOf(answer.rows);
  // Silence means something only where something watches.
  const isBlind = useAlertingRuleCount().data === 0;
  return (
    <div className={`panel ${styles.line}`} data-testid="firing" data-value={0}>
      {isBlind ? <BellIcon className="faint" /> : <CheckIcon style={{ color: 'var(--ok)' }} />}
      <span>{isBlind ? 'No alerting rules are loaded' : 'No alert fires'}</span>
      {aside && <span className="faint">{aside}</span>}
      <span className="grow" />
      <ViewLink to={emptyViews.alerts}>{isBlind ? 'How to write one' : 'All rules'}</ViewLink>
    </div>
  );
}

function Firing({ rows, answer }: { rows: AlertRow[]; answer: AlertsAnswer }) {
  const shown = rows.slice(0, mostRows);
  const { data: groups } = useRulesNamed(shown.filter((row) => !row.isForeign).map((row) => row.name));
  const index = useMemo(() => indexRules(groups ?? []), [groups]);
  const aside = asideOf(answer.rows);
  return (
    <section className={`panel ${styles.firing}`} data-testid="firing" data-value={rows.length} aria-label="Firing alerts">
      <ul className={styles.list}>
        {shown.map((row) => (
          <Item key={row.key} row={row} query={ruleOf(row, index)?.rule.query ?? ''} answer={answer} />
        ))}
      </ul>
      {(rows.length > mostRows || aside) && (
        <div className={styles.more}>
          <ViewLink to={emptyViews.alerts}>{rows.length > mostRows ? `All ${rows.length} firing alerts` : 'All alerts'}</ViewLink>
          {aside && <span className="faint">{aside}</span>}
        </div>
      )}
    </section>
  );
}

function Item({ row, query, answer }: { row: AlertRow; query: string; answer: AlertsAnswer }) {
  const { askedMs } = useClock();
  const evidence = evidenceOf(row, query, askedMs);
  const finds = useTraceEvidence(evidence, mostTraces).data;
  // Without a service and without an expression, any trace would be one by chance.
  const isAnywhere = evidence.service === null && query === '';
  const trace = isAnywhere ? undefined : finds?.groups[0]?.trace;
  const cause = trace && finds?.isExact ? causeWords(trace) : '';
  const { summary } = arrangeAnnotations(row.annotations);
  const where = tellingLabels(row.labels).map(([name, value]) => `${name}=${value}`).join('  ');
  return (
    <li data-severity={row.severity} data-alert={row.key}>
      <SeverityBadge severity={row.severity} text={row.severityText} />
      <ViewLink className={styles.name} to={{ ...emptyViews.alerts, alert: row.key }}>
        {row.name}
      </ViewLink>
      <span className={styles.summary}>
        <span className="truncate" title={`${summary}\n${where}`}>
          {summary || <span className="code">{where}</span>}
        </span>
        {trace && cause && (
          <ViewLink className={`truncate error-text ${styles.cause}`} to={{ page: 'trace', id: trace.id, span: '' }} data-cause title={`Most of its failed traces: ${cause}`}>
            {cause}
          </ViewLink>
        )}
      </span>
      <span className={styles.delivery}>
        <DeliveryNote row={row} hasNotifications={answer.hasNotifications && !answer.deliveryError} />
      </span>
      <span className={`num ${styles.since}`} title={row.sinceMs === null ? undefined : `since ${formatDateTime(row.sinceMs)}`}>
        {sinceWords(row.sinceMs, answer.askedMs)}
      </span>
      {isAnywhere ? <span className={styles.links} /> : <Links evidence={evidence} trace={trace} isExact={finds?.isExact ?? false} />}
    </li>
  );
}

/** The trace itself where one is found, else the search for it. */
function Links({ evidence, trace, isExact }: { evidence: Evidence; trace: TraceSummary | undefined; isExact: boolean }) {
  const search = tracesTarget(evidence);
  const logs = logsTarget(evidence);
  return (
    <span className={styles.links}>
      {trace ? (
        <ViewLink to={{ page: 'trace', id: trace.id, span: '' }} data-trace={trace.id} title={`${trace.rootService} ${trace.rootOperation}`}>
          <TracesIcon size={14} /> {isExact ? 'Trace' : 'Slowest trace'} <span className="faint num">{formatMicros(trace.durationMicros)}</span>
        </ViewLink>
      ) : (
        <ViewLink to={search.view} range={search.range}>
          <TracesIcon size={14} /> Traces
        </ViewLink>
      )}
      <ViewLink to={logs.view} range={logs.range}>
        <LogsIcon size={14} /> Logs
      </ViewLink>
    </span>
  );
}
