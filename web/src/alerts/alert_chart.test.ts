import { describe, expect, it } from 'vitest';
import type { MatrixEntry } from '../api/prometheus/query_range';
import { alertChart } from './alert_chart';
import { splitThreshold } from './threshold';

const entry = (metric: Record<string, string>, value: string): MatrixEntry => ({ metric, values: [[0, value], [60, value]] });
const times = [0, 60];

describe('alertChart', () => {
  it('draws the own series before the others and the threshold', () => {
    const [part] = splitThreshold('sum by (route) (x) > 0.01');
    const entries = [entry({ route: '/a' }, '1'), entry({ route: '/b' }, '2')];
    const series = alertChart([{ part: part!, entries, against: [] }], times, { alertname: 'A', route: '/b' }, 'percent');
    expect(series.map(({ label, isFaint, isThreshold, values }) => [label, Boolean(isFaint), Boolean(isThreshold), values[0]])).toEqual([
      ['{route="/b"}', false, false, 2],
      ['{route="/a"}', true, false, 1],
      ['fires > 1 %', false, true, 0.01],
    ]);
  });

  it('tells parts apart by their look-back and draws one line for one threshold', () => {
    const parts = splitThreshold('r(a[1h]) > 14 and r(a[5m]) > 14');
    const answers = parts.map((part) => ({ part, entries: [entry({}, '1')], against: [] }));
    expect(alertChart(answers, times, {}, 'none').map(({ label }) => label)).toEqual(['over 1h', 'over 5m', 'fires > 14']);
  });

  it('draws the other side of a comparison', () => {
    const [part] = splitThreshold('a > b');
    const series = alertChart([{ part: part!, entries: [entry({}, '1')], against: [entry({}, '3')] }], times, {}, 'none');
    expect(series.map(({ label, values }) => [label, values[1]])).toEqual([['value', 1], ['b', 3]]);
  });
});
