import { describe, expect, it } from 'vitest';
import { foldServices, gridOf, lastValue, onGrid, sumColumns } from './fold';
import { isOwn, quantileQuery, rateWindow, redSourcesOf, requestRateQuery, selectorFor, serviceOf, statusClassOf } from './red_source';

describe('sources', () => {
  it('are found by name, the plain one first', () => {
    const names = ['app_http_requests_total', 'http_server_request_duration_seconds_count', 'http_requests_total', 'up'];
    expect(redSourcesOf(names).map((source) => source.requests)).toEqual([
      'http_requests_total', 'app_http_requests_total', 'http_server_request_duration_seconds_count',
    ]);
    expect(redSourcesOf(['app_http_requests_total'])[0]!.duration).toBe('app_http_request_duration_seconds');
    expect(redSourcesOf(['pharos_http_requests_total', 'http_requests_total']).map(isOwn)).toEqual([false, true]);
    expect(redSourcesOf(['up', 'nginx_connections_total'])).toEqual([]);
  });

  it('write PromQL', () => {
    const source = redSourcesOf(['http_requests_total'])[0]!;
    expect(requestRateQuery(source, null, '1m', ['job', 'status'])).toBe(
      'sum by (job, status) (rate(http_requests_total[1m]))',
    );
    expect(quantileQuery(source, 'a.b', '5m', 0.95, ['route'])).toBe(
      'histogram_quantile(0.95, sum by (route, le) (rate(http_request_duration_seconds_bucket{job=~"(.+/)?a\\\\.b"}[5m])))',
    );
    expect(selectorFor('say "hi"')).toBe('{job=~"(.+/)?say \\"hi\\""}');
    expect([15, 60, 300].map(rateWindow)).toEqual(['1m', '1m', '5m']);
  });

  it('read labels', () => {
    expect(serviceOf({ job: 'shop/checkout' })).toBe('checkout');
    expect(serviceOf({})).toBe('unknown');
    const labelSets: Record<string, string>[] = [{ status: '503' }, { code: '404' }, { status_code: '2xx' }, { status: 'error' }, {}];
    expect(labelSets.map(statusClassOf)).toEqual([
      '5xx', '4xx', '2xx', '5xx', 'other',
    ]);
  });
});

describe('folding', () => {
  const grid = gridOf(100, 120, 10);

  it('puts samples on the grid', () => {
    expect(grid).toEqual([100, 110, 120]);
    expect(onGrid({ metric: {}, values: [[100, '1'], [120.0004, '3'], [500, '9']] }, grid)).toEqual([1, null, 3]);
    expect(onGrid({ metric: {}, values: [[110, 'NaN']] }, grid)).toEqual([null, null, null]);
    expect(sumColumns([[1, null, 3], [1, null, null]], 3)).toEqual([2, null, 3]);
    expect(lastValue([1, 2, null])).toBe(2);
    expect(lastValue([1, null, null, null])).toBeNull();
  });

  it('makes one row a service and keeps the first source', () => {
    const series = (job: string, status: string, value: string) => ({
      metric: { job, status },
      values: grid.map((time): [number, string] => [time, value]),
    });
    const latency = { metric: { job: 'shop' }, values: [[120, '0.25']] as [number, string][] };
    const now = { metric: { job: 'shop' }, value: [120, '0.1'] as [number, string] };
    const first = { requests: [series('shop', '200', '9'), series('shop', '500', '1')], p95: [latency], p50Now: [now], p99Now: [], unitsPerSecond: 1 };
    const second = { ...first, requests: [series('shop', '200', '77'), series('cart', '200', '2')] };
    const rows = foldServices([first, second], grid, { traces: ['shop', 'mailer'], logs: ['cart'] });
    expect(rows.map((row) => row.name)).toEqual(['shop', 'cart', 'mailer']);
    expect(rows[0]).toMatchObject({ rate: 10, errorRatio: 0.1, p50: 0.1, p95: 0.25, p99: null, hasTraces: true, hasLogs: false });
    expect(rows[1]).toMatchObject({ rate: 2, errorRatio: 0, hasLogs: true });
    expect(rows[2]).toMatchObject({ rate: null, hasTraces: true });
  });
});
