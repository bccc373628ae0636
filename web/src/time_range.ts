// Time ranges as the URL writes them: "now", "now-15m" or epoch milliseconds.

export interface TimeRange {
  from: string;
  to: string;
}

export interface TimeWindow {
  fromMs: number;
  toMs: number;
}

export interface Preset {
  label: string;
  short: string;
  from: string;
}

export const presets: Preset[] = [
  { label: 'Last 5 minutes', short: '5m', from: 'now-5m' },
  { label: 'Last 15 minutes', short: '15m', from: 'now-15m' },
  { label: 'Last hour', short: '1h', from: 'now-1h' },
  { label: 'Last 6 hours', short: '6h', from: 'now-6h' },
  { label: 'Last 24 hours', short: '24h', from: 'now-24h' },
  { label: 'Last 7 days', short: '7d', from: 'now-7d' },
];

export const defaultRange: TimeRange = { from: 'now-15m', to: 'now' };

const unitMs: Record<string, number> = { ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86400e3, w: 604800e3, y: 31536000e3 };

/** A duration as Prometheus writes it ("1h30m", "500ms") in milliseconds; null if it is none. */
export function parseDurationMs(text: string): number | null {
  const trimmed = text.trim();
  if (!/^(\d+(\.\d+)?(ms|[smhdwy]))+$/.test(trimmed)) return null;
  let total = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwy])/g)) {
    total += Number(amount) * unitMs[unit!]!;
  }
  return total;
}

/** Milliseconds as the shortest exact Prometheus duration ("90s", "5m"). */
export function durationText(ms: number): string {
  const rounded = Math.max(1, Math.round(ms));
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (rounded % unitMs[unit]! === 0) return `${rounded / unitMs[unit]!}${unit}`;
  }
  return `${rounded}ms`;
}

/** One end of a range in epoch milliseconds; null where the text has no meaning. */
export function parseInstant(text: string, nowMs: number): number | null {
  if (text === 'now') return nowMs;
  const relative = /^now-(.+)$/.exec(text);
  if (relative) {
    const ago = parseDurationMs(relative[1]!);
    return ago === null ? null : nowMs - ago;
  }
  if (!/^\d{1,15}$/.test(text)) return null;
  return Number(text);
}

export function isValidRange(range: TimeRange): boolean {
  const from = parseInstant(range.from, 1e15);
  const to = parseInstant(range.to, 1e15);
  return from !== null && to !== null && from < to;
}

export function isRelative(range: TimeRange): boolean {
  return range.from.startsWith('now') || range.to.startsWith('now');
}

/** The range as epoch milliseconds at `nowMs`; an invalid range reads as the default one. */
export function resolveRange(range: TimeRange, nowMs: number): TimeWindow {
  const valid = isValidRange(range) ? range : defaultRange;
  return { fromMs: parseInstant(valid.from, nowMs)!, toMs: parseInstant(valid.to, nowMs)! };
}

export function absoluteRange(fromMs: number, toMs: number): TimeRange {
  const from = Math.max(0, Math.floor(fromMs));
  return { from: String(from), to: String(Math.max(from + 1, Math.ceil(toMs))) };
}

const niceSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];

/** The smallest calm step, in seconds, that gives at most `maxPoints` points over the window. */
export function stepFor(window: TimeWindow, maxPoints: number): number {
  const wanted = (window.toMs - window.fromMs) / 1000 / maxPoints;
  return niceSteps.find((step) => step >= wanted) ?? Math.ceil(wanted / 86400) * 86400;
}

/** The window with both ends on multiples of the step, so that a refresh moves no sample. */
export function alignWindow(window: TimeWindow, stepSeconds: number): TimeWindow {
  const stepMs = stepSeconds * 1000;
  return { fromMs: Math.floor(window.fromMs / stepMs) * stepMs, toMs: Math.floor(window.toMs / stepMs) * stepMs };
}
