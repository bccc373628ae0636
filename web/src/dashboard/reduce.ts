// Many values as one: Grafana's calculations by their ids.
export type Calc = (values: (number | null)[], times: (number | null)[]) => number | null;

const present = (values: (number | null)[]) => values.filter((value): value is number => value !== null && !Number.isNaN(value));
const ofPresent = (calc: (values: number[]) => number): Calc => (values) => {
  const some = present(values);
  return some.length === 0 ? null : calc(some);
};
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: number[]) => sum(values) / values.length;
const variance = (values: number[]) => mean(values.map((value) => (value - mean(values)) ** 2));

function percentile(share: number): Calc {
  return ofPresent((values) => {
    const sorted = values.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.round(share * (sorted.length - 1)))]!;
  });
}

const calcs: Record<string, Calc> = {
  lastNotNull: (values) => present(values).at(-1) ?? null,
  last: (values) => values.at(-1) ?? null,
  firstNotNull: (values) => present(values)[0] ?? null,
  first: (values) => values[0] ?? null,
  min: ofPresent((values) => Math.min(...values)),
  max: ofPresent((values) => Math.max(...values)),
  mean: ofPresent(mean),
  sum: ofPresent(sum),
  count: (values) => values.length,
  range: ofPresent((values) => Math.max(...values) - Math.min(...values)),
  delta: ofPresent((values) => values.reduce((total, value, i) => (i > 0 && value > values[i - 1]! ? total + value - values[i - 1]! : i > 0 && value < values[i - 1]! ? total + value : total), 0)),
  step: ofPresent((values) => Math.min(...values.slice(1).map((value, i) => value - values[i]!), Infinity)),
  diff: ofPresent((values) => values.at(-1)! - values[0]!),
  diffperc: ofPresent((values) => (values.at(-1)! - values[0]!) / values[0]!),
  logmin: ofPresent((values) => Math.min(...values.filter((value) => value > 0))),
  changeCount: ofPresent((values) => values.filter((value, i) => i > 0 && value !== values[i - 1]).length),
  distinctCount: ofPresent((values) => new Set(values).size),
  variance: ofPresent(variance),
  stdDev: ofPresent((values) => Math.sqrt(variance(values))),
  median: ofPresent((values) => {
    const sorted = values.toSorted((a, b) => a - b);
    const half = sorted.length / 2;
    return Number.isInteger(half) ? (sorted[half - 1]! + sorted[half]!) / 2 : sorted[Math.floor(half)]!;
  }),
};

/** What older dashboards and `singlestat` call them. */
const oldNames: Record<string, string> = { current: 'lastNotNull', avg: 'mean', total: 'sum' };

export function calcOf(id: string): Calc | undefined {
  const name = oldNames[id] ?? id;
  if (Object.hasOwn(calcs, name)) return calcs[name];
  const share = /^p(\d{1,2})$/.exec(name);
  return share ? percentile(Number(share[1]) / 100) : undefined;
}

const titles: Record<string, string> = { lastNotNull: 'Last', last: 'Last', firstNotNull: 'First', mean: 'Mean', sum: 'Total', count: 'Count', diff: 'Difference' };

export function calcTitle(id: string): string {
  const name = oldNames[id] ?? id;
  return titles[name] ?? name.charAt(0).toUpperCase() + name.slice(1);
}
