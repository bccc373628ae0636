import { describe, expect, it } from 'vitest';
import type { DeliveredAlert } from '../api/alertmanager/alerts';
import type { PrometheusAlert } from '../api/prometheus/alerts';
import type { RuleGroup } from '../api/prometheus/rules';
import { arrangeAnnotations, chartWindow, evidenceOf, linkIn, onsetWindow, serviceOfAlert, unitOfRule } from './alert_links';
import { findRow, indexRules, joinAlerts, ruleOf, severityOf, splitRows } from './alert_rows';
import { durationWords, sinceWords, untilWords } from './duration_words';
import { fingerprintOf } from './fingerprint';

const own = (labels: Record<string, string>, state: PrometheusAlert['state'] = 'firing', activeAt = '2026-01-01T03:00:00Z'): PrometheusAlert => ({
  labels,
  annotations: {},
  state,
  activeAt,
  value: '1.5e-02',
});

const told = (labels: Record<string, string>, status: Partial<DeliveredAlert['status']> = {}): DeliveredAlert => ({
  labels,
  annotations: {},
  fingerprint: fingerprintOf(labels),
  startsAt: '2026-01-01T03:05:00Z',
  endsAt: '2026-01-01T04:00:00Z',
  updatedAt: '2026-01-01T03:05:00Z',
  receivers: [{ name: 'pager' }],
  status: { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [], ...status },
});

describe('fingerprintOf', () => {
  it('is the one of Prometheus', () => {
    expect(fingerprintOf({})).toBe('cbf29ce484222325');
    expect(fingerprintOf({ name: 'garland, briggs', fear: 'love is not enough' })).toBe(5799056148416392346n.toString(16));
    expect(fingerprintOf({ a: '1', b: '2' })).toBe(fingerprintOf({ b: '2', a: '1' }));
  });
});

describe('joinAlerts', () => {
  const a = { alertname: 'A', severity: 'page' };
  it('joins by labels, also when external labels came to them', () => {
    const [row] = joinAlerts([own(a)], [told({ ...a, cluster: 'eu' })]);
    expect(row).toMatchObject({ name: 'A', severity: 'critical', value: 0.015, isForeign: false, sinceMs: Date.parse('2026-01-01T03:00:00Z') });
    expect(row!.delivery).toMatchObject({ receivers: ['pager'], state: 'active', fingerprint: fingerprintOf({ ...a, cluster: 'eu' }) });
  });

  it('takes the nearest of several, and each once', () => {
    const b = { ...a, route: '/b' };
    const rows = joinAlerts([own(a), own(b)], [told(b), told(a)]);
    expect(rows.map((row) => row.delivery?.fingerprint)).toEqual(rows.map((row) => row.key));
    expect(rows).toHaveLength(2);
  });

  it('names what silences and inhibits, and puts held ones last', () => {
    const quiet = { alertname: 'Quiet', severity: 'critical' };
    const held = told(quiet, { state: 'suppressed', silencedBy: ['id1'], inhibitedBy: [fingerprintOf(a)] });
    const rows = joinAlerts([own(quiet), own(a)], [held, told(a)]);
    expect(rows.map((row) => row.name)).toEqual(['A', 'Quiet']);
    expect(splitRows(rows).firing.map((row) => row.name)).toEqual(['A']);
    expect(splitRows(rows).held.map((row) => row.name)).toEqual(['Quiet']);
    expect(rows[1]!.delivery).toMatchObject({ silencedBy: ['id1'], inhibitedBy: ['A'] });
  });

  it('keeps what only the notifications know, and what they do not know', () => {
    const rows = joinAlerts([own(a, 'pending'), own({ alertname: 'Off' }, 'inactive')], [told({ alertname: 'Hand' })]);
    expect(rows.map((row) => [row.name, row.state, row.isForeign, row.delivery !== null])).toEqual([
      ['A', 'pending', false, false],
      ['Hand', 'firing', true, true],
    ]);
    expect(joinAlerts([own(a)], null)[0]!.delivery).toBeNull();
  });

  it('sorts by severity, then the newest', () => {
    const rows = joinAlerts([own({ alertname: 'W', severity: 'warning' }), own({ alertname: 'Old', severity: 'critical' }, 'firing', '2025-01-01T00:00:00Z'), own({ alertname: 'New', severity: 'critical' })], []);
    expect(rows.map((row) => row.name)).toEqual(['New', 'Old', 'W']);
    expect(['Critical', 'page', 'ticket', 'info', '', 'blue'].map(severityOf)).toEqual(['critical', 'critical', 'warning', 'info', 'none', 'none']);
  });
});

describe('findRow', () => {
  const rows = joinAlerts([own({ alertname: 'A', route: '/x' }), own({ alertname: 'A', route: '/y "q"' })], [told({ alertname: 'A', route: '/x', cluster: 'eu' })]);
  it.each([
    [fingerprintOf({ alertname: 'A', route: '/x' }), '/x'],
    [fingerprintOf({ alertname: 'A', route: '/x', cluster: 'eu' }), '/x'],
    ['A{route="/y \\"q\\""}', '/y "q"'],
    ['{alertname="A", route="/x"}', '/x'],
    ['A', rows[0]!.labels.route],
  ])('%s', (wanted, route) => expect(findRow(rows, wanted)?.labels.route).toBe(route));
  it('finds nothing for others', () => {
    for (const wanted of ['', 'B', 'A{route="/z"}', '0123456789abcdef']) expect(findRow(rows, wanted)).toBeNull();
  });
});

describe('ruleOf', () => {
  const rule = (labels: Record<string, string>, alerts: PrometheusAlert[] = []) =>
    ({ type: 'alerting', name: 'A', query: 'q', labels, alerts }) as unknown as RuleGroup['rules'][number];
  const row = joinAlerts([own({ alertname: 'A', severity: 'page', route: '/x' })], null)[0]!;
  it('prefers the rule that lists the alert', () => {
    const listing = rule({ severity: 'page' }, [own(row.labels)]);
    const group = { name: 'g', file: 'f', interval: 1, rules: [rule({ severity: 'page' }), listing] };
    expect(ruleOf(row, indexRules([group]))?.rule).toBe(listing);
  });
  it('else compares fixed labels', () => {
    const other = rule({ severity: 'ticket' });
    const same = rule({ severity: 'page', route: '{{ $labels.route }}x' });
    expect(ruleOf(row, indexRules([{ name: 'g', file: 'f', interval: 1, rules: [other, same] }]))?.rule).toBe(same);
    expect(ruleOf(row, indexRules([]))).toBeNull();
  });
});

describe('where to look', () => {
  const query = 'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.01';
  it('finds the service in labels, else in the expression', () => {
    expect(serviceOfAlert({ service: 's', job: 'j' })).toBe('s');
    expect(serviceOfAlert({ job: 'shop/checkout' })).toBe('checkout');
    expect(serviceOfAlert({}, 'up{instance="a", job="sample-app"} == 0')).toBe('sample-app');
    expect(serviceOfAlert({}, 'x{exjob="no"} + y{job=~"a|b"}')).toBeNull();
  });

  it('looks before the onset by the look-back of the rate', () => {
    const since = 100 * 60_000;
    expect(onsetWindow(since, query, since + 3600e3)).toEqual({ fromMs: since - 7 * 60_000, toMs: since + 15 * 60_000 });
    expect(onsetWindow(since, 'up == 0', since + 60_000)).toEqual({ fromMs: since - 5 * 60_000, toMs: since + 60_000 });
    expect(onsetWindow(since, 'rate(x[3d])', since).fromMs).toBe(since - 3600e3);
  });

  it('shows the calm before', () => {
    const since = 1e9;
    expect(chartWindow(since, 300, since + 60e3)).toEqual({ fromMs: since - 900e3, toMs: since + 60e3 });
    expect(chartWindow(since, 3600, since).fromMs).toBe(since - 7200e3);
    expect(chartWindow(since, 0, since + 30 * 86400e3).toMs).toBe(since + 3 * 86400e3);
  });

  it('asks for failures, or for what took longer than the threshold', () => {
    const failing = evidenceOf({ name: 'HighErrorRate', labels: { job: 'shop' }, sinceMs: 1e12 }, query, 1e12);
    expect(failing.traces).toMatchObject({ service: 'shop', errorsOnly: true, minDuration: '' });
    expect(failing.logs.query).toBe('{service_name="shop"} |~ "(?i)(error|exception|fatal|panic)"');
    const slow = evidenceOf({ name: 'P99', labels: {}, sinceMs: 1e12 }, 'histogram_quantile(0.99, x) > 1.5', 1e12);
    expect(slow.traces).toMatchObject({ service: '', errorsOnly: false, minDuration: '1500ms' });
    expect(slow.logs.query).toContain('{service_name=~".+"}');
  });

  it('asks for the route that the labels name', () => {
    const of = (labels: Record<string, string>) => evidenceOf({ name: 'A', labels, sinceMs: 1e12 }, query, 1e12).traces.tags;
    expect(of({ job: 'shop', route: '/products/{id}' })).toBe('http.route="/products/{id}"');
    expect(of({ endpoint: 'http-metrics', handler: '/a "b"' })).toBe('http.route="/a \\"b\\""');
    expect(of({ job: 'shop', endpoint: 'http-metrics' })).toBe('');
  });

  it('reads the unit from annotations, then from the expression', () => {
    expect(unitOfRule({ query: 'a > 1', annotations: { d: '{{ $value | humanizePercentage }}' } })).toBe('percent');
    expect(unitOfRule({ query: 'a > 1', annotations: { d: '{{ $value | humanizeDuration }}' } })).toBe('seconds');
    expect(unitOfRule({ query, annotations: {} })).toBe('percent');
    expect(unitOfRule({ query: 'process_resident_memory_bytes > 1e9' })).toBe('bytes');
    expect(unitOfRule({ query: 'up == 0' })).toBe('none');
  });

  it('opens web addresses only', () => {
    expect(linkIn(' https://wiki/x ')).toBe('https://wiki/x');
    expect(linkIn('javascript:alert(1)')).toBeNull();
    expect(arrangeAnnotations({ runbook_url: 'https://wiki/x', summary: 's', description: 'd', zone: 'z' })).toEqual({
      summary: 's',
      description: 'd',
      runbook: 'https://wiki/x',
      others: [['zone', 'z']],
    });
    expect(arrangeAnnotations({ description: 'only', runbook: 'see wiki' })).toMatchObject({ summary: 'only', description: '', runbook: null, others: [['runbook', 'see wiki']] });
  });
});

describe('duration words', () => {
  it.each([
    [0, '0 s'],
    [59_400, '59 s'],
    [60_000, '1 min'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [86_400_000, '1 day'],
    [90_000_000, '1 day 1 h'],
    [10 * 86_400_000 + 3_600_000, '10 days'],
    [-5, '0 s'],
  ])('%d ms is %s', (ms, words) => expect(durationWords(ms)).toBe(words));
  it('says since and until', () => {
    expect(sinceWords(1000, 241_000)).toBe('for 4 min');
    expect(sinceWords(null, 5)).toBe('');
    expect(untilWords(3_600_000, 0)).toBe('in 1 h');
    expect(untilWords(0, 30_000)).toBe('30 s ago');
  });
});
