// One SLO: budget, burn rates against the factors of its alerts, and how the budget was spent.
import { Button } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { SeverityBadge, StateDot } from '../../alerts/alert_badges';
import { severityOf, timeOf } from '../../alerts/alert_rows';
import { durationWords, sinceWords } from '../../alerts/duration_words';
import type { Slo, SloAlert } from '../../api/pharos/slos';
import { useClock } from '../../clock';
import { serviceColor } from '../../colors';
import { formatDateTime } from '../../format';
import { AlertIcon, LogsIcon, TracesIcon } from '../../icons';
import { goTo, ViewLink } from '../../navigation';
import { BudgetBar, budgetText } from '../../slos/budget_bar';
import { formatBurn, formatObjective, gradeOf, secondsLeft } from '../../slos/burn_down';
import { promiseOf, targetsOf } from '../../slos/slo_links';
import { emptyViews } from '../../url_state';
import { BudgetChart } from './budget_chart';
import styles from './slo_card.module.css';

export function SloCard({ slo, isNamed }: { slo: Slo; isNamed: boolean }) {
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    if (isNamed) card.current?.scrollIntoView({ block: 'start' });
  }, [isNamed]);
  return (
    <section ref={card} className={`panel ${styles.card}`} data-slo={slo.name} data-named={isNamed || undefined}>
      <Head slo={slo} />
      {slo.error ? (
        <p className={styles.error} role="alert">
          <AlertIcon size={15} /> <span>{slo.error}</span>
        </p>
      ) : (
        <div className={styles.body}>
          <div className={styles.facts}>
            <Budget slo={slo} />
            <BurnTable slo={slo} />
          </div>
          <BudgetChart slo={slo} />
        </div>
      )}
    </section>
  );
}

function Head({ slo }: { slo: Slo }) {
  const { askedMs } = useClock();
  const { failed, slow, logs, service } = targetsOf(slo, askedMs);
  return (
    <div className={styles.head}>
      <div className={styles.title}>
        <h2>{slo.name}</h2>
        <ViewLink to={service.view} className={styles.service}>
          <span className={styles.dot} style={{ background: serviceColor(slo.service) }} /> {slo.service}
        </ViewLink>
        <span className="dim">{promiseOf(slo)}</span>
      </div>
      <div className={styles.actions}>
        <Button size="xs" variant="default" leftSection={<TracesIcon />} onClick={() => goTo(failed)}>
          Failed traces
        </Button>
        {slow && (
          <Button size="xs" variant="default" leftSection={<TracesIcon />} onClick={() => goTo(slow)}>
            Slow traces
          </Button>
        )}
        <Button size="xs" variant="default" leftSection={<LogsIcon />} onClick={() => goTo(logs)}>
          Logs
        </Button>
      </div>
    </div>
  );
}

function Budget({ slo }: { slo: Slo }) {
  const grade = gradeOf(slo.budgetRemaining);
  const left = secondsLeft(slo.budgetRemaining, slo.burnRates['1h'] ?? null, slo.windowSeconds);
  const isUrgent = left !== null && left < slo.windowSeconds / 4;
  return (
    <div className={styles.budget}>
      <div className={styles.numbers}>
        <span className={styles.big} data-grade={grade} data-testid="budget" data-value={slo.budgetRemaining ?? ''}>
          {grade === 'spent' && <AlertIcon size={18} />} {budgetText(slo.budgetRemaining)}
        </span>
        <span className="dim num" data-testid="sli" data-value={slo.sli ?? ''}>
          {slo.sli === null ? 'nothing measured in the window' : `${formatObjective(slo.sli)} good, ${formatObjective(slo.objective)} promised`}
        </span>
      </div>
      <BudgetBar remaining={slo.budgetRemaining} label={`Error budget of ${slo.name}`} />
      {left !== null && <span className={isUrgent ? 'error-text' : 'faint'}>At the pace of the last hour it is spent in {durationWords(left * 1000)}.</span>}
    </div>
  );
}

function BurnTable({ slo }: { slo: Slo }) {
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th>Alert</th>
          <th>Burn rate, long and short window</th>
          <th className={styles.number}>Fires above</th>
          <th>State</th>
        </tr>
      </thead>
      <tbody>
        {slo.alerts.map((alert) => (
          <BurnRow key={`${alert.longWindow} ${alert.severity}`} alert={alert} rates={slo.burnRates} />
        ))}
      </tbody>
    </table>
  );
}

function BurnRow({ alert, rates }: { alert: SloAlert; rates: Slo['burnRates'] }) {
  const { askedMs } = useClock();
  const since = timeOf(alert.activeAt);
  return (
    <tr data-burn={alert.longWindow}>
      <td>
        <SeverityBadge severity={severityOf(alert.severity)} text={alert.severity} />
      </td>
      <td>
        <div className={styles.rates}>
          {[alert.longWindow, alert.shortWindow].map((window) => (
            <Rate key={window} window={window} rate={rates[window] ?? null} factor={alert.factor} />
          ))}
        </div>
      </td>
      <td className={styles.number}>{formatBurn(alert.factor)}</td>
      <td>
        {alert.state === 'inactive' ? (
          <StateDot state="inactive" />
        ) : (
          <ViewLink to={{ ...emptyViews.alerts, filter: alert.name }} title={since === null ? undefined : `since ${formatDateTime(since)}`}>
            <StateDot state={alert.state} /> <span className="faint num">{sinceWords(since, askedMs)}</span>
          </ViewLink>
        )}
      </td>
    </tr>
  );
}

/** The mark on the bar is the factor: what passes it burns too fast. */
function Rate({ window, rate, factor }: { window: string; rate: number | null; factor: number }) {
  const isOver = (rate ?? 0) > factor;
  const share = Math.min(1, (rate ?? 0) / (factor * 1.5));
  return (
    <span className={styles.rate} data-over={isOver || undefined}>
      <span className="faint num">{window}</span>
      <span className={styles.gauge} aria-hidden="true">
        {share > 0 && <span style={{ width: `${share * 100}%` }} />}
      </span>
      <span className={`num ${styles.value}`}>{formatBurn(rate)}</span>
    </span>
  );
}
