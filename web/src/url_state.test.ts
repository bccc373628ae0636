import { describe, expect, it } from 'vitest';
import { decodeUrl, emptyViews, encodeUrl, type UrlState, type View } from './url_state';
import { defaultRange } from './time_range';

function roundTrip(state: UrlState): UrlState {
  const url = new URL(encodeUrl(state), 'http://pharos.test');
  return decodeUrl(url.pathname, url.search);
}

const views: View[] = [
  emptyViews.services,
  { page: 'services', filter: 'pay & go', sort: 'p99' },
  { page: 'service', name: 'team/checkout api %' },
  emptyViews.metrics,
  {
    page: 'metrics',
    queries: ['sum(rate(http_requests_total{route=~"/a|b+"}[1m])) by (route)', 'up == 0'],
    tab: 'table',
    step: '30s',
    stacked: true,
  },
  emptyViews.logs,
  { page: 'logs', query: '{service_name="x"} |= `a+b&c=d` | json', limit: 1000, live: true, wrap: true },
  emptyViews.traces,
  {
    page: 'traces',
    service: 'checkout',
    operation: 'GET /products/{id}',
    minDuration: '100ms',
    maxDuration: '2s',
    tags: 'http.status_code=500 user="a b"',
    errorsOnly: true,
    limit: 100,
  },
  { page: 'trace', id: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' },
  emptyViews.targets,
  { page: 'targets', filter: 'instance="a:80" & more', state: 'down' },
];

describe('url codec', () => {
  it.each(views)('gives back what it wrote: %j', (view) => {
    for (const range of [defaultRange, { from: 'now-7d', to: 'now' }, { from: '1700000000000', to: '1700000060000' }]) {
      for (const refresh of [0, 10, 60]) {
        expect(roundTrip({ view, range, refresh })).toEqual({ view, range, refresh });
      }
    }
  });

  it('leaves out what equals its default', () => {
    expect(encodeUrl({ view: emptyViews.services, range: defaultRange, refresh: 10 })).toBe('/');
    expect(encodeUrl({ view: emptyViews.logs, range: defaultRange, refresh: 10 })).toBe('/logs');
  });

  it('reads the addresses of Prometheus and Jaeger', () => {
    const graph = decodeUrl('/graph', '?g0.expr=up&g0.tab=1&g1.expr=rate(x%5B1m%5D)&g0.range_input=1h');
    expect(graph.view).toMatchObject({ page: 'metrics', queries: ['up', 'rate(x[1m])'], tab: 'table' });
    expect(graph.range).toEqual({ from: 'now-1h', to: 'now' });
    const search = decodeUrl('/search', '?service=shop&operation=all&minDuration=5ms&lookback=6h');
    expect(search.view).toMatchObject({ page: 'traces', service: 'shop', operation: '', minDuration: '5ms' });
    expect(search.range.from).toBe('now-6h');
    expect(decodeUrl('/targets', '?search=shop&health=down').view).toEqual({ page: 'targets', filter: 'shop', state: 'down' });
    expect(decodeUrl('/trace/0AF7', '').view).toEqual({ page: 'trace', id: '0af7', span: '' });
  });

  it('falls back on nonsense', () => {
    const state = decodeUrl('/logs', '?limit=99999999&from=yesterday&to=now&refresh=1&live=yes');
    expect(state).toEqual({ view: emptyViews.logs, range: defaultRange, refresh: 10 });
    expect(decodeUrl('/logs', '?from=2000&to=1000').range).toEqual(defaultRange);
    expect(decodeUrl('/services/%E0%A4%A', '').view).toEqual({ page: 'service', name: '%E0%A4%A' });
    expect(decodeUrl('/targets', '?state=sideways').view).toEqual(emptyViews.targets);
    expect(decodeUrl('/nowhere', '').view).toEqual({ page: 'unknown', path: '/nowhere' });
    expect(decodeUrl('/graph', '?' + 'q=up&'.repeat(50)).view).toHaveProperty('queries.length', 8);
  });
});

describe('dashboards in the address', () => {
  it('are read as Grafana writes them, and written again', () => {
    const state = decodeUrl('/d/abc/shop-red', '?orgId=1&var-job=a&var-job=b&var-x=&from=now-6h&to=now&refresh=30s&viewPanel=4');
    expect(state).toEqual({
      view: { page: 'dashboard', uid: 'abc', slug: 'shop-red', vars: { job: ['a', 'b'], x: [''] }, timed: true, panel: '4' },
      range: { from: 'now-6h', to: 'now' },
      refresh: 30,
    });
    expect(encodeUrl(state)).toBe('/d/abc/shop-red?var-job=a&var-job=b&var-x=&viewPanel=4&from=now-6h&to=now&refresh=30');
  });
  it('keep a chosen time that is the default, and none where none was chosen', () => {
    const chosen = decodeUrl('/d/abc', '?from=now-15m&to=now');
    expect(encodeUrl(chosen)).toBe('/d/abc?from=now-15m&to=now');
    const none = decodeUrl('/d/abc', '');
    expect(none.view).toMatchObject({ timed: false });
    expect(encodeUrl(none)).toBe('/d/abc');
  });
  it('are listed by words and tag', () => {
    expect(encodeUrl(decodeUrl('/dashboards', '?query=red&tag=shop'))).toBe('/dashboards?filter=red&tag=shop');
  });
});
