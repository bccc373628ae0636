// Traces as rows: what was called, how long it took, who took part.
import { serviceColor } from '../../colors';
import { formatClock, formatDateTime, formatMicros, plural } from '../../format';
import { AlertIcon } from '../../icons';
import { goTo, ViewLink } from '../../navigation';
import { causeWords, type TraceSummary } from '../../trace/summary';
import styles from './trace_list.module.css';

const shownServices = 4;

export function TraceList({ traces, highlighted }: { traces: TraceSummary[]; highlighted?: string | null }) {
  const longest = Math.max(...traces.map((trace) => trace.durationMicros), 1);
  return (
    <ul className={styles.list} data-testid="traces">
      {traces.map((trace) => (
        <li
          key={trace.id}
          data-errors={trace.errorCount}
          data-highlighted={trace.id === highlighted || undefined}
          onClick={() => goTo({ view: { page: 'trace', id: trace.id, span: '' } })}
        >
          <span className={`num ${styles.time}`} title={formatDateTime(trace.startMicros / 1000, true)}>
            {formatClock(trace.startMicros / 1000)}
          </span>
          <span className={styles.title}>
            <span className={styles.dot} style={{ background: serviceColor(trace.rootService) }} />
            <ViewLink
              to={{ page: 'trace', id: trace.id, span: '' }}
              onClick={(event) => event.stopPropagation()}
              className="truncate"
              data-trace={trace.id}
            >
              <span className={styles.service}>{trace.rootService}</span> {trace.rootOperation}
            </ViewLink>
            {trace.errorCount > 0 && (
              <span className={styles.errors} title={`${plural(trace.errorCount, 'error')}: ${causeWords(trace)}`}>
                <AlertIcon size={13} /> <span className="truncate">{causeWords(trace)}</span>
              </span>
            )}
          </span>
          <span className={styles.services}>
            {trace.services.slice(0, shownServices).map(({ name, spans }) => (
              <span key={name} className={styles.chip} title={`${name}: ${plural(spans, 'span')}`}>
                <span className={styles.dot} style={{ background: serviceColor(name) }} /> {name}
              </span>
            ))}
            {trace.services.length > shownServices && <span className="faint">+{trace.services.length - shownServices}</span>}
          </span>
          <span className={`num faint ${styles.spans}`}>{plural(trace.spanCount, 'span')}</span>
          <span className={styles.duration}>
            <span className={styles.bar} aria-hidden="true">
              <span style={{ width: `${Math.max(1, (trace.durationMicros / longest) * 100)}%` }} />
            </span>
            <span className="num">{formatMicros(trace.durationMicros)}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
