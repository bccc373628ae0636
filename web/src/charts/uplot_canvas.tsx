// uPlot inside React: made anew when its options change, fed when only data change. Loaded on demand.
import { useEffect, useRef, useState, type RefObject } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { resolveColor } from '../colors';
import { formatDateTime, formatUnit } from '../format';
import { stackColumns, tooltipRows, zeroFilled, type ChartSeries } from './chart_data';
import { chartOptions } from './chart_options';
import type { ChartProps } from './chart';
import styles from './chart.module.css';

type CanvasProps = ChartProps & { hidden: ReadonlySet<string>; scheme: string };

const mostTooltipRows = 12;

export default function UplotCanvas(props: CanvasProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const width = useWidth(host);
  const { series, hidden, kind = 'line', stacked = false, unit, height, syncKey, scheme } = props;
  const shape = JSON.stringify([series.map(({ label, color, isThreshold, isFaint }) => [label, color, isThreshold, isFaint]), [...hidden], kind, stacked, unit, height, syncKey, scheme, width]);

  useEffect(() => {
    if (!host.current || width === 0) return undefined;
    const made = makePlot(host.current, latest, width);
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = null;
    };
  }, [shape, width]);

  useEffect(() => {
    plot.current?.setData(columnsOf(latest.current));
  }, [props.times, series, props.marks]);

  return <div ref={host} className={styles.canvas} style={{ height }} />;
}

function visible(props: CanvasProps): ChartSeries[] {
  return props.series.filter(({ label }) => !props.hidden.has(label));
}

/** The first series lies on top of the stack, as in the legend; hidden ones take no part in it. */
function columnsOf(props: CanvasProps): uPlot.AlignedData {
  const { series, hidden, times, kind, stacked } = props;
  const shown = series.map(({ label, values }) => (hidden.has(label) ? values.map(() => null) : values));
  const columns = kind === 'bars' ? zeroFilled(shown) : shown;
  const isStacked = stacked || kind === 'bars';
  return [times, ...(isStacked ? stackColumns(columns.toReversed()).toReversed() : columns)] as uPlot.AlignedData;
}

function makePlot(host: HTMLDivElement, latest: RefObject<CanvasProps>, width: number): uPlot {
  const props = latest.current;
  const options = chartOptions({
    ...props,
    kind: props.kind ?? 'line',
    stacked: props.stacked ?? false,
    width,
    range: [props.window.fromMs / 1000, props.window.toMs / 1000],
    look: { text: resolveColor('var(--text-3)'), grid: resolveColor('var(--grid)'), font: "11px 'Inter Variable', sans-serif" },
    bars: props.kind === 'bars' ? uPlot.paths.bars!({ size: [0.86, 28], align: -1 }) : undefined,
    colorOf: resolveColor,
  });
  options.scales!.x!.range = () => [latest.current.window.fromMs / 1000, latest.current.window.toMs / 1000];
  if (props.stacked && props.kind !== 'bars') stackBands(options, props.series.length);
  const tooltip = document.createElement('div');
  tooltip.className = styles.tooltip!;
  options.hooks = {
    init: [(chart) => chart.over.append(tooltip)],
    setCursor: [(chart) => showTooltip(chart, tooltip, latest.current)],
    setSelect: [(chart) => zoom(chart, latest.current)],
    draw: [(chart) => drawMarks(chart, latest.current)],
  };
  return new uPlot(options, columnsOf(props), host);
}

/** Each area is filled down to the next one only. */
function stackBands(options: uPlot.Options, count: number): void {
  options.bands = Array.from({ length: Math.max(0, count - 1) }, (_, i) => ({ series: [i + 1, i + 2] as [number, number] }));
}

const markFont = "600 10px 'Inter Variable', sans-serif";

/** Upright lines at the marks; a word that would leave the chart stands on the left of its line, one that would cover another below it. */
function drawMarks(chart: uPlot, { marks = [] }: CanvasProps): void {
  const { ctx } = chart;
  const { left, top, width, height } = chart.bbox;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = markFont.replace('10px', `${10 * ratio}px`);
  const words: { from: number; to: number }[] = [];
  for (const { atMs, label, color, side } of marks) {
    const x = Math.round(chart.valToPos(atMs / 1000, 'x', true));
    if (x < left || x > left + width) continue;
    ctx.strokeStyle = ctx.fillStyle = resolveColor(color);
    ctx.lineWidth = ratio;
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + height);
    ctx.stroke();
    const room = ctx.measureText(label).width + 6 * ratio;
    const isLeft = x + room > left + width || (side === 'left' && x - room > left);
    ctx.textAlign = isLeft ? 'right' : 'left';
    const [from, to] = isLeft ? [x - room, x] : [x, x + room];
    const row = words.filter((word) => word.from < to && from < word.to).length;
    words.push({ from, to });
    const at = [x + (isLeft ? -4 : 4) * ratio, top + (10 + 13 * row) * ratio] as const;
    // A rim keeps the word readable on top of a line.
    ctx.setLineDash([]);
    ctx.lineWidth = 3 * ratio;
    ctx.lineJoin = 'round';
    ctx.strokeStyle = resolveColor('var(--surface)');
    ctx.strokeText(label, ...at);
    ctx.fillText(label, ...at);
  }
  ctx.restore();
}

function zoom(chart: uPlot, { onZoom }: CanvasProps): void {
  const { left, width } = chart.select;
  if (width < 6) return;
  onZoom?.(chart.posToVal(left, 'x') * 1000, chart.posToVal(left + width, 'x') * 1000);
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

function showTooltip(chart: uPlot, tooltip: HTMLDivElement, props: CanvasProps): void {
  const { idx, left = -1 } = chart.cursor;
  const isHere = chart.over.matches(':hover');
  if (idx === null || idx === undefined || left < 0 || !isHere) {
    tooltip.style.display = 'none';
    return;
  }
  const { rows, hidden } = tooltipRows(visible(props), idx, mostTooltipRows);
  if (rows.length === 0) {
    tooltip.style.display = 'none';
    return;
  }
  tooltip.replaceChildren(element('div', styles.when!, formatDateTime((props.times[idx] ?? 0) * 1000)));
  for (const row of rows) {
    const line = element('div', styles.line!, '');
    const swatch = element('span', styles.swatch!, '');
    swatch.style.background = row.color;
    line.append(swatch, element('span', styles.name!, row.label), element('b', 'num', formatUnit(row.value, props.unit)));
    tooltip.append(line);
  }
  if (hidden > 0) tooltip.append(element('div', styles.when!, `and ${hidden} more`));
  tooltip.style.display = 'block';
  const isRight = left > chart.over.clientWidth / 2;
  tooltip.style.left = isRight ? '' : `${left + 14}px`;
  tooltip.style.right = isRight ? `${chart.over.clientWidth - left + 14}px` : '';
}

function element(tag: string, className: string, text: string): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function useWidth(host: RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!host.current) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    observer.observe(host.current);
    return () => observer.disconnect();
  }, [host]);
  return width;
}
