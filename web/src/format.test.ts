import { describe, expect, it } from 'vitest';
import { formatAgo, formatBytes, formatMicros, formatNumber, formatPercent, formatRate, formatSeconds, plural } from './format';

describe('format', () => {
  it('writes numbers with three digits', () => {
    expect([0, 0.01234, 1.2345, 12.345, 123.4, 9999, 12_345, 1.5e6, 2e9].map(formatNumber)).toEqual([
      '0', '0.0123', '1.23', '12.3', '123', '9999', '12.3 k', '1.5 M', '2 G',
    ]);
    expect(formatNumber(NaN)).toBe('NaN');
    expect(formatNumber(-Infinity)).toBe('−∞');
    expect(formatNumber(1.23e-7)).toBe('1.23e-7');
  });

  it('writes durations with the unit that fits', () => {
    expect([0, 5e-8, 0.000012, 0.0125, 0.9996, 1.234, 59.9, 80, 3600, 93_600].map(formatSeconds)).toEqual([
      '0 s', '50 ns', '12 µs', '12.5 ms', '1 s', '1.23 s', '59.9 s', '1m 20s', '1h', '1d 2h',
    ]);
    expect(formatMicros(1500)).toBe('1.5 ms');
  });

  it('never shows a small error rate as none', () => {
    expect([0, 0.00001, 0.0123, 0.5, NaN].map(formatPercent)).toEqual(['0 %', '< 0.01 %', '1.23 %', '50 %', '–']);
  });

  it('writes rates, sizes, counts and ages', () => {
    expect(formatRate(12.34)).toBe('12.3 req/s');
    expect(formatBytes(1536)).toBe('1.5 KiB');
    expect([plural(1, 'span'), plural(1200, 'span')]).toEqual(['1 span', '1,200 spans']);
    expect([1000, 12_000, 400_000].map((ago) => formatAgo(1e12 - ago, 1e12))).toEqual(['just now', '12 s ago', '6 min ago']);
  });
});
