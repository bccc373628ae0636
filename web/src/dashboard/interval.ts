// The step of a query: as Grafana chooses it, from the range, the width and the least interval.
import { durationText, parseDurationMs, type TimeWindow } from '../time_range';

/** What Grafana assumes of a Prometheus that does not say how often it scrapes. */
export const scrapeIntervalMs = 15_000;
/** Prometheus refuses more points than this in one answer. */
const mostPoints = 11_000;

/** [below this, in ms, the interval becomes that]. */
const rounds: [number, number][] = [
  [10, 1], [15, 10], [35, 20], [75, 50], [150, 100], [350, 200], [750, 500], [1_500, 1_000], [3_500, 2_000], [7_500, 5_000],
  [12_500, 10_000], [17_500, 15_000], [25_000, 20_000], [45_000, 30_000], [90_000, 60_000], [210_000, 120_000], [450_000, 300_000],
  [750_000, 600_000], [1_050_000, 900_000], [1_500_000, 1_200_000], [2_700_000, 1_800_000], [5_400_000, 3_600_000],
  [9_000_000, 7_200_000], [16_200_000, 10_800_000], [32_400_000, 21_600_000], [86_400_000, 43_200_000], [604_800_000, 86_400_000],
  [1_814_400_000, 604_800_000], [3_628_800_000, 2_592_000_000],
];

export function roundInterval(ms: number): number {
  return rounds.find(([below]) => ms < below)?.[1] ?? 31_536_000_000;
}

/** "1m", ">30s", "15": a least interval; null where it is none. */
export function parseInterval(text: string): number | null {
  const trimmed = text.trim().replace(/^>=?/, '');
  if (/^\d+$/.test(trimmed)) return Number(trimmed) * 1000;
  return parseDurationMs(trimmed);
}

export interface Step {
  /** What the query is asked with, and $__interval. */
  stepMs: number;
  rateIntervalMs: number;
}

export function stepOf(window: TimeWindow, maxDataPoints: number, minIntervalMs: number, factor = 1): Step {
  const rangeMs = Math.max(1, window.toMs - window.fromMs);
  const wanted = roundInterval(rangeMs / Math.max(1, maxDataPoints));
  const safe = Math.ceil(rangeMs / mostPoints / 1000) * 1000;
  const stepMs = Math.max(wanted * Math.max(1, factor), minIntervalMs, rangeMs / 1000 > mostPoints ? safe : 0);
  const scrapeMs = Math.max(1, minIntervalMs);
  return { stepMs, rateIntervalMs: Math.max(stepMs + scrapeMs, 4 * scrapeMs) };
}

/** A step in Prometheus's words: seconds, or milliseconds below one. */
export function intervalText(ms: number): string {
  return durationText(ms);
}

/** Grafana's own names for a range and a step. */
export function intervalBuiltins(window: TimeWindow, step: Step): [string, string][] {
  const rangeMs = Math.max(0, Math.round(window.toMs - window.fromMs));
  const rangeSeconds = Math.round(rangeMs / 1000);
  return [
    ['__interval', intervalText(step.stepMs)],
    ['__interval_ms', String(step.stepMs)],
    ['__rate_interval', intervalText(step.rateIntervalMs)],
    ['__rate_interval_ms', String(step.rateIntervalMs)],
    ['__range', `${rangeSeconds}s`],
    ['__range_s', String(rangeSeconds)],
    ['__range_ms', String(rangeMs)],
    ['__from', String(Math.round(window.fromMs))],
    ['__to', String(Math.round(window.toMs))],
  ];
}
