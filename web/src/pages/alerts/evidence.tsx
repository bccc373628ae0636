// What the minutes of an alert hold: the traces that failed or were slow, and the lines that tell of it.
import type { ReactNode } from 'react';
import { logsTarget, tracesTarget, type Evidence } from '../../alerts/alert_links';
import type { LineGroup } from '../../alerts/line_groups';
import type { TraceGroup } from '../../alerts/trace_groups';
import { useLogEvidence, useTraceEvidence } from '../../alerts/use_evidence';
import { RowsSkeleton } from '../../components/states';
import { levelColors, serviceColor } from '../../colors';
import { formatClock, formatMicros } from '../../format';
import { AlertIcon, TracesIcon } from '../../icons';
import { ViewLink, type Target } from '../../navigation';
import { causeWords } from '../../trace/summary';
import type { View } from '../../url_state';
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
  const title = data && !data.isExact && data.groups.length > 0 ? 'Slowest traces' : wanted;
  const isEmpty = data?.groups.length === 0;
  return (
    <Box title={title} all={tracesTarget(data ? { ...evidence, traces: data.view } : evidence)} isPending={isPending} error={error} empty={isEmpty ? 'No trace in these minutes.' : ''}>
      {data?.groups.map((group) => <TraceRow key={group.trace.id} group={group} isCut={data.isCut} />)}
    </Box>
  );
}

/** Failed traces say their common cause; one of them is a click away. */
function TraceRow({ group, isCut }: { group: TraceGroup; isCut: boolean }) {
  const { trace, count, operations } = group;
  const cause = causeWords(trace);
  const called = operations.join(', ');
  const view: View = { page: 'trace', id: trace.id, span: '' };
  const title = [`${trace.rootService} ${called}`, cause].filter(Boolean).join('\n');
  return (
    <li className={cause ? styles.failed : undefined}>
      <span className={`num ${styles.time}`}>{formatClock(trace.startMicros / 1000, false)}</span>
      <span className={styles.dot} style={{ background: serviceColor(trace.rootService) }} />
      <ViewLink className={`truncate ${styles.main}`} to={view} data-trace={trace.id} title={title}>
        <span className="dim">{trace.rootService}</span> {called}
      </ViewLink>
      {count > 1 && (
        <span className={`num ${styles.count}`} title="So many traces failed like this">
          {count}
          {isCut ? '+' : ''}×
        </span>
      )}
      <span className="num dim">{formatMicros(trace.durationMicros)}</span>
      {cause && (
        <ViewLink className={`error-text ${styles.cause}`} to={view} title={title}>
          <AlertIcon size={12} className={styles.mark} /> {cause}
        </ViewLink>
      )}
    </li>
  );
}

function Lines({ evidence }: { evidence: Evidence }) {
  const { data, error, isPending } = useLogEvidence(evidence);
  return (
    <Box title="Lines that tell of failures" all={logsTarget(evidence)} isPending={isPending} error={error} empty={data?.groups.length === 0 ? 'No such line in these minutes.' : ''}>
      {data?.groups.map((group) => <LineRow key={group.latest.key} group={group} isCut={data.isCut} />)}
    </Box>
  );
}

/** `isCut`: there are more lines than were counted. */
function LineRow({ group, isCut }: { group: LineGroup; isCut: boolean }) {
  const { latest, traceId } = group;
  return (
    <li>
      <span className={`num ${styles.time}`}>{formatClock(latest.ms, false)}</span>
      <span className={styles.dot} style={{ background: levelColors[latest.level] }} title={latest.level} />
      <span className={`code truncate ${styles.main}`} title={latest.line}>
        {group.text}
      </span>
      {group.count > 1 && (
        <span className={`num ${styles.count}`} title="So many lines say this">
          {group.count}
          {isCut ? '+' : ''}×
        </span>
      )}
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
