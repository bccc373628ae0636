// Log lines in a panel: those of the Logs page, as many as are asked for.
import { useMemo, useState } from 'react';
import type { LogStream } from '../../api/loki/query_range';
import { toEntries } from '../../logs/log_entry';
import { emptyViews } from '../../url_state';
import { LogLine } from '../logs/log_line';
import styles from './logs_panel.module.css';

/** Lines in the page at once; the Logs page shows more. */
const mostLines = 200;

export function LogsPanel({ streams, wrap, newestFirst, query }: { streams: LogStream[]; wrap: boolean; newestFirst: boolean; query: string }) {
  const [open, setOpen] = useState('');
  const entries = useMemo(() => {
    const all = toEntries(streams);
    return newestFirst ? all : all.toReversed();
  }, [streams, newestFirst]);
  const view = { ...emptyViews.logs, query, wrap };
  return (
    <div className={styles.lines}>
      {entries.slice(0, mostLines).map((entry) => (
        <LogLine key={entry.key} entry={entry} view={view} isOpen={open === entry.key} withDay={false} withService={false} onToggle={(key) => setOpen((now) => (now === key ? '' : key))} />
      ))}
      {entries.length > mostLines && <p className={styles.more}>The first {mostLines} of {entries.length.toLocaleString('en-US')} lines are shown.</p>}
    </div>
  );
}
