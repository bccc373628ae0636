// The budget over its window: where it fell, something failed.
import { Skeleton } from '@mantine/core';
import { timeOf } from '../../alerts/alert_rows';
import { durationWords } from '../../alerts/duration_words';
import type { Slo } from '../../api/pharos/slos';
import { Chart } from '../../charts/chart';
import type { ChartMark } from '../../charts/chart_data';
import { formatDateTime } from '../../format';
import { goTo } from '../../navigation';
import { burnDown, gradeOf } from '../../slos/burn_down';
import { useBudgetHistory } from '../../slos/use_slos';
import { absoluteRange } from '../../time_range';
import styles from './slo_card.module.css';

const colors = { good: 'var(--ok)', low: 'var(--warn)', spent: 'var(--error)', unknown: 'var(--series-8)' };

export function BudgetChart({ slo }: { slo: Slo }) {
  const { data, error } = useBudgetHistory(slo);
  const values = data && burnDown(data.errorRatio, data.total, slo.objective, slo.budgetRemaining);
  const isEmpty = values?.every((value) => value === null);
  return (
    <div className={styles.chart}>
      <div className={styles.caption}>
        Budget left
        <span className="faint">
          {data?.isYoung ? `since the first request, ${formatDateTime(data.window.fromMs).slice(0, 16)}` : `over ${durationWords(slo.windowSeconds * 1000)}`}
        </span>
      </div>
      {!data && !error && <Skeleton h={190} />}
      {!data && error && <p className="faint">It could not be drawn: {error.message}</p>}
      {isEmpty && <p className="faint">No request was counted in this window.</p>}
      {data && values && !isEmpty && (
        <Chart
          label={`Error budget of ${slo.name} over time`}
          times={data.times}
          series={[{ label: 'budget left', color: colors[gradeOf(slo.budgetRemaining)], values }]}
          window={data.window}
          unit="percent"
          height={190}
          kind="area"
          legend={false}
          marks={marksOf(slo)}
          onZoom={(fromMs, toMs) => goTo({ view: { page: 'service', name: slo.service }, range: absoluteRange(fromMs, toMs) })}
        />
      )}
    </div>
  );
}

/** When the loudest of its alerts began. */
function marksOf(slo: Slo): ChartMark[] {
  const firing = slo.alerts.flatMap((alert) => {
    const atMs = timeOf(alert.activeAt);
    return alert.state === 'firing' && atMs !== null ? [{ atMs, label: alert.severity, color: alert.severity === 'page' ? 'var(--error)' : 'var(--warn)' }] : [];
  });
  return firing.toSorted((a, b) => a.atMs - b.atMs).slice(0, 1);
}
