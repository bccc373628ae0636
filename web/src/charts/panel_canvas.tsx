// The chart of a dashboard's panel: uPlot that fills its place. Loaded on demand.
import { useEffect, useRef, type RefObject } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { resolveColor } from '../colors';
import { formatDateTime } from '../format';
import { drawnColumns, panelOptions, type PanelLine, type PanelScale } from './panel_options';
import styles from './chart.module.css';

export interface DrawnThreshold {
  value: number;
  color: string;
}

export interface PanelCanvasProps {
  times: number[];
  lines: PanelLine[];
  scales: PanelScale[];
  /** Unix seconds. */
  range: [number, number];
  width: number;
  height: number;
  hidden: ReadonlySet<string>;
  scheme: string;
  syncKey: string;
  thresholds: DrawnThreshold[];
  thresholdStyle: 'off' | 'line' | 'dashed' | 'area';
  /** Where the tooltip lists only the line nearest to the pointer. */
  single: boolean;
  textOf: (line: PanelLine, value: number) => string;
  onZoom: (fromMs: number, toMs: number) => void;
}

const mostTooltipRows = 14;

export default function PanelCanvas(props: PanelCanvasProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const { times, lines, scales, width, height, hidden, scheme, syncKey, thresholds, thresholdStyle } = props;
  const shape = JSON.stringify([lines.map((line) => ({ ...line, values: undefined })), scales, [...hidden], scheme, syncKey, thresholds, thresholdStyle]);

  useEffect(() => {
    if (!host.current) return undefined;
    const made = makePlot(host.current, latest);
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => {
    plot.current?.setData(columnsOf(latest.current));
  }, [times, lines]);

  useEffect(() => {
    plot.current?.setSize({ width, height });
  }, [width, height]);

  return <div ref={host} className={styles.canvas} style={{ height }} />;
}

const shownLines = ({ lines, hidden }: PanelCanvasProps) => lines.filter(({ label }) => !hidden.has(label));

function columnsOf(props: PanelCanvasProps): uPlot.AlignedData {
  return [props.times, ...drawnColumns(shownLines(props))] as uPlot.AlignedData;
}

function makePlot(host: HTMLDivElement, latest: RefObject<PanelCanvasProps>): uPlot {
  const props = latest.current;
  const options = panelOptions({
    lines: shownLines(props),
    scales: props.scales,
    width: props.width,
    height: props.height,
    range: () => latest.current.range,
    look: { text: resolveColor('var(--text-3)'), grid: resolveColor('var(--grid)'), font: "11px 'Inter Variable', sans-serif" },
    syncKey: props.syncKey,
    colorOf: canvasColor,
    paths: {
      bars: uPlot.paths.bars!({ size: [0.85, 60], align: -1 }),
      spline: uPlot.paths.spline!(),
      before: uPlot.paths.stepped!({ align: -1 }),
      after: uPlot.paths.stepped!({ align: 1 }),
    },
  });
  const tooltip = document.createElement('div');
  tooltip.className = styles.tooltip!;
  options.hooks = {
    init: [(chart) => chart.over.append(tooltip)],
    drawAxes: [(chart) => drawThresholds(chart, latest.current)],
    setCursor: [(chart) => showTooltip(chart, tooltip, latest.current)],
    setSelect: [(chart) => zoom(chart, latest.current)],
  };
  return new uPlot(options, columnsOf(props), host);
}

/** A canvas knows neither var() nor color-mix(): the browser is asked what they come to. */
function canvasColor(color: string): string {
  if (!color.includes('(') || /^rgba?\(/.test(color)) return color;
  if (/^var\(--[\w-]+\)$/.test(color)) return resolveColor(color);
  const probe = document.createElement('span');
  probe.style.color = color;
  document.body.append(probe);
  const computed = getComputedStyle(probe).color;
  probe.remove();
  return computed || '#888888';
}

function drawThresholds(chart: uPlot, { thresholds, thresholdStyle, scales }: PanelCanvasProps): void {
  const scale = scales[0];
  if (thresholdStyle === 'off' || !scale) return;
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  thresholds.forEach(({ value, color }, i) => {
    if (color === 'transparent') return;
    const at = (level: number, otherwise: number) => (Number.isFinite(level) ? chart.valToPos(level, scale.key, true) : otherwise);
    const y = at(value, bbox.top + bbox.height);
    if (thresholdStyle === 'area') {
      const top = at(thresholds[i + 1]?.value ?? Infinity, bbox.top);
      ctx.globalAlpha = 0.1;
      ctx.fillStyle = canvasColor(color);
      ctx.fillRect(bbox.left, top, bbox.width, y - top);
      return;
    }
    if (!Number.isFinite(value)) return;
    ctx.strokeStyle = canvasColor(color);
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash(thresholdStyle === 'dashed' ? [6 * devicePixelRatio, 5 * devicePixelRatio] : []);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  });
  ctx.restore();
}

function zoom(chart: uPlot, { onZoom }: PanelCanvasProps): void {
  const { left, width } = chart.select;
  if (width < 6) return;
  onZoom(chart.posToVal(left, 'x') * 1000, chart.posToVal(left + width, 'x') * 1000);
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

function rowsAt(chart: uPlot, idx: number, top: number, props: PanelCanvasProps): { line: PanelLine; value: number }[] {
  const lines = shownLines(props);
  const rows = lines.flatMap((line, i) => {
    const value = line.values[idx];
    return value === null || value === undefined ? [] : [{ line, value, drawn: chart.data[i + 1]?.[idx] ?? value }];
  });
  if (!props.single) return rows.sort((a, b) => b.value - a.value);
  const distance = ({ line, drawn }: (typeof rows)[number]) => Math.abs(chart.valToPos(drawn, line.scale) - top);
  return rows.sort((a, b) => distance(a) - distance(b)).slice(0, 1);
}

function showTooltip(chart: uPlot, tooltip: HTMLDivElement, props: PanelCanvasProps): void {
  const { idx, left = -1, top = 0 } = chart.cursor;
  const isHere = chart.over.matches(':hover');
  const rows = idx === null || idx === undefined || left < 0 || !isHere ? [] : rowsAt(chart, idx, top, props);
  if (rows.length === 0) {
    tooltip.style.display = 'none';
    return;
  }
  tooltip.replaceChildren(element('div', styles.when!, formatDateTime((props.times[idx!] ?? 0) * 1000)));
  for (const { line, value } of rows.slice(0, mostTooltipRows)) {
    const row = element('div', styles.line!, '');
    const swatch = element('span', styles.swatch!, '');
    swatch.style.background = line.color;
    row.append(swatch, element('span', styles.name!, line.label), element('b', 'num', props.textOf(line, value)));
    tooltip.append(row);
  }
  if (rows.length > mostTooltipRows) tooltip.append(element('div', styles.when!, `and ${rows.length - mostTooltipRows} more`));
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
