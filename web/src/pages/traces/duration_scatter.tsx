// Traces as points, time to the right, duration up; a point opens its trace. The list below holds the
// same for those who do not see it.
import { useElementSize } from '@mantine/hooks';
import { useState } from 'react';
import { serviceColor } from '../../colors';
import { formatClock, formatMicros, plural } from '../../format';
import { goTo } from '../../navigation';
import type { TimeWindow } from '../../time_range';
import type { TraceSummary } from '../../trace/summary';
import { layoutScatter, type ScatterPoint } from './scatter_scale';
import styles from './duration_scatter.module.css';

const height = 150;

interface DurationScatterProps {
  traces: TraceSummary[];
  window: TimeWindow;
  onPoint: (id: string | null) => void;
}

export function DurationScatter({ traces, window, onPoint }: DurationScatterProps) {
  const { ref, width } = useElementSize();
  const [pointed, setPointed] = useState<ScatterPoint | null>(null);
  const box = { width, height, left: 58, right: 14, top: 8, bottom: 22 };
  const { points, durationTicks, timeTicks } = layoutScatter(traces, window, box);
  const point = (target: ScatterPoint | null) => {
    setPointed(target);
    onPoint(target?.trace.id ?? null);
  };
  const ticks = width < 500 ? timeTicks.filter((_, i) => i % 2 === 0) : timeTicks;
  return (
    <div ref={ref} className={styles.scatter} style={{ height }}>
      {width > 0 && (
        <svg width={width} height={height} aria-hidden="true">
          {durationTicks.map(({ micros, y }) => (
            <g key={micros}>
              <line x1={box.left} x2={width - box.right} y1={y} y2={y} className={styles.grid} />
              <text x={box.left - 8} y={y + 4} textAnchor="end" className={styles.tick}>
                {formatMicros(micros)}
              </text>
            </g>
          ))}
          {ticks.map(({ ms, x }, i) => (
            <text
              key={i}
              x={x}
              y={height - 5}
              textAnchor={i === 0 ? 'start' : i === ticks.length - 1 ? 'end' : 'middle'}
              className={styles.tick}
            >
              {formatClock(ms, false)}
            </text>
          ))}
          {points.map((entry) => {
            const failed = entry.trace.errorCount > 0;
            const color = failed ? 'var(--error)' : serviceColor(entry.trace.rootService);
            return (
              <g
                key={entry.trace.id}
                className={styles.point}
                onMouseEnter={() => point(entry)}
                onMouseLeave={() => point(null)}
                onClick={() => goTo({ view: { page: 'trace', id: entry.trace.id, span: '' } })}
              >
                <circle cx={entry.x} cy={entry.y} r={entry.radius + 4} fill="transparent" />
                {failed ? (
                  <path d={crossPath(entry)} stroke={color} strokeWidth={2} strokeLinecap="round" fill="none" />
                ) : (
                  <circle cx={entry.x} cy={entry.y} r={entry.radius} fill={color} fillOpacity={0.6} stroke={color} />
                )}
              </g>
            );
          })}
        </svg>
      )}
      {pointed && (
        <div
          className={styles.tooltip}
          style={{ top: Math.max(0, pointed.y - 30), ...(pointed.x > width / 2 ? { right: width - pointed.x + 14 } : { left: pointed.x + 14 }) }}
        >
          <b>{pointed.trace.rootOperation}</b> <span className="faint">{pointed.trace.rootService}</span>
          <div className="num">
            {formatMicros(pointed.trace.durationMicros)} · {plural(pointed.trace.spanCount, 'span')}
            {pointed.trace.errorCount > 0 && <span className="error-text"> · {plural(pointed.trace.errorCount, 'error')}</span>}
          </div>
        </div>
      )}
    </div>
  );
}

/** Failed traces are crosses, so that not colour alone tells. */
function crossPath({ x, y, radius }: ScatterPoint): string {
  const r = Math.max(3.5, radius * 0.75);
  return `M${x - r} ${y - r}L${x + r} ${y + r}M${x + r} ${y - r}L${x - r} ${y + r}`;
}
