// An opened line: its labels and fields, each to filter by, and the line as it was sent.
import { ActionIcon, Tooltip } from '@mantine/core';
import { CopyButton } from '../../components/copy_block';
import { MinusIcon, PlusIcon, TracesIcon } from '../../icons';
import type { LogEntry } from '../../logs/log_entry';
import { isTraceField, traceIdOf, type LogField } from '../../logs/log_fields';
import { addFieldFilter, addMatcher } from '../../logs/logql_edit';
import { goTo } from '../../navigation';
import type { LogsView } from '../../url_state';
import { TraceLink } from './log_line';
import styles from './logs_page.module.css';

type FilterOp = '=' | '!=';

export function LogDetail({ entry, fields, view }: { entry: LogEntry; fields: LogField[]; view: LogsView }) {
  const traceId = traceIdOf(entry.labels, entry.line);
  const labels = Object.entries(entry.labels).map(([name, value]) => ({ name, value }));
  const run = (query: string) => goTo({ view: { ...view, query } });
  return (
    <div className={styles.detail}>
      {traceId && (
        <div className="row">
          <TracesIcon size={14} />
          <TraceLink id={traceId} ms={entry.ms}>
            Open the trace of this line
          </TraceLink>
        </div>
      )}
      <FieldTable
        title="Labels"
        fields={labels}
        entry={entry}
        onFilter={({ name, value }, op) => run(addMatcher(view.query, name, op, value))}
      />
      <FieldTable
        title="Fields"
        fields={fields}
        entry={entry}
        onFilter={({ name, value }, op) => run(addFieldFilter(view.query, entry.line, name, op, value))}
      />
      <div className={styles.raw}>
        <pre className="code">{entry.line}</pre>
        <CopyButton text={entry.line} label="Copy the line" />
      </div>
    </div>
  );
}

interface FieldTableProps {
  title: string;
  fields: LogField[];
  entry: LogEntry;
  onFilter: (field: LogField, op: FilterOp) => void;
}

function FieldTable({ title, fields, entry, onFilter }: FieldTableProps) {
  if (fields.length === 0) return null;
  return (
    <table className={styles.fields}>
      <caption>{title}</caption>
      <tbody>
        {fields.map((field) => (
          <tr key={field.name}>
            <td>
              <FilterButton label={`Only lines with this ${field.name}`} onClick={() => onFilter(field, '=')} isPlus />
              <FilterButton label={`No lines with this ${field.name}`} onClick={() => onFilter(field, '!=')} />
            </td>
            <th scope="row" className="code">
              {field.name}
            </th>
            <td className="code">
              {isTraceField(field.name, field.value) ? <TraceLink id={field.value.toLowerCase()} ms={entry.ms} /> : field.value}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function FilterButton({ label, isPlus = false, onClick }: { label: string; isPlus?: boolean; onClick: () => void }) {
  return (
    <Tooltip label={label} openDelay={300}>
      <ActionIcon size="xs" variant="subtle" color="gray" aria-label={label} onClick={onClick}>
        {isPlus ? <PlusIcon size={13} /> : <MinusIcon size={13} />}
      </ActionIcon>
    </Tooltip>
  );
}
