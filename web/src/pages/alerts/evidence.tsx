// What the minutes of an alert hold: the traces that failed or were slow, and the lines that tell of it.
import type { ReactNode } from 'react';
import { logsTarget, tracesTarget, type Evidence } from '../../alerts/alert_links';
import { useLogEvidence, useTraceEvidence } from '../../alerts/use_evidence';
import { RowsSkeleton } from '../../components/states';
import { levelColors, serviceColor } from '../../colors';
import { formatClock, formatMicros } from '../../format';
import { AlertIcon, TracesIcon } from '../../icons';
import { fieldsOf, messageOf, traceIdOf } from '../../logs/log_fields';
import type { LogEntry } from '../../logs/log_entry';
import { ViewLink, type Target } from '../../navigation';
import type { TraceSummary } from '../../trace/summary';
import styles from './evidence.module.css';

export function EvidenceOf({ evidence }: { evidence: Evidence }) {
  return (
    <div className={styles.both}>
      <Traces evidence={evidence} />
      <Lines evidence={evidence} />
    </div>
  );
}

function Traces({ evidence }: { evidence: Evidence }) {
  const { data, error, isPending } = useTraceEvidence(evidence);
  const wanted = evidence.traces.errorsOnly ? 'Failed traces' : 'Slow traces';
  const title = data && !data.isExact && data.traces.length > 0 ? 'Slowest traces' : wanted;
  const isEmpty = data?.traces.length === 0;
  return (
    <Box title={title} all={tracesTarget(evidence)} isPending={isPending} error={error} empty={isEmpty ? 'No trace in these minutes.' : ''}>
      {data?.traces.map((trace) => <TraceRow key={trace.id} trace={trace} />)}
    </Box>
  );
}

function TraceRow({ trace }: { trace: TraceSummary }) {
  return (
    <li>
      <span className={`num ${styles.time}`}>{formatClock(trace.startMicros / 1000, false)}</span>
      <span className={styles.dot} style={{ background: serviceColor(trace.rootService) }} />
      <ViewLink className={`truncate ${styles.main}`} to={{ page: 'trace', id: trace.id, span: '' }} data-trace={trace.id}>
        <span className="dim">{trace.rootService}</span> {trace.rootOperation}
      </ViewLink>
      {trace.errorCount > 0 && <AlertIcon size={13} className="error-text" />}
      <span className="num dim">{formatMicros(trace.durationMicros)}</span>
    </li>
  );
}

function Lines({ evidence }: { evidence: Evidence }) {
  const { data, error, isPending } = useLogEvidence(evidence);
  return (
    <Box title="Lines that tell of failures" all={logsTarget(evidence)} isPending={isPending} error={error} empty={data?.length === 0 ? 'No such line in these minutes.' : ''}>
      {data?.map((entry) => <LineRow key={entry.key} entry={entry} />)}
    </Box>
  );
}

function LineRow({ entry }: { entry: LogEntry }) {
  const fields = fieldsOf(entry.line);
  const message = messageOf(fields);
  const reason = fields.find((field) => /^(error|err|exception|reason|exception_message)$/i.test(field.name))?.value ?? '';
  const text = message ? [message, reason].filter(Boolean).join(': ') : entry.line;
  const traceId = traceIdOf(entry.labels, entry.line);
  return (
    <li>
      <span className={`num ${styles.time}`}>{formatClock(entry.ms, false)}</span>
      <span className={styles.dot} style={{ background: levelColors[entry.level] }} title={entry.level} />
      <span className={`code truncate ${styles.main}`} title={entry.line}>
        {text}
      </span>
      {traceId && (
        <ViewLink className={styles.trace} to={{ page: 'trace', id: traceId, span: '' }} aria-label="The trace of this line" title="The trace of this line">
          <TracesIcon size={14} />
        </ViewLink>
      )}
    </li>
  );
}

interface BoxProps {
  title: string;
  all: Target;
  isPending: boolean;
  error: Error | null;
  empty: string;
  children: ReactNode;
}

function Box({ title, all, isPending, error, empty, children }: BoxProps) {
  return (
    <div className={styles.box}>
      <div className={styles.head}>
        {title}
        <span className="grow" />
        <ViewLink to={all.view} range={all.range}>
          All
        </ViewLink>
      </div>
      {isPending && <RowsSkeleton rows={3} />}
      {error && !isPending && <p className={styles.none}>They could not be read: {error.message}</p>}
      {!error && empty && <p className={styles.none}>{empty}</p>}
      <ul className={styles.list}>{children}</ul>
    </div>
  );
}
