import type { CSSProperties, KeyboardEvent } from 'react';
import { serviceColor } from '../../colors';
import { formatMicros } from '../../format';
import { AlertIcon, ChevronRightIcon } from '../../icons';
import type { CriticalPart } from '../../trace/critical_path';
import type { SpanNode, TraceTree } from '../../trace/tree';
import styles from './waterfall.module.css';

interface SpanRowProps {
  node: SpanNode;
  tree: TraceTree;
  critical: CriticalPart[] | undefined;
  isFolded: boolean;
  isOpen: boolean;
  onOpen: (node: SpanNode) => void;
  onFold: (node: SpanNode, close: boolean) => void;
  onKey: (event: KeyboardEvent) => void;
}

/** Deeper than this, the indentation stays: the name needs the room. */
const mostIndent = 14;

export function SpanRow({ node, tree, critical, isFolded, isOpen, onOpen, onFold, onKey }: SpanRowProps) {
  const color = serviceColor(node.service);
  const isParent = node.children.length > 0;
  const onRowKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      onOpen(node);
    } else onKey(event);
  };
  return (
    <div
      className={styles.row}
      role="treeitem"
      tabIndex={0}
      data-row
      data-testid="span-row"
      data-span={node.span.spanID}
      data-open={isOpen || undefined}
      aria-level={node.depth + 1}
      aria-expanded={isParent ? !isFolded : undefined}
      aria-selected={isOpen}
      aria-label={`${node.service} ${node.span.operationName}, ${formatMicros(node.span.duration)}${node.isError ? ', failed' : ''}`}
      onClick={() => onOpen(node)}
      onKeyDown={onRowKey}
    >
      <div className={styles.name} style={{ '--indent': Math.min(node.depth, mostIndent) } as CSSProperties}>
        <button
          type="button"
          className={styles.fold}
          tabIndex={-1}
          aria-hidden={!isParent}
          aria-label={isFolded ? 'Unfold' : 'Fold'}
          data-parent={isParent || undefined}
          data-folded={isFolded || undefined}
          onClick={(event) => {
            event.stopPropagation();
            if (isParent) onFold(node, !isFolded);
          }}
        >
          <ChevronRightIcon size={12} />
        </button>
        <span className={styles.stripe} style={{ background: color }} />
        {node.isError && <AlertIcon size={14} className={`error-text ${styles.mark}`} />}
        {!node.isError && isFolded && node.hasErrorBelow && <AlertIcon size={14} className={`faint ${styles.mark}`} />}
        <span className="truncate">
          <span className={styles.operation}>{node.span.operationName}</span> <span className={styles.service}>{node.service}</span>
        </span>
        {isFolded && <span className={`num ${styles.count}`}>{node.descendants}</span>}
      </div>
      <div className={styles.track}>
        <Bar node={node} tree={tree} color={color} critical={critical} />
      </div>
    </div>
  );
}

function Bar({ node, tree, color, critical = [] }: { node: SpanNode; tree: TraceTree; color: string; critical: CriticalPart[] | undefined }) {
  const percent = (micros: number) => (micros / tree.durationMicros) * 100;
  const left = percent(node.offsetMicros);
  const width = percent(node.span.duration);
  // Beside the bar where there is room, else inside of it.
  const place = left + width < 88 ? 'after' : left > 12 ? 'before' : 'inside';
  const label = {
    after: { left: `calc(${left + width}% + 6px)` },
    before: { right: `calc(${100 - left}% + 6px)` },
    inside: { right: `calc(${100 - left - width}% + 6px)`, color: 'var(--text)' },
  }[place];
  return (
    <>
      <span
        className={styles.bar}
        data-error={node.isError || undefined}
        style={{ left: `${left}%`, width: `max(2px, ${width}%)`, '--color': node.isError ? 'var(--error)' : color } as CSSProperties}
      />
      {critical.map((part) => (
        <span
          key={part.from}
          className={styles.critical}
          style={{ left: `${percent(part.from - tree.startMicros)}%`, width: `max(1px, ${percent(part.to - part.from)}%)` }}
        />
      ))}
      {(node.span.logs ?? []).slice(0, 50).map((log, i) => (
        <span key={i} className={styles.event} style={{ left: `${percent(log.timestamp - tree.startMicros)}%` }} />
      ))}
      <span
        className={`num ${styles.label}`}
        style={label}
      >
        {formatMicros(node.span.duration)}
      </span>
    </>
  );
}
