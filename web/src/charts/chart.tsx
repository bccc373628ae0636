// A chart over time with its legend. The drawing library comes when the first chart is shown; the
// place for it is kept, so nothing jumps.
import { Skeleton, useComputedColorScheme } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import type { Unit } from '../format';
import { formatUnit } from '../format';
import type { TimeWindow } from '../time_range';
import type { ChartMark, ChartSeries } from './chart_data';
import type { ChartKind } from './chart_options';
import styles from './chart.module.css';

const UplotCanvas = lazy(() => import('./uplot_canvas'));

export interface ChartProps {
  /** Unix seconds. */
  times: number[];
  series: ChartSeries[];
  window: TimeWindow;
  unit: Unit;
  height: number;
  kind?: ChartKind;
  stacked?: boolean;
  syncKey?: string;
  marks?: ChartMark[];
  /** Called with the milliseconds between which the reader drew. */
  onZoom?: (fromMs: number, toMs: number) => void;
}

export function Chart({ legend = true, label, ...props }: ChartProps & { legend?: boolean; label: string }) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const scheme = useComputedColorScheme('light');
  return (
    <figure className={styles.figure} aria-label={label}>
      <Suspense fallback={<Skeleton h={props.height} />}>
        <UplotCanvas {...props} hidden={hidden} scheme={scheme} />
      </Suspense>
      {legend && <Legend {...props} hidden={hidden} onChange={setHidden} />}
    </figure>
  );
}

interface LegendProps {
  series: ChartSeries[];
  unit: Unit;
  hidden: ReadonlySet<string>;
  onChange: (hidden: ReadonlySet<string>) => void;
}

/** A click shows one series alone, or all again; with Ctrl it adds or takes one away. */
function Legend({ series, unit, hidden, onChange }: LegendProps) {
  const toggle = (label: string, single: boolean) => {
    const others = series.map((entry) => entry.label).filter((other) => other !== label);
    if (single) {
      const isAlone = !hidden.has(label) && others.every((other) => hidden.has(other));
      onChange(isAlone ? new Set() : new Set(others));
      return;
    }
    const next = new Set(hidden);
    if (!next.delete(label)) next.add(label);
    onChange(next);
  };
  return (
    <figcaption className={styles.legend}>
      {series.map(({ label, color, values }) => (
        <button
          key={label}
          type="button"
          className={styles.entry}
          aria-pressed={!hidden.has(label)}
          title={label}
          onClick={(event) => toggle(label, !(event.ctrlKey || event.metaKey))}
        >
          <span className={styles.swatch} style={{ background: color }} />
          <span className={styles.name}>{label}</span>
          <span className="num faint">{lastText(values, unit)}</span>
        </button>
      ))}
    </figcaption>
  );
}

function lastText(values: (number | null)[], unit: Unit): string {
  const last = values.findLast((value) => value !== null);
  return last === undefined || last === null ? '' : formatUnit(last, unit);
}
