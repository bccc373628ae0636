// Where the points of the duration scatter lie.
import type { TimeWindow } from '../../time_range';
import type { TraceSummary } from '../../trace/summary';

export interface ScatterPoint {
  trace: TraceSummary;
  x: number;
  y: number;
  radius: number;
}

export interface ScatterBox {
  width: number;
  height: number;
  left: number;
  bottom: number;
  top: number;
  right: number;
}

export interface Scatter {
  points: ScatterPoint[];
  durationTicks: { micros: number; y: number }[];
  timeTicks: { ms: number; x: number }[];
}

/** Durations differ by powers of ten, so the scale is logarithmic once they span more than thirty-fold. */
export function layoutScatter(traces: TraceSummary[], window: TimeWindow, box: ScatterBox): Scatter {
  const durations = traces.map((trace) => Math.max(1, trace.durationMicros));
  const max = Math.max(...durations, 1);
  const min = Math.min(...durations, max);
  const isLog = max / min > 30;
  const low = isLog ? 10 ** Math.floor(Math.log10(min)) : 0;
  const high = isLog ? max * 1.3 : max * 1.12;
  const plotHeight = box.height - box.top - box.bottom;
  const plotWidth = box.width - box.left - box.right;
  const share = (micros: number) =>
    isLog ? Math.log(Math.max(micros, low) / low) / Math.log(high / low) : micros / high;
  const yOf = (micros: number) => box.top + plotHeight * (1 - share(micros));
  const times = traces.map((trace) => trace.startMicros / 1000);
  // A few traces of the last minute should not stick to the right edge of a day.
  const from = Math.max(window.fromMs, Math.min(...times, window.toMs) - 1000);
  const to = Math.max(from + 1, Math.min(window.toMs, Math.max(...times, from) + 1000));
  const xOf = (ms: number) => box.left + plotWidth * Math.min(1, Math.max(0, (ms - from) / (to - from)));
  return {
    points: traces.map((trace) => ({
      trace,
      x: xOf(trace.startMicros / 1000),
      y: yOf(trace.durationMicros),
      radius: Math.min(9, 3 + Math.sqrt(trace.spanCount) * 0.55),
    })),
    durationTicks: (isLog ? powersOfTen(low, high) : linearTicks(high)).map((micros) => ({ micros, y: yOf(micros) })),
    timeTicks: [0, 0.25, 0.5, 0.75, 1].map((part) => ({ ms: from + part * (to - from), x: box.left + part * plotWidth })),
  };
}

function powersOfTen(low: number, high: number): number[] {
  const ticks: number[] = [];
  for (let tick = low; tick <= high; tick *= 10) ticks.push(tick);
  return ticks;
}

function linearTicks(high: number): number[] {
  const rough = high / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  return [0, 1, 2, 3].map((i) => i * step).filter((tick) => tick <= high);
}
