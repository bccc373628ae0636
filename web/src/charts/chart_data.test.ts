import { describe, expect, it } from 'vitest';
import { stackColumns, tooltipRows, valueRange, zeroFilled } from './chart_data';
import { sparklinePath } from './sparkline_path';

describe('chart data', () => {
  it('stacks', () => {
    expect(stackColumns([[1, null, 3, null], [10, 20, null, null], [100, 100, 100, null]])).toEqual([
      [1, 0, 3, null], [11, 20, 3, null], [111, 120, 103, null],
    ]);
    expect(stackColumns([])).toEqual([]);
    expect(zeroFilled([[null, 2]])).toEqual([[0, 2]]);
  });

  it('gives axes that start at zero and are never flat', () => {
    expect(valueRange(null, null)).toEqual([0, 1]);
    expect(valueRange(0, 0)).toEqual([0, 1]);
    expect(valueRange(5, 10)).toEqual([0, 10.6]);
    expect(valueRange(-10, -5)).toEqual([-10.6, 0]);
  });

  it('lists the highest values of a moment', () => {
    const series = [1, null, 9, 4].map((value, i) => ({ label: `s${i}`, color: 'c', values: [value] }));
    const { rows, hidden } = tooltipRows(series, 0, 2);
    expect(rows.map((row) => row.label)).toEqual(['s2', 's3']);
    expect(hidden).toBe(1);
  });

  it('breaks sparklines at gaps', () => {
    expect(sparklinePath([0, 1, null, 1, 0], 40, 13)).toBe('M0.0 11.5L10.0 1.5M30.0 1.5L40.0 11.5');
    expect(sparklinePath([null, NaN], 40, 13)).toBe('');
    expect(sparklinePath([1, 1], 10, 13, 10)).toBe('M0.0 10.5L10.0 10.5');
  });
});
