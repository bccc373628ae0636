// How an error budget was spent over its window, and the words and grades of budgets and burn rates.
import type { Slo, SloAlert } from '../api/pharos/slos';

type Column = (number | null)[];

/**
 * Remaining budget at each moment, 1 at first: a moment spends by its failed share times its traffic. Where
 * the server says what remains now, the curve ends there: samples give the shape, the server the sum.
 * Null before the first event.
 */
export function burnDown(errorRatio: Column, total: Column | null, objective: number, remainingNow: number | null): Column {
  const allowed = 1 - objective;
  const weights = errorRatio.map((ratio, i) => (ratio === null ? 0 : total === null ? 1 : Math.max(0, total[i] ?? 0)));
  const traffic = weights.reduce((sum, weight) => sum + weight, 0);
  const first = errorRatio.findIndex((ratio) => ratio !== null);
  if (first === -1 || allowed <= 0) return errorRatio.map(() => null);
  const bad = runningSum(errorRatio.map((ratio, i) => (ratio ?? 0) * weights[i]!));
  const measured = traffic === 0 ? 0 : bad.at(-1)! / traffic / allowed;
  const told = remainingNow === null ? measured : 1 - remainingNow;
  // Failures that fell between the samples are spread over the traffic.
  const shape = measured > 0 ? bad : runningSum(weights);
  const whole = shape.at(-1)! || 1;
  return shape.map((value, i) => (i < first ? null : 1 - (told * value) / whole));
}

function runningSum(values: number[]): number[] {
  let sum = 0;
  return values.map((value) => (sum += value));
}

export type Grade = 'good' | 'low' | 'spent' | 'unknown';

/** Below a quarter it is low; nothing left is spent. */
export function gradeOf(budgetRemaining: number | null): Grade {
  if (budgetRemaining === null || Number.isNaN(budgetRemaining)) return 'unknown';
  if (budgetRemaining <= 0) return 'spent';
  return budgetRemaining < 0.25 ? 'low' : 'good';
}

/** Seconds until the budget is spent if it goes on like this; null while it is not. */
export function secondsLeft(budgetRemaining: number | null, burnRate: number | null, windowSeconds: number): number | null {
  if (budgetRemaining === null || burnRate === null || budgetRemaining <= 0 || burnRate <= 0) return null;
  return (budgetRemaining * windowSeconds) / burnRate;
}

/** Both windows must burn faster than the factor: an old burn or a short spike is no alert. */
export function isBurning(alert: SloAlert, rates: Slo['burnRates']): boolean {
  return [alert.longWindow, alert.shortWindow].every((window) => (rates[window] ?? 0) > alert.factor);
}

/** Firing before pending before quiet, and the worse budget first. */
export function arrangeSlos(slos: Slo[]): Slo[] {
  const loudness = (slo: Slo) => Math.max(0, ...slo.alerts.map((alert) => ({ inactive: 0, pending: 1, firing: 2 })[alert.state]));
  const budget = (slo: Slo) => slo.budgetRemaining ?? 2;
  return slos.toSorted((a, b) => loudness(b) - loudness(a) || budget(a) - budget(b) || a.name.localeCompare(b.name));
}

/** "99.95 %": an objective and its SLI keep the digits that tell them apart from 100 %. */
export function formatObjective(ratio: number): string {
  const percent = ratio * 100;
  const nines = percent >= 100 ? 0 : Math.ceil(-Math.log10(100 - percent + 1e-12));
  return `${Number(percent.toFixed(Math.min(6, Math.max(2, nines + 2))))} %`;
}

/** "4.2×"; a rate that is not zero never shows as zero. */
export function formatBurn(rate: number | null): string {
  if (rate === null || Number.isNaN(rate)) return '–';
  if (rate > 0 && rate < 0.01) return '< 0.01×';
  return `${Number(rate.toFixed(rate >= 100 ? 0 : rate >= 10 ? 1 : 2))}×`;
}

/** The window of a chart that begins with the first value, when most of it would be empty; null to keep it. */
export function narrowerWindow(times: number[], values: Column): { fromMs: number; toMs: number } | null {
  const first = values.findIndex((value) => value !== null);
  if (first === -1 || times.length < 2) return null;
  const step = times[1]! - times[0]!;
  const covered = times.length - first;
  if (covered > times.length / 4 || step <= 1) return null;
  const last = times.at(-1)!;
  return { fromMs: Math.max(times[0]!, times[first]! - step) * 1000, toMs: last * 1000 };
}
