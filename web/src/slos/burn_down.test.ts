import { describe, expect, it } from 'vitest';
import type { Slo, SloAlert } from '../api/pharos/slos';
import { arrangeSlos, burnDown, formatBurn, formatObjective, gradeOf, isBurning, narrowerWindow, secondsLeft } from './burn_down';

const rounded = (values: (number | null)[]) => values.map((value) => (value === null ? null : Number(value.toFixed(6))));

describe('burnDown', () => {
  it('spends by failed share times traffic', () => {
    // 1000 events in all, 1 % may fail: 10. The second moment fails 5 of 500, the third 5 of 250.
    expect(rounded(burnDown([0, 0.01, 0.02], [250, 500, 250], 0.99, null))).toEqual([1, 0.5, 0]);
  });

  it('counts every moment the same without traffic, and goes below zero', () => {
    expect(rounded(burnDown([0, 0.04], null, 0.99, null))).toEqual([1, -1]);
  });

  it('ends where the server says', () => {
    expect(rounded(burnDown([0.01, 0.03], [1, 1], 0.99, 0.8))).toEqual([0.95, 0.8]);
    expect(rounded(burnDown([0, 0], [1, 3], 0.99, 0.8))).toEqual([0.95, 0.8]);
    expect(rounded(burnDown([0, 0], [1, 1], 0.99, null))).toEqual([1, 1]);
  });

  it('begins with the first event and goes over gaps', () => {
    expect(rounded(burnDown([null, 0.01, null, 0.01], [null, 1, null, 1], 0.99, null))).toEqual([null, 0.5, 0.5, 0]);
    expect(burnDown([null, null], null, 0.99, null)).toEqual([null, null]);
    expect(burnDown([0.1], null, 1, null)).toEqual([null]);
    expect(rounded(burnDown([0, 0.5], [0, 0], 0.99, null))).toEqual([1, 1]);
  });
});

describe('budgets', () => {
  it('grades', () => {
    expect([1, 0.25, 0.2, 0, -3, null].map(gradeOf)).toEqual(['good', 'good', 'low', 'spent', 'spent', 'unknown']);
  });

  it('tells when it is spent', () => {
    expect(secondsLeft(0.5, 14.4, 2_592_000)).toBe(90_000);
    expect(secondsLeft(0.5, 0, 100)).toBeNull();
    expect(secondsLeft(-0.1, 2, 100)).toBeNull();
  });

  it('burns only when both windows do', () => {
    const alert: SloAlert = { name: 'x', severity: 'page', longWindow: '1h', shortWindow: '5m', factor: 14.4, state: 'inactive' };
    expect(isBurning(alert, { '5m': 20, '1h': 15 })).toBe(true);
    expect(isBurning(alert, { '5m': 20, '1h': 14.4 })).toBe(false);
    expect(isBurning(alert, { '5m': 20 })).toBe(false);
  });

  it('puts what burns first', () => {
    const slo = (name: string, budgetRemaining: number | null, state: SloAlert['state']) =>
      ({ name, budgetRemaining, alerts: [{ state }] }) as Slo;
    const slos = [slo('b', 0.9, 'inactive'), slo('a', null, 'inactive'), slo('c', 0.1, 'inactive'), slo('d', 0.9, 'firing')];
    expect(arrangeSlos(slos).map((entry) => entry.name)).toEqual(['d', 'c', 'b', 'a']);
  });
});

describe('words', () => {
  it('keeps the digits of many nines', () => {
    expect([0.995, 0.999, 0.99999, 0.9991, 1, 0.5].map(formatObjective)).toEqual(['99.5 %', '99.9 %', '99.999 %', '99.91 %', '100 %', '50 %']);
    expect(formatObjective(0.9999912)).toBe('99.99912 %');
  });

  it('writes burn rates', () => {
    expect([14.4, 0.4, 0, 0.001, 123.4, null].map(formatBurn)).toEqual(['14.4×', '0.4×', '0×', '< 0.01×', '123×', '–']);
  });
});

describe('narrowerWindow', () => {
  const times = Array.from({ length: 100 }, (_, i) => i * 60);
  it('leaves out what is empty', () => {
    const young = times.map((time) => (time >= 5700 ? 0 : null));
    expect(narrowerWindow(times, young)).toEqual({ fromMs: 5_640_000, toMs: 5_940_000 });
    expect(narrowerWindow(times, times)).toBeNull();
    expect(narrowerWindow(times, times.map(() => null))).toBeNull();
  });
});
