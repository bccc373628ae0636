// Alerts as rows, each of which opens in its place.
import { useEffect, useRef, useState } from 'react';
import { DeliveryNote, LabelChips, SeverityBadge } from '../../alerts/alert_badges';
import { arrangeAnnotations, unitOfRule } from '../../alerts/alert_links';
import { ruleOf, type AlertRow, type RuleIndex, type RuleOfAlert } from '../../alerts/alert_rows';
import { durationWords, sinceWords } from '../../alerts/duration_words';
import type { AlertsAnswer } from '../../alerts/use_alerts';
import { formatDateTime, formatUnit } from '../../format';
import { ChevronDownIcon, ChevronRightIcon } from '../../icons';
import { ViewLink } from '../../navigation';
import type { AlertsView } from '../../url_state';
import { AlertDetail } from './alert_detail';
import styles from './alert_list.module.css';

/** More rows than this are searched for, not read. */
const mostRows = 200;

interface ListProps {
  title: string;
  rows: AlertRow[];
  open: AlertRow | null;
  view: AlertsView;
  rules: RuleIndex;
  answer: AlertsAnswer;
}

export function AlertList({ title, rows, open, view, rules, answer }: ListProps) {
  return (
    <section className="panel">
      <div className="panel-head">
        {title} <span className="faint num">{rows.length}</span>
      </div>
      <ul className={styles.list} data-testid={`alerts-${title.split(' ')[0]!.toLowerCase()}`}>
        {rows.slice(0, mostRows).map((row) => (
          <Item key={row.key} row={row} isOpen={row === open} view={view} found={ruleOf(row, rules)} answer={answer} />
        ))}
      </ul>
      {rows.length > mostRows && <p className={`faint ${styles.more}`}>The first {mostRows} are shown; the filter finds the others.</p>}
    </section>
  );
}

interface ItemProps {
  row: AlertRow;
  isOpen: boolean;
  view: AlertsView;
  found: RuleOfAlert | null;
  answer: AlertsAnswer;
}

function Item({ row, isOpen, view, found, answer }: ItemProps) {
  const { summary } = arrangeAnnotations(row.annotations);
  const item = useRef<HTMLLIElement>(null);
  // A link to an alert shows it; a click leaves the page where it is.
  const [isLinked] = useState(isOpen);
  useEffect(() => {
    if (isLinked) item.current?.scrollIntoView({ block: 'nearest' });
  }, [isLinked]);
  return (
    <li ref={item} data-severity={row.severity} data-alert={row.key} data-open={isOpen || undefined}>
      <div className={styles.row}>
        <span className={styles.severity}>
          <SeverityBadge severity={row.severity} text={row.severityText} />
        </span>
        <span className={styles.what}>
          <ViewLink className={styles.name} aria-expanded={isOpen} to={{ ...view, alert: isOpen ? '' : row.key }}>
            {row.name}
          </ViewLink>
          {summary && <span className={styles.summary}>{summary}</span>}
          <LabelChips labels={row.labels} most={6} />
        </span>
        <span className={styles.delivery}>
          <DeliveryNote row={row} hasNotifications={answer.hasNotifications && !answer.deliveryError} />
          {row.state === 'pending' && <FiresIn row={row} found={found} nowMs={answer.askedMs} />}
          {row.isKept && <span className="faint">kept firing, holds no more</span>}
          {row.isForeign && <span className="faint">sent from elsewhere</span>}
        </span>
        <span className={`num ${styles.value}`} title={row.value === null ? undefined : String(row.value)}>
          {row.value === null ? '' : formatUnit(row.value, found ? unitOfRule(found.rule) : 'none')}
        </span>
        <span className={`num ${styles.since}`} title={row.sinceMs === null ? undefined : `since ${formatDateTime(row.sinceMs)}`}>
          {sinceWords(row.sinceMs, answer.askedMs)}
        </span>
        <span className={styles.chevron} aria-hidden="true">
          {isOpen ? <ChevronDownIcon /> : <ChevronRightIcon />}
        </span>
      </div>
      {isOpen && <AlertDetail row={row} found={found} hasNotifications={answer.hasNotifications} />}
    </li>
  );
}

/** When a pending alert fires if its expression goes on to hold. */
function FiresIn({ row, found, nowMs }: { row: AlertRow; found: RuleOfAlert | null; nowMs: number }) {
  if (!found || row.sinceMs === null) return null;
  const leftMs = row.sinceMs + found.rule.duration * 1000 - nowMs;
  return <span className="faint">{leftMs > 0 ? `fires in ${durationWords(leftMs)} if it goes on` : 'fires at the next evaluation'}</span>;
}
