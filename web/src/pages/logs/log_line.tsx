// One line: level, time, text with its trace ids as links; opened, its fields.
import { memo, useMemo, type KeyboardEvent } from 'react';
import { levelColors, serviceColor } from '../../colors';
import { formatClock, formatDateTime } from '../../format';
import { ChevronRightIcon } from '../../icons';
import type { LogEntry } from '../../logs/log_entry';
import { fieldsOf, isTraceField, messageOf, splitAtTraceIds, traceIdOf, type LogField } from '../../logs/log_fields';
import { ViewLink } from '../../navigation';
import { absoluteRange } from '../../time_range';
import type { LogsView } from '../../url_state';
import { LogDetail } from './log_detail';
import styles from './logs_page.module.css';

interface LogLineProps {
  entry: LogEntry;
  view: LogsView;
  isOpen: boolean;
  withDay: boolean;
  withService: boolean;
  onToggle: (key: string) => void;
}

export const LogLine = memo(function LogLine({ entry, view, isOpen, withDay, withService, onToggle }: LogLineProps) {
  const fields = useMemo(() => fieldsOf(entry.line), [entry.line]);
  const toggle = () => {
    if (!window.getSelection()?.toString()) onToggle(entry.key);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || (event.key !== 'Enter' && event.key !== ' ')) return;
    event.preventDefault();
    onToggle(entry.key);
  };
  return (
    <div className={styles.line} data-open={isOpen || undefined} style={{ borderLeftColor: levelColors[entry.level] }} data-testid="log-line">
      <div
        className={styles.head}
        role="button"
        tabIndex={0}
        aria-expanded={isOpen}
        aria-label={`${entry.level}: ${entry.line.slice(0, 200)}`}
        onClick={toggle}
        onKeyDown={onKey}
      >
        <ChevronRightIcon size={12} className={styles.chevron} />
        <span className={`num ${styles.time}`} title={formatDateTime(entry.ms, true)}>
          {withDay ? formatDateTime(entry.ms, true).slice(5) : formatClock(entry.ms)}
        </span>
        <span className={styles.level} style={{ color: levelColors[entry.level] === 'var(--border-strong)' ? 'var(--text-3)' : levelColors[entry.level] }}>
          {entry.level === 'unknown' ? '' : entry.level}
        </span>
        {withService && (
          <span className={`truncate ${styles.origin}`} style={{ color: serviceColor(entry.labels.service_name ?? '') }}>
            {entry.labels.service_name}
          </span>
        )}
        <span className={`code ${styles.text}`} data-wrap={view.wrap || undefined}>
          <LineText entry={entry} fields={fields} />
          <TraceOfLabels entry={entry} />
        </span>
      </div>
      {isOpen && <LogDetail entry={entry} fields={fields} view={view} />}
    </div>
  );
});

/** Fields that the line's own columns show already. */
const shownElsewhere = /^(timestamp|time|ts|@timestamp|level|severity|lvl|message|msg)$/i;

/** A structured line reads as its sentence and then its fields; any other as it is. */
function LineText({ entry, fields }: { entry: LogEntry; fields: LogField[] }) {
  const message = messageOf(fields);
  if (message === '') return <Linked text={entry.line} ms={entry.ms} />;
  return (
    <>
      <span>{message}</span>
      {fields
        .filter((field) => !shownElsewhere.test(field.name) && field.value !== message)
        .map((field) => (
          <span key={field.name} className={styles.pair}>
            {' '}
            {field.name}=
            {isTraceField(field.name, field.value) ? (
              <TraceLink id={field.value.toLowerCase()} ms={entry.ms} />
            ) : (
              <span className={styles.pairValue}>{field.value}</span>
            )}
          </span>
        ))}
    </>
  );
}

/** The trace of a line that does not hold its id itself. */
function TraceOfLabels({ entry }: { entry: LogEntry }) {
  const id = traceIdOf(entry.labels, '');
  if (!id || entry.line.toLowerCase().includes(id)) return null;
  return (
    <span className={styles.pair}>
      {' '}
      trace_id=
      <TraceLink id={id} ms={entry.ms} />
    </span>
  );
}

function Linked({ text, ms }: { text: string; ms: number }) {
  return splitAtTraceIds(text).map((part, i) =>
    part.traceId ? <TraceLink key={i} id={part.traceId} ms={ms} /> : <span key={i}>{part.text}</span>,
  );
}

/** To the trace, with the minutes around the line as the range. */
export function TraceLink({ id, ms, children }: { id: string; ms: number; children?: string }) {
  return (
    <ViewLink
      to={{ page: 'trace', id, span: '' }}
      range={absoluteRange(ms - 300_000, ms + 300_000)}
      className={styles.trace}
      data-trace={id}
      title="Open the trace"
      onClick={(event) => event.stopPropagation()}
    >
      {children ?? id}
    </ViewLink>
  );
}
