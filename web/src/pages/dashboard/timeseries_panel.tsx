// Lines, areas, bars and points over time, with their legend.
import { Skeleton, useComputedColorScheme } from '@mantine/core';
import { lazy, Suspense, useMemo, useRef, useState, type CSSProperties } from 'react';
import type { PanelLine } from '../../charts/panel_options';
import { chartLines, mostLines } from '../../dashboard/chart_lines';
import { cssColor } from '../../dashboard/colors';
import { isHiddenBy } from '../../dashboard/field_config';
import { asObject, asText } from '../../dashboard/json';
import type { LegendOptions } from '../../dashboard/model';
import { calcOf, calcTitle } from '../../dashboard/reduce';
import type { ShownSeries } from '../../dashboard/shown';
import { valueText } from '../../dashboard/thresholds';
import { setRange } from '../../navigation';
import { absoluteRange } from '../../time_range';
import type { BodyProps } from './panel_body';
import styles from './timeseries_panel.module.css';
import { useSize } from './use_size';

const PanelCanvas = lazy(() => import('../../charts/panel_canvas'));

export function TimeseriesPanel({ panel, plan, series, legend, syncKey }: BodyProps & { series: ShownSeries[]; legend: LegendOptions; syncKey: string }) {
  const host = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(host);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const scheme = useComputedColorScheme('light');
  const { times, lines, scales } = useMemo(() => chartLines(series, plan.asks), [series, plan.asks]);
  const configs = useMemo(() => new Map(series.map((one) => [one.name, one.config])), [series]);
  const custom = panel.defaults.custom;
  const style = asText(asObject(custom.thresholdsStyle).mode, 'off');
  const textOf = (line: PanelLine, value: number) => valueText(value, configs.get(line.label) ?? panel.defaults);
  const listed = series.filter(({ config }) => !isHiddenBy(config, 'legend') && !isHiddenBy(config, 'viz'));
  return (
    <div className={styles.chart} data-right={(legend.show && legend.onRight) || undefined}>
      <div ref={host} className={styles.canvas}>
        {width > 0 && height > 0 && (
          <Suspense fallback={<Skeleton h={height} />}>
            <PanelCanvas
              times={times}
              lines={lines}
              scales={scales}
              range={[plan.window.fromMs / 1000, plan.window.toMs / 1000]}
              width={width}
              height={height}
              hidden={hidden}
              scheme={scheme}
              syncKey={syncKey}
              thresholds={(panel.defaults.thresholds?.steps ?? []).map(({ value, color }) => ({ value, color: cssColor(color) ?? 'var(--error)' }))}
              thresholdStyle={style.startsWith('dashed') ? 'dashed' : style.startsWith('line') ? 'line' : style.startsWith('area') ? 'area' : 'off'}
              single={false}
              textOf={textOf}
              onZoom={(fromMs, toMs) => setRange(absoluteRange(fromMs, toMs))}
            />
          </Suspense>
        )}
      </div>
      {legend.show && <Legend legend={legend} series={listed} total={series.length} hidden={hidden} onChange={setHidden} />}
    </div>
  );
}

interface LegendProps {
  legend: LegendOptions;
  series: ShownSeries[];
  total: number;
  hidden: ReadonlySet<string>;
  onChange: (hidden: ReadonlySet<string>) => void;
}

/** A click shows one series alone, or all again; with Ctrl it adds or takes one away. */
function Legend({ legend, series, total, hidden, onChange }: LegendProps) {
  const toggle = (name: string, single: boolean) => {
    const others = series.map((one) => one.name).filter((other) => other !== name);
    if (single) {
      const isAlone = !hidden.has(name) && others.every((other) => hidden.has(other));
      onChange(isAlone ? new Set() : new Set(others));
      return;
    }
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    onChange(next);
  };
  const shown = series.slice(0, mostLines);
  const calcs = legend.calcs.filter((id) => calcOf(id));
  const columns = calcs.length > 0 ? calcs : ['lastNotNull'];
  return (
    <div className={styles.legend} data-table={legend.asTable || undefined} style={{ '--columns': columns.length } as CSSProperties}>
      {legend.asTable && calcs.length > 0 && (
        <div className={styles.heads}>
          <span>Name</span>
          {columns.map((id) => (
            <span key={id}>{calcTitle(id)}</span>
          ))}
        </div>
      )}
      {shown.map((one) => (
        <button
          key={one.name}
          type="button"
          className={styles.entry}
          aria-pressed={!hidden.has(one.name)}
          title={one.name}
          onClick={(event) => toggle(one.name, !(event.ctrlKey || event.metaKey))}
        >
          <span className={styles.label}>
            <span className={styles.swatch} style={{ background: one.color }} />
            <span className="truncate">{one.name}</span>
          </span>
          {columns.map((id) => (
            <span key={id} className="num faint">
              {!legend.asTable && calcs.length > 0 ? `${calcTitle(id).toLowerCase()} ` : ''}
              {calcText(one, id)}
            </span>
          ))}
        </button>
      ))}
      {total > mostLines && <span className="faint">The first {mostLines} of {total} series are drawn.</span>}
    </div>
  );
}

function calcText(one: ShownSeries, id: string): string {
  const value = calcOf(id)?.(one.values, one.times) ?? null;
  return value === null ? '' : valueText(value, one.config);
}
