import { describe, expect, it } from 'vitest';
import { absoluteRange, alignWindow, durationText, isValidRange, parseDurationMs, resolveRange, stepFor } from './time_range';

describe('durations', () => {
  it('reads what Prometheus reads', () => {
    expect(parseDurationMs('1h30m')).toBe(5400e3);
    expect(parseDurationMs('500ms')).toBe(500);
    expect(parseDurationMs('1.5s')).toBe(1500);
    for (const bad of ['', '5', 'm', '5 m', '-5m', '5mm']) expect(parseDurationMs(bad)).toBeNull();
  });

  it('writes the shortest exact form', () => {
    expect([90e3, 300e3, 7200e3, 86400e3, 250].map(durationText)).toEqual(['90s', '5m', '2h', '1d', '250ms']);
  });
});

describe('ranges', () => {
  it('resolves against now', () => {
    expect(resolveRange({ from: 'now-15m', to: 'now' }, 1e12)).toEqual({ fromMs: 1e12 - 900e3, toMs: 1e12 });
    expect(resolveRange({ from: '1000', to: '5000' }, 1e12)).toEqual({ fromMs: 1000, toMs: 5000 });
    expect(resolveRange({ from: 'x', to: 'now' }, 1e12).fromMs).toBe(1e12 - 900e3);
  });

  it('refuses what runs backwards', () => {
    expect(isValidRange({ from: 'now', to: 'now-5m' })).toBe(false);
    expect(isValidRange({ from: '10', to: '10' })).toBe(false);
    expect(isValidRange(absoluteRange(10, 10))).toBe(true);
  });

  it('chooses calm steps', () => {
    expect(stepFor({ fromMs: 0, toMs: 900e3 }, 240)).toBe(5);
    expect(stepFor({ fromMs: 0, toMs: 7 * 86400e3 }, 240)).toBe(3600);
    expect(stepFor({ fromMs: 0, toMs: 400 * 86400e3 }, 100)).toBe(4 * 86400);
    expect(alignWindow({ fromMs: 12_345, toMs: 67_890 }, 10)).toEqual({ fromMs: 10_000, toMs: 60_000 });
  });
});
