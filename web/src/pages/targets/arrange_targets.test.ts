import { describe, expect, it } from 'vitest';
import type { ActiveTarget } from '../../api/prometheus/targets';
import { emptyViews } from '../../url_state';
import { arrangeTargets, lastScrapeMs, safeUrl } from './arrange_targets';

function target(pool: string, port: number, health: ActiveTarget['health'], more: Partial<ActiveTarget> = {}): ActiveTarget {
  const url = `http://localhost:${port}/metrics`;
  return {
    labels: { job: pool, instance: `localhost:${port}` },
    discoveredLabels: {},
    scrapePool: pool,
    scrapeUrl: url,
    lastError: '',
    lastScrape: '2026-01-02T03:04:05.678Z',
    lastScrapeDuration: 0.01,
    health,
    scrapeInterval: '15s',
    scrapeTimeout: '10s',
    ...more,
  };
}

const targets = [
  target('shop', 10000, 'up'),
  target('shop', 9000, 'up'),
  target('db', 9100, 'down', { lastError: 'connection refused' }),
  target('cache', 9200, 'unknown'),
];
const ports = (list: ActiveTarget[]) => list.map((entry) => Number(new URL(entry.scrapeUrl).port));

describe('targets', () => {
  it('puts what is down first, then sorts by pool and address', () => {
    expect(ports(arrangeTargets(targets, emptyViews.targets))).toEqual([9100, 9200, 9000, 10000]);
  });

  it('filters by state and by text of labels, address and error', () => {
    expect(ports(arrangeTargets(targets, { ...emptyViews.targets, state: 'up' }))).toEqual([9000, 10000]);
    expect(ports(arrangeTargets(targets, { ...emptyViews.targets, filter: 'Refused' }))).toEqual([9100]);
    expect(ports(arrangeTargets(targets, { ...emptyViews.targets, filter: 'job="cache"' }))).toEqual([9200]);
    expect(arrangeTargets(targets, { ...emptyViews.targets, state: 'down', filter: 'shop' })).toEqual([]);
  });

  it('knows a target that was never scraped', () => {
    expect(lastScrapeMs(targets[0]!)).toBe(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
    expect(lastScrapeMs(target('shop', 1, 'unknown', { lastScrape: '0001-01-01T00:00:00Z' }))).toBeNull();
  });

  it('opens http addresses only', () => {
    expect(safeUrl('http://a/metrics')).toBe('http://a/metrics');
    expect(safeUrl('javascript:alert(1)')).toBeUndefined();
  });
});
