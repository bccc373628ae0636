// The spans of a trace, one a row, on the time of the trace. Rows outside of the screen are not in
// the document. Arrow keys walk the tree: up, down, left to fold, right to unfold; Enter opens.
import { Button } from '@mantine/core';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useListTop } from '../../components/use_list_top';
import { formatMicros } from '../../format';
import { goTo } from '../../navigation';
import type { CriticalPart } from '../../trace/critical_path';
import { groupBy } from '../../red/fold';
import { visibleNodes, type SpanNode, type TraceTree } from '../../trace/tree';
import type { TraceView } from '../../url_state';
import { SpanDetail } from './span_detail';
import { SpanRow } from './span_row';
import styles from './waterfall.module.css';

const rowHeight = 28;
const ticks = [0, 0.25, 0.5, 0.75];

interface WaterfallProps {
  tree: TraceTree;
  critical: CriticalPart[];
  view: TraceView;
}

export function Waterfall({ tree, critical, view }: WaterfallProps) {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => visibleNodes(tree.nodes, folded), [tree, folded]);
  const partsOf = useMemo(() => groupBy(critical, (part) => part.key), [critical]);
  const list = useRef<HTMLDivElement>(null);
  const margin = useListTop(list);
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowHeight,
    overscan: 16,
    scrollMargin: margin,
    getItemKey: (index) => rows[index]!.key,
  });

  const open = useCallback(
    (node: SpanNode) => goTo({ view: { ...view, span: view.span === node.span.spanID ? '' : node.span.spanID } }, true),
    [view],
  );
  const fold = useCallback((node: SpanNode, close: boolean) => {
    setFolded((now) => {
      const next = new Set(now);
      if (close) next.add(node.key);
      else next.delete(node.key);
      return next;
    });
  }, []);
  const onKey = (event: KeyboardEvent, index: number) => {
    const node = rows[index]!;
    const isFolded = folded.has(node.key);
    const target = { ArrowDown: index + 1, ArrowUp: index - 1 }[event.key];
    if (target !== undefined) focusRow(target);
    else if (event.key === 'ArrowRight' && node.children.length > 0 && isFolded) fold(node, false);
    else if (event.key === 'ArrowLeft' && node.children.length > 0 && !isFolded) fold(node, true);
    else if (event.key === 'ArrowLeft' && node.parent) focusRow(rows.indexOf(node.parent));
    else return;
    event.preventDefault();
  };
  const focusRow = (index: number) => {
    if (index < 0 || index >= rows.length) return;
    virtualizer.scrollToIndex(index, { align: 'auto' });
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(`[data-index="${index}"] [data-row]`)?.focus());
  };
  const parents = tree.nodes.filter((node) => node.children.length > 0);

  return (
    <section className={`panel ${styles.waterfall}`} aria-label="Spans">
      <div className={styles.head}>
        <div className={styles.headName}>
          <span>Span</span>
          <span className="grow" />
          {parents.length > 0 && (
            <Button
              size="compact-xs"
              variant="subtle"
              color="gray"
              onClick={() => setFolded(folded.size > 0 ? new Set() : new Set(parents.map((node) => node.key)))}
            >
              {folded.size > 0 ? 'Unfold all' : 'Fold all'}
            </Button>
          )}
        </div>
        <div className={styles.ticks}>
          {ticks.map((part) => (
            <span key={part} className="num" style={{ left: `${part * 100}%` }}>
              {formatMicros(part * tree.durationMicros)}
            </span>
          ))}
          <span className={`num ${styles.lastTick}`}>{formatMicros(tree.durationMicros)}</span>
        </div>
      </div>
      <div ref={list} className={styles.rows} role="tree" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((item) => {
          const node = rows[item.index]!;
          const isOpen = view.span === node.span.spanID;
          return (
            <div
              key={item.key}
              data-index={item.index}
              ref={virtualizer.measureElement}
              className={styles.slot}
              style={{ transform: `translateY(${item.start - virtualizer.options.scrollMargin}px)` }}
            >
              <SpanRow
                node={node}
                tree={tree}
                critical={partsOf.get(node.key)}
                isFolded={folded.has(node.key)}
                isOpen={isOpen}
                onOpen={open}
                onFold={fold}
                onKey={(event) => onKey(event, item.index)}
              />
              {isOpen && <SpanDetail node={node} />}
            </div>
          );
        })}
      </div>
    </section>
  );
}
