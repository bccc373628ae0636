// One or several numbers, large, with their course behind them.
import { useRef, type CSSProperties } from 'react';
import type { PanelBody } from '../../dashboard/model';
import { sparkline } from '../../dashboard/sparkline';
import type { ShownValue } from '../../dashboard/shown';
import styles from './stat_panel.module.css';
import { useSize } from './use_size';

type StatBody = Extract<PanelBody, { kind: 'stat' }>;

export function StatPanel({ body, values }: { body: StatBody; values: ShownValue[] }) {
  const host = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(host);
  const across = bestAcross(values, body, width, height);
  const down = Math.ceil(values.length / across);
  const cell = { width: width / across - (across > 1 ? 6 : 0), height: height / Math.max(1, down) - (down > 1 ? 6 : 0) };
  return (
    <div ref={host} className={styles.stats} style={{ gridTemplateColumns: `repeat(${across}, minmax(0, 1fr))`, '--rows': Math.ceil(values.length / 2) } as CSSProperties}>
      {width > 0 && values.map((value, i) => <Stat key={`${value.name} ${i}`} body={body} value={value} cell={cell} isAlone={values.length === 1} />)}
    </div>
  );
}

/** The number of columns that lets the longest text be largest. */
function bestAcross(values: ShownValue[], body: StatBody, width: number, height: number): number {
  const longest = Math.max(1, ...values.map(({ text, name }) => textWidth(body.textMode === 'name' ? name : `${body.prefix}${text}${body.postfix}`)));
  let best = 1;
  let largest = 0;
  for (let across = 1; across <= values.length; ++across) {
    const down = Math.ceil(values.length / across);
    const size = textSize(longest, width / across - 6, height / down - 6 - 20);
    if (size > largest) [best, largest] = [across, size];
  }
  return best;
}

function textSize(widthInEm: number, width: number, room: number): number {
  return Math.min(44, room * 0.7, (width - 18) / widthInEm);
}

/** About how wide a bold text is, in units of its size. */
function textWidth(text: string): number {
  let sum = 0.1;
  for (const char of text) sum += /[.,:;'|il ]/.test(char) ? 0.31 : /[%mMWw@]/.test(char) ? 0.97 : 0.655;
  return sum;
}

interface StatProps {
  body: StatBody;
  value: ShownValue;
  cell: { width: number; height: number };
  isAlone: boolean;
}

function Stat({ body, value, cell, isAlone }: StatProps) {
  const mode = body.textMode;
  const hasName = value.name !== '' && (mode === 'name' || mode === 'value_and_name' || (mode === 'auto' && !isAlone));
  const hasValue = mode !== 'name' && mode !== 'none';
  const text = mode === 'name' ? value.name : `${body.prefix}${value.text}${body.postfix}`;
  const isBackground = body.colorMode.startsWith('background');
  const isColored = body.colorMode !== 'none';
  const hasLine = body.graphMode !== 'none' && value.line.length > 1 && cell.height > 54;
  const lineHeight = hasLine ? Math.min(cell.height * 0.36, 64) : 0;
  const room = cell.height - (hasName && hasValue ? 20 : 0) - lineHeight;
  const size = Math.round(Math.max(11, textSize(textWidth(text), cell.width, room)));
  const style = isBackground
    ? { paddingBottom: lineHeight, background: `color-mix(in srgb, ${value.color} 22%, var(--surface))`, boxShadow: `inset 3px 0 0 ${value.color}` }
    : { paddingBottom: lineHeight };
  return (
    <div className={styles.stat} style={style} data-background={isBackground || undefined}>
      {hasLine && <Line value={value} width={cell.width} height={lineHeight} />}
      {hasName && hasValue && <span className={styles.name} title={value.name}>{value.name}</span>}
      {mode !== 'none' && (
        <span
          className={`num ${styles.value}`}
          data-empty={(value.value === null && mode !== 'name') || undefined}
          style={{ fontSize: size, color: isColored && !isBackground && value.value !== null ? value.color : undefined }}
          title={value.name}
        >
          {text}
        </span>
      )}
    </div>
  );
}

function Line({ value, width, height }: { value: ShownValue; width: number; height: number }) {
  const { line, area } = sparkline(value.times, value.line, Math.max(1, width), height);
  return (
    <svg className={styles.line} width={width} height={height} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={area} fill={value.color} opacity={0.13} />
      <path d={line} fill="none" stroke={value.color} strokeWidth={1.25} opacity={0.75} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
