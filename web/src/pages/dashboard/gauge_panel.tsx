// Values between their lowest and highest: an arc each, or a bar each.
import { useRef } from 'react';
import { cssColor } from '../../dashboard/colors';
import type { ShownValue } from '../../dashboard/shown';
import { absoluteSteps, defaultThresholds, spanOf } from '../../dashboard/thresholds';
import styles from './gauge_panel.module.css';
import { useSize } from './use_size';

export function shareOf(value: ShownValue, fallback: { min: number; max: number }): number {
  const { min, max } = spanOf(value.config, fallback);
  if (typeof value.value !== 'number' || Number.isNaN(value.value) || max <= min) return 0;
  return Math.min(1, Math.max(0, (value.value - min) / (max - min)));
}

export function GaugePanel({ values }: { values: ShownValue[] }) {
  const host = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(host);
  const across = Math.max(1, Math.min(values.length, Math.round(Math.sqrt((values.length * width) / Math.max(1, height)))));
  const down = Math.ceil(values.length / across);
  const size = Math.max(40, Math.min(width / across - 8, (height / down - (values.length > 1 ? 20 : 0)) / 0.87, 240));
  return (
    <div ref={host} className={styles.gauges} style={{ gridTemplateColumns: `repeat(${across}, minmax(0, 1fr))` }}>
      {width > 0 && values.map((value, i) => <Arc key={`${value.name} ${i}`} value={value} size={size} hasName={values.length > 1} />)}
    </div>
  );
}

const start = 0.75 * Math.PI;
const sweep = 1.5 * Math.PI;

function arc(from: number, to: number, radius: number, center: number): string {
  const point = (share: number) => {
    const angle = start + sweep * share;
    return `${(center + radius * Math.cos(angle)).toFixed(2)} ${(center + radius * Math.sin(angle)).toFixed(2)}`;
  };
  return `M${point(from)}A${radius} ${radius} 0 ${(to - from) * sweep > Math.PI ? 1 : 0} 1 ${point(to)}`;
}

function Arc({ value, size, hasName }: { value: ShownValue; size: number; hasName: boolean }) {
  const center = size / 2;
  const thick = Math.max(6, size * 0.1);
  const radius = center - thick * 0.88;
  const share = shareOf(value, { min: 0, max: 100 });
  const { min, max } = spanOf(value.config, { min: 0, max: 100 });
  const steps = absoluteSteps(value.config.thresholds ?? defaultThresholds, min, max);
  const at = (level: number) => Math.min(1, Math.max(0, (level - min) / (max - min || 1)));
  const fontSize = Math.max(12, Math.min(size * 0.2, (radius * 1.6) / (value.text.length * 0.58)));
  return (
    <div className={styles.gauge}>
      <svg width={size} height={size * 0.87} viewBox={`0 0 ${size} ${size * 0.87}`} role="img" aria-label={`${value.name}: ${value.text}`}>
        {steps.map((step, i) => {
          const from = Number.isFinite(step.value) ? at(step.value) : 0;
          const to = at(steps[i + 1]?.value ?? max);
          return to > from ? (
            <path key={i} d={arc(from, to, radius + thick * 0.72, center)} fill="none" stroke={cssColor(step.color)} strokeWidth={Math.max(2, thick * 0.22)} />
          ) : null;
        })}
        <path d={arc(0, 1, radius, center)} fill="none" stroke="var(--surface-2)" strokeWidth={thick} />
        {share > 0 && <path d={arc(0, share, radius, center)} fill="none" stroke={value.color} strokeWidth={thick} />}
        <text x={center} y={center + fontSize * 0.36} textAnchor="middle" fontSize={fontSize} fontWeight={620} fill={value.value === null ? 'var(--text-3)' : value.color}>
          {value.text}
        </text>
      </svg>
      {hasName && <span className={styles.name} title={value.name}>{value.name}</span>}
    </div>
  );
}

/** Bars below each other; on end where the panel asks for it and there is room. */
export function BarGaugePanel({ values, orientation }: { values: ShownValue[]; orientation: string }) {
  const numbers = values.map(({ value }) => (typeof value === 'number' && Number.isFinite(value) ? value : 0));
  const whole = { min: Math.min(0, ...numbers), max: Math.max(0, ...numbers) || 1 };
  if (orientation === 'vertical') {
    return (
      <div className={styles.columns}>
        {values.map((value, i) => (
          <div key={`${value.name} ${i}`} className={styles.column} title={value.name}>
            <b className="num" style={{ color: value.color }}>{value.text}</b>
            <span className={styles.shaft}>
              <span style={{ height: `${shareOf(value, whole) * 100}%`, background: value.color }} />
            </span>
            <span className={styles.name}>{value.name}</span>
          </div>
        ))}
      </div>
    );
  }
  return (
    <div className={styles.bars}>
      {values.map((value, i) => (
        <div key={`${value.name} ${i}`} className={styles.bar} title={value.name}>
          <span className={styles.name}>{value.name}</span>
          <b className="num" style={{ color: value.color }}>{value.text}</b>
          <span className={styles.track}>
            <span style={{ width: `${shareOf(value, whole) * 100}%`, background: value.color }} />
          </span>
        </div>
      ))}
    </div>
  );
}
