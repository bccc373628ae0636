import { describe, expect, it } from 'vitest';
import { decodeHash } from './url_loop';
import { decodeUrl, emptyViews, encodeUrl, type View } from './url_state';
import { defaultRange } from './time_range';

const views: View[] = [
  emptyViews.alerts,
  { page: 'alerts', tab: 'recording', filter: 'route="/a b" & more', alert: '' },
  { page: 'alerts', tab: 'alerts', filter: '', alert: 'HighErrorRate{route="/pay?x=1&y",severity="page"}' },
  emptyViews.silences,
  { page: 'silences', state: 'expired', filter: 'ops', id: 'aa51', draft: null },
  { page: 'silences', state: 'current', filter: '', id: '', draft: '' },
  { page: 'silences', state: 'current', filter: '', id: '', draft: '{alertname="A", job=~"a|b"}' },
  emptyViews.slos,
  { page: 'slos', slo: 'checkout availability' },
];

describe('addresses of the loop', () => {
  it.each(views)('gives back what it wrote: %j', (view) => {
    const url = new URL(encodeUrl({ view, range: defaultRange, refresh: 10 }), 'http://pharos.test');
    expect(decodeUrl(url.pathname, url.search).view).toEqual(view);
  });

  it('reads the addresses of Prometheus', () => {
    expect(decodeUrl('/alerts', '?search=High').view).toEqual({ ...emptyViews.alerts, filter: 'High' });
    expect(decodeUrl('/alerts', '?alert=cbf29ce484222325').view).toEqual({ ...emptyViews.alerts, alert: 'cbf29ce484222325' });
    expect(decodeUrl('/rules', '').view).toEqual(emptyViews.alerts);
  });

  it('reads the addresses of Alertmanager', () => {
    expect(decodeHash('#/alerts')).toEqual(emptyViews.alerts);
    expect(decodeHash('#/alerts?receiver=team-x')).toMatchObject({ page: 'alerts', filter: 'receiver="team-x"' });
    expect(decodeHash(`#/alerts?filter=${encodeURIComponent('{alertname="A"}')}&receiver=x`)).toMatchObject({ filter: '{alertname="A"}' });
    expect(decodeHash('#/silences')).toEqual(emptyViews.silences);
    expect(decodeHash(`#/silences/new?filter=${encodeURIComponent('{alertname="A"}')}`)).toEqual({ ...emptyViews.silences, draft: '{alertname="A"}' });
    expect(decodeHash('#/silences/new')).toEqual({ ...emptyViews.silences, draft: '' });
    expect(decodeHash('#/silences/6cf4')).toEqual({ ...emptyViews.silences, id: '6cf4' });
    for (const other of ['', '#main', '#/settings', '#alerts']) expect(decodeHash(other)).toBeNull();
  });

  it('falls back on nonsense', () => {
    expect(decodeUrl('/silences', '?state=sideways').view).toEqual(emptyViews.silences);
    expect(decodeUrl('/alerts', '?tab=sideways').view).toEqual(emptyViews.alerts);
  });
});
