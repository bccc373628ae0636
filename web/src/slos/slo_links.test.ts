import { describe, expect, it } from 'vitest';
import type { Slo } from '../api/pharos/slos';
import { burnWindow, promiseOf, targetsOf } from './slo_links';
import { smoothed } from './use_slos';

const slo: Slo = {
  name: 'checkout',
  service: 'checkout-api',
  objective: 0.995,
  latencySeconds: 0.3,
  windowSeconds: 2_592_000,
  sli: 0.999,
  budgetRemaining: 0.8,
  burnRates: {},
  alerts: [{ name: 'x', severity: 'page', longWindow: '1h', shortWindow: '5m', factor: 14.4, state: 'inactive' }],
  error: '',
  queries: { errorRatio: 'r', total: 't' },
};
const now = Date.parse('2026-01-01T12:00:00Z');

describe('slo links', () => {
  it('says what is promised', () => {
    expect(promiseOf(slo)).toBe('99.5 % of requests succeed within 300 ms, over 30 days');
    expect(promiseOf({ ...slo, latencySeconds: null })).toBe('99.5 % of requests succeed, over 30 days');
  });

  it('looks at the last hour, or at where the burn began', () => {
    expect(burnWindow(slo, now)).toEqual({ fromMs: now - 3_600_000, toMs: now });
    const since = now - 1_800_000;
    const alerts = [{ ...slo.alerts[0]!, state: 'firing' as const, activeAt: new Date(since).toISOString() }];
    expect(burnWindow({ ...slo, alerts }, now)).toEqual({ fromMs: since - 3_600_000, toMs: since + 900_000 });
  });

  it('asks for slow traces only where time counts', () => {
    expect(targetsOf(slo, now).slow!.view).toMatchObject({ service: 'checkout-api', minDuration: '300ms', errorsOnly: false });
    expect(targetsOf({ ...slo, latencySeconds: null }, now).slow).toBeNull();
    expect(targetsOf(slo, now).failed.view).toMatchObject({ errorsOnly: true });
  });

  it('takes the mean between far points', () => {
    expect(smoothed('a / b', 60)).toBe('a / b');
    expect(smoothed('a / b', 10_800)).toBe('avg_over_time(((a / b) >= 0)[3h:15m])');
  });
});
