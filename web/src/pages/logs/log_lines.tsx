// The lines. Only those on the screen are in the document, so thousands scroll as easily as ten.
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useMemo, useRef, useState } from 'react';
import { useListTop } from '../../components/use_list_top';
import type { LogEntry } from '../../logs/log_entry';
import type { LogsView } from '../../url_state';
import { LogLine } from './log_line';
import styles from './logs_page.module.css';

const rowHeight = 26;

export function LogLines({ entries, view }: { entries: LogEntry[]; view: LogsView }) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const list = useRef<HTMLDivElement>(null);
  const margin = useListTop(list);
  const spansDays = useMemo(() => {
    const first = entries[0];
    const last = entries[entries.length - 1];
    return !!first && !!last && new Date(first.ms).toDateString() !== new Date(last.ms).toDateString();
  }, [entries]);
  const hasServices = useMemo(() => new Set(entries.map((entry) => entry.labels.service_name)).size > 1, [entries]);
  const virtualizer = useWindowVirtualizer({
    count: entries.length,
    estimateSize: () => rowHeight,
    overscan: 20,
    scrollMargin: margin,
    getItemKey: (index) => entries[index]!.key,
  });
  const toggle = useCallback((key: string) => {
    setOpen((now) => {
      const next = new Set(now);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  }, []);

  return (
    <div ref={list} className={styles.lines} data-testid="log-lines" style={{ height: virtualizer.getTotalSize() }}>
      {virtualizer.getVirtualItems().map((item) => {
        const entry = entries[item.index]!;
        return (
          <div
            key={item.key}
            data-index={item.index}
            ref={virtualizer.measureElement}
            className={styles.slot}
            style={{ transform: `translateY(${item.start - virtualizer.options.scrollMargin}px)` }}
          >
            <LogLine entry={entry} view={view} isOpen={open.has(entry.key)} withDay={spansDays} withService={hasServices} onToggle={toggle} />
          </div>
        );
      })}
    </div>
  );
}
