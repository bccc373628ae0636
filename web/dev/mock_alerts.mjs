// Made-up rules, alerts, silences and SLOs: an error spike in payments that began nine minutes before the
// mock did, what follows from it, and enough around it to fill the pages. Silences can be made and ended.
import { createHash } from 'node:crypto';
import { random } from './mock_traces.mjs';

const minute = 60_000;
const startMs = Date.now();
const ago = (minutes) => new Date(startMs - minutes * minute).toISOString();
const onsetSeconds = startMs / 1000 - 11 * 60;

const ratio = (by, range) => `sum by (${by}) (rate(http_requests_total{status=~"5.."}[${range}]))\n/\nsum by (${by}) (rate(http_requests_total[${range}]))`;
const burn = (factor, long, short) => `(slo:error_ratio:rate${long}{slo="payments"} > ${factor} * 0.005)\nand\n(slo:error_ratio:rate${short}{slo="payments"} > ${factor} * 0.005)`;

const noise = (key, t) => random([...key].reduce((sum, char) => sum * 31 + char.charCodeAt(0), 7) + Math.floor(t / 30))() - 0.5;
/** Rises at the onset as slowly as a mean over `minutes` does. */
const spike = (t, calm, height, minutes, key) => Math.max(0, calm * (1 + 0.5 * noise(key, t)) + height * Math.min(1, Math.max(0, (t - onsetSeconds) / 60 / minutes)) * (1 + 0.12 * noise(key, t)));

const jobs = { 'sample-app': 0.002, 'checkout-api': 0.004, inventory: 0.001, recommendation: 0.0005 };
const curves = [
  [/^sum by \(job\) \(rate\(http_requests_total\{status=~"5\.\."\}\[5m\]\)\)\s*\/[^]*$/, () => [
    { metric: { job: 'payment-service' }, at: (t) => spike(t, 0.004, 0.083, 5, 'pay') },
    ...Object.entries(jobs).map(([job, calm]) => ({ metric: { job }, at: (t) => Math.max(0, calm * (1 + noise(job, t))) })),
  ]],
  [/^histogram_quantile\(0\.99, sum by \(job, route, le\)/, () => ['/slow', '/hello', '/trace-test'].map((route) => ({ metric: { job: 'sample-app', route }, at: (t) => (route === '/slow' ? 1.35 : 0.09) * (1 + 0.25 * noise(route, t)) }))],
  [/^up\{job="recommendation"\}$/, () => [{ metric: { __name__: 'up', job: 'recommendation', instance: 'recommendation:8004' }, at: (t) => (t > startMs / 1000 - 260 ? 0 : 1) }]],
  [/^process_resident_memory_bytes$/, () => [{ metric: { __name__: 'process_resident_memory_bytes', job: 'inventory', instance: 'inventory:8003' }, at: (t) => 4.1e8 + 2e5 * ((t - startMs / 1000) / 6) }]],
  [/^slo:error_ratio:rate(\d+)([mhd])\{slo="payments"\}$/, ([, amount, unit]) => [{ metric: { slo: 'payments' }, at: (t) => spike(t, 0.003, 0.1, amount * { m: 1, h: 8, d: 60 }[unit], `slo${amount}${unit}`) }]],
  [/^slo:error_ratio:rate5m\{slo="(checkout|hello)"\}$/, ([, slo]) => [{ metric: { slo }, at: (t) => (slo === 'hello' && t < onsetSeconds ? NaN : Math.max(0, 0.004 * (0.3 + noise(slo, Math.floor(t / 36_000) * 30)) + (Math.sin(t / 180_000) > 0.96 ? 0.01 : 0))) }]],
  [/^slo:requests:rate5m\{slo="(checkout|hello|payments)"\}$/, () => [{ metric: {}, at: (t) => 12 + 5 * Math.sin(t / 13_750) }]],
];

/** The series of the expressions of these rules; undefined for any other query. */
export function curveOf(query) {
  const plain = /^avg_over_time\(\(\(([^]*)\) >= 0\)\[[^\]]*\]\)$/.exec(query.trim())?.[1] ?? query;
  const found = curves.find(([pattern]) => pattern.test(plain.trim()));
  return found && found[1](found[0].exec(plain.trim()));
}

const alert = (labels, annotations, state, minutes, value) => ({ labels, annotations, state, activeAt: ago(minutes), value: value.toExponential(6) });

const firing = {
  errors: alert(
    { alertname: 'HighErrorRate', job: 'payment-service', severity: 'critical', team: 'payments' },
    { summary: 'payment-service fails 8.3% of its requests', description: 'Customers cannot pay. The error rate passed 5% and stays there.', runbook_url: 'https://wiki.internal/runbooks/high-error-rate' },
    'firing', 9, 0.0831),
  burn: alert(
    { alertname: 'SloBurnsFast', severity: 'page', slo: 'payments', service: 'payment-service', long_window: '1h', short_window: '5m' },
    { summary: 'payments burns its error budget 15.2 times too fast', description: 'At this pace the budget of 30 days is spent in two days.' },
    'firing', 6, 0.0762),
  slow: alert(
    { alertname: 'HighLatencyP99', job: 'sample-app', route: '/slow', severity: 'warning', team: 'backend' },
    { summary: 'p99 latency exceeds 1s on /slow', description: 'p99 is 1.35s' },
    'firing', 194, 1.35),
  down: alert(
    { alertname: 'TargetDown', instance: 'recommendation:8004', job: 'recommendation', severity: 'critical' },
    { summary: 'recommendation:8004 does not answer' }, 'firing', 4, 0),
};
const memory = alert({ alertname: 'MemoryGrows', job: 'inventory', instance: 'inventory:8003', severity: 'warning' }, { summary: 'inventory:8003 holds 412 MiB' }, 'pending', 2, 4.32e8);

const rule = (name, query, duration, labels, annotations, alerts = []) => ({
  state: alerts.some((entry) => entry.state === 'firing') ? 'firing' : alerts.length > 0 ? 'pending' : 'inactive',
  name, query, duration, keepFiringFor: 0, labels, annotations, alerts, health: 'ok', evaluationTime: 0.0008, lastEvaluation: new Date(Date.now() - 4000).toISOString(), type: 'alerting',
});
const record = (name, query, more = {}) => ({ name, query, health: 'ok', evaluationTime: 0.0011, lastEvaluation: new Date(Date.now() - 7000).toISOString(), type: 'recording', ...more });
const group = (name, file, interval, rules) => ({ name, file, interval, limit: 0, rules, evaluationTime: 0.0031, lastEvaluation: new Date(Date.now() - 4000).toISOString() });

export function listRules(params) {
  const groups = [
    group('shop', 'rules/alerts.yml', 15, [
      rule('HighErrorRate', `(\n  ${ratio('job', '5m')}\n) > 0.05`, 120, { severity: 'critical' }, { summary: '{{ $labels.job }} fails {{ $value | humanizePercentage }} of its requests', description: firing.errors.annotations.description, runbook_url: firing.errors.annotations.runbook_url }, [firing.errors]),
      rule('HighLatencyP99', 'histogram_quantile(0.99, sum by (job, route, le) (rate(http_request_duration_seconds_bucket[5m]))) > 1', 180, { severity: 'warning', team: 'backend' }, { summary: 'p99 latency exceeds 1s on {{ $labels.route }}', description: 'p99 is {{ $value | humanizeDuration }}' }, [firing.slow]),
      rule('TargetDown', 'up{job="recommendation"} == 0', 60, { severity: 'critical' }, { summary: '{{ $labels.instance }} does not answer' }, [firing.down]),
      rule('MemoryGrows', 'process_resident_memory_bytes > 400e6', 300, { severity: 'warning' }, { summary: '{{ $labels.instance }} holds {{ $value | humanize1024 }}B' }, [memory]),
      rule('NoTraffic', 'sum(rate(http_requests_total[5m])) < 0.1', 600, { severity: 'warning' }, { summary: 'nobody asks for anything' }),
      { ...rule('DiskFills', 'predict_linear(node_filesystem_avail_bytes[6h], 4 * 3600) < 0 and on (job) up', 3600, { severity: 'warning' }, {}), health: 'err', lastError: 'found duplicate series for the match group {job="node"} on the right hand-side of the operation: [{instance="a:9100", job="node"}, {instance="b:9100", job="node"}]; many-to-many matching not allowed' },
    ]),
    group('slo payments', 'pharos.yaml', 30, [
      record('slo:error_ratio:rate5m', 'sum by (slo) (rate(slo:bad_requests[5m])) / sum by (slo) (rate(slo:requests[5m]))'),
      rule('SloBurnsFast', burn(14.4, '1h', '5m'), 0, { severity: 'page' }, { summary: '{{ $labels.slo }} burns its error budget' }, [firing.burn]),
      rule('SloBurnsSlowly', burn(1, '3d', '6h'), 0, { severity: 'ticket' }, {}),
    ]),
    group('recording_rules', 'rules/recording_rules.yml', 30, [
      record('job:http_requests:rate5m', 'sum by (job, route) (rate(http_requests_total[5m]))'),
      record('job:http_error_ratio:rate5m', ratio('job', '5m')),
      record('job:http_p95:rate5m', 'histogram_quantile(0.95, sum by (le, job) (rate(http_request_duration_seconds_bucket[5m])))', { health: 'err', lastError: 'query processing would load too many samples into memory in query execution' }),
    ]),
  ];
  const names = params.getAll('rule_name[]');
  const keeps = (entry) => (names.length === 0 || names.includes(entry.name)) && (params.get('type') !== 'alert' || entry.type === 'alerting');
  return { groups: groups.map((entry) => ({ ...entry, rules: entry.rules.filter(keeps) })).filter((entry) => entry.rules.length > 0) };
}

export const listAlerts = () => ({ alerts: [...Object.values(firing), memory] });

const matcher = (name, value, isRegex = false) => ({ name, value, isRegex, isEqual: true });
const silence = (id, matchers, startMinutes, endMinutes, createdBy, comment) => ({ id, matchers, startsAt: ago(startMinutes), endsAt: ago(endMinutes), updatedAt: ago(startMinutes), createdBy, comment });
const silences = new Map(
  [
    silence('3f6c1b52-6a59-4a4f-9a53-8b4b6a3c1d01', [matcher('alertname', 'HighLatencyP99'), matcher('route', '/slow')], 150, -330, 'ana', 'The report endpoint is slow until the index is built (OPS-4121)'),
    silence('77aa2f0e-0b55-4c38-8f0f-2d7e6f0b9a02', [matcher('job', 'inventory|recommendation', true)], -120, -360, 'deploy-bot', 'Database move tonight'),
    silence('c0ffee00-1d2e-4f3a-9b4c-5d6e7f809a03', [matcher('alertname', 'TargetDown'), matcher('instance', 'inventory:8003')], 2000, 1800, 'ben', 'restart'),
  ].map((entry) => [entry.id, entry]),
);

function stateOf({ startsAt, endsAt }) {
  const now = Date.now();
  return Date.parse(endsAt) <= now ? 'expired' : Date.parse(startsAt) > now ? 'pending' : 'active';
}

export const listSilences = () => [...silences.values()].map((entry) => ({ ...entry, status: { state: stateOf(entry) } }));

export function addSilence(body) {
  const made = JSON.parse(body);
  if (!made.matchers?.length) return null;
  const id = silences.has(made.id) ? made.id : createHash('sha1').update(body + Math.random()).digest('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
  silences.set(id, { ...made, id, updatedAt: new Date().toISOString() });
  return { silenceID: id };
}

export function endSilence(id) {
  const found = silences.get(id);
  if (found) silences.set(id, { ...found, endsAt: new Date().toISOString() });
  return Boolean(found);
}

const holds = ({ matchers }, labels) => matchers.every(({ name, value, isRegex, isEqual = true }) => (isRegex ? new RegExp(`^(?:${value})$`).test(labels[name] ?? '') : (labels[name] ?? '') === value) === isEqual);

function delivered(entry, receivers, fingerprint, inhibitedBy = []) {
  const silencedBy = listSilences().filter((held) => held.status.state === 'active' && holds(held, entry.labels)).map((held) => held.id);
  const state = silencedBy.length > 0 || inhibitedBy.length > 0 ? 'suppressed' : 'active';
  return {
    labels: { ...entry.labels, cluster: 'eu-1' }, annotations: entry.annotations, fingerprint, startsAt: entry.activeAt, updatedAt: entry.activeAt, endsAt: new Date(Date.now() + 4 * minute).toISOString(),
    generatorURL: 'http://pharos:3000/graph?g0.expr=up', receivers: receivers.map((name) => ({ name })), status: { state, silencedBy, inhibitedBy, mutedBy: [] },
  };
}

export function listDelivered() {
  const backup = { labels: { alertname: 'BackupFailed', host: 'db-1', severity: 'warning' }, annotations: { summary: 'the nightly backup of db-1 did not finish' }, activeAt: ago(131) };
  return [
    delivered(firing.errors, ['pager', 'slack-payments'], 'aaaaaaaaaaaaaaaa'),
    delivered(firing.burn, ['pager'], 'bbbbbbbbbbbbbbbb'),
    delivered(firing.slow, ['slack-backend'], 'cccccccccccccccc'),
    delivered(firing.down, ['pager'], 'dddddddddddddddd', ['aaaaaaaaaaaaaaaa']),
    delivered(backup, ['mail'], 'eeeeeeeeeeeeeeee'),
  ];
}

const windows = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'];
const pairs = [['page', '1h', '5m', 14.4], ['page', '6h', '30m', 6], ['ticket', '1d', '2h', 3], ['ticket', '3d', '6h', 1]];
function slo(name, service, objective, latencySeconds, sli, budgetRemaining, rates, states = {}) {
  return {
    name, service, objective, latencySeconds, windowSeconds: 2_592_000, sli, budgetRemaining,
    burnRates: Object.fromEntries(windows.map((window, i) => [window, rates[i] ?? null])),
    alerts: pairs.map(([severity, longWindow, shortWindow, factor]) => ({ name: severity === 'page' ? 'SloBurnsFast' : 'SloBurnsSlowly', severity, longWindow, shortWindow, factor, state: states[longWindow] ? 'firing' : 'inactive', activeAt: states[longWindow] ? ago(states[longWindow]) : '' })),
    error: '', queries: { errorRatio: `slo:error_ratio:rate5m{slo="${name}"}`, total: `slo:requests:rate5m{slo="${name}"}` },
  };
}

export function listSlos() {
  return [
    slo('checkout', 'checkout-api', 0.995, 0.3, 0.99691, 0.382, [0.4, 0.6, 0.7, 0.6, 0.9, 1.1, 0.9]),
    slo('payments', 'payment-service', 0.995, null, 0.99421, -0.158, [20.1, 18.4, 15.2, 9.6, 4.8, 2.2, 1.4], { '1h': 6, '3d': 5 }),
    slo('hello', 'sample-app', 0.999, 0.1, 0.99982, 0.82, [0, 0.1, 0.2, 0.2, 0.18, 0.17, 0.2]),
    slo('similar', 'recommendation', 0.99, 0.2, null, null, []),
    { ...slo('stock', 'inventory', 0.999, 0.3, null, null, []), error: 'http_request_duration_seconds of inventory has no bucket at 0.3 s: its nearest buckets are 0.25 and 0.5. Set latency to one of them, or add the bucket to the application.' },
  ];
}
