// A trace at a glance: duration, spans, services with their share of the time that was waited for.
import type { ReactNode } from 'react';
import { serviceColor } from '../../colors';
import { formatMicros, formatPercent, plural } from '../../format';
import type { CriticalPart } from '../../trace/critical_path';
import type { TraceSummary } from '../../trace/summary';
import type { TraceTree } from '../../trace/tree';
import { criticalShare } from './critical_share';
import styles from './trace_page.module.css';

interface TraceSummaryProps {
  tree: TraceTree;
  summary: TraceSummary;
  critical: CriticalPart[];
}

export function TraceSummaryPanel({ tree, summary, critical }: TraceSummaryProps) {
  const depth = tree.nodes.reduce((most, node) => Math.max(most, node.depth + 1), 0);
  const { services, slowest } = criticalShare(tree, critical);
  return (
    <section className={`panel ${styles.summary}`}>
      <Figure name="Duration" testId="trace-duration" value={summary.durationMicros}>
        {formatMicros(summary.durationMicros)}
      </Figure>
      <Figure name="Spans" testId="span-count" value={summary.spanCount}>
        {summary.spanCount.toLocaleString('en-US')}
      </Figure>
      <Figure name="Errors">
        <span className={summary.errorCount > 0 ? 'error-text' : ''}>{summary.errorCount}</span>
      </Figure>
      <Figure name="Services">{summary.services.length}</Figure>
      <Figure name="Depth">{depth}</Figure>
      <div className={styles.path}>
        <div className={styles.figureName}>
          Critical path
          {slowest && (
            <span className={styles.slowest}>
              {' '}
              · most in <b>{slowest.name}</b>, {formatMicros(slowest.micros)}
            </span>
          )}
        </div>
        <div className={styles.shares} role="img" aria-label={services.map(({ name, share }) => `${name} ${formatPercent(share)}`).join(', ')}>
          {services.map(({ name, share }) => (
            <span key={name} style={{ width: `${share * 100}%`, background: serviceColor(name) }} title={`${name}: ${formatPercent(share)}`} />
          ))}
        </div>
        <div className={styles.shareNames}>
          {services.slice(0, 6).map(({ name, share }) => {
            const spans = summary.services.find((service) => service.name === name)?.spans ?? 0;
            return (
              <span key={name} className="row" style={{ gap: 6 }} title={plural(spans, 'span')}>
                <span className={styles.dot} style={{ background: serviceColor(name) }} />
                {name} <span className="faint num">{formatPercent(share)}</span>
              </span>
            );
          })}
        </div>
      </div>
    </section>
  );
}

interface FigureProps {
  name: string;
  testId?: string;
  value?: number;
  children: ReactNode;
}

function Figure({ name, testId, value, children }: FigureProps) {
  return (
    <div className={styles.figure}>
      <div className={styles.figureName}>{name}</div>
      <div className={`num ${styles.figureValue}`} data-testid={testId} data-value={value}>
        {children}
      </div>
    </div>
  );
}
