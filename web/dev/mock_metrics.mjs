// Made-up metrics: calm waves for every service and route. Of PromQL it understands what decides the
// shape of the answer: the metric, the job matcher, the grouping and the quantile.
import { random, services } from './mock_traces.mjs';

const gauges = {
  process_resident_memory_bytes: [90e6, 0.2],
  process_cpu_seconds_total: [0.08, 0.4],
  http_requests_in_progress: [3, 0.6],
  go_goroutines: [42, 0.1],
  up: [1, 0],
};

export const metricNames = ['http_requests_total', 'http_request_duration_seconds_bucket', 'http_request_duration_seconds_count', 'http_request_duration_seconds_sum', ...Object.keys(gauges)].sort();

export const metadata = {
  http_requests_total: [{ type: 'counter', help: 'Requests served, by route and status.', unit: '' }],
  http_request_duration_seconds: [{ type: 'histogram', help: 'Time from the first byte of a request to the last of its answer.', unit: '' }],
  process_resident_memory_bytes: [{ type: 'gauge', help: 'Resident memory size in bytes.', unit: '' }],
  up: [{ type: 'gauge', help: '1 if the last scrape succeeded.', unit: '' }],
};

const seedOf = (text) => [...text].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) >>> 0, 7);

function wave(key, t, spread) {
  const next = random(seedOf(key));
  const phase = next() * 6.28, period = 240 + next() * 700;
  const noise = random(seedOf(key) + Math.floor(t / 15))();
  return 1 + spread * (0.5 * Math.sin(t / period + phase) + 0.5 * (noise - 0.5));
}

function universe() {
  const series = [];
  for (const [job, { routes, ms }] of Object.entries(services)) {
    routes.forEach((route, i) => {
      const base = (8 - i * 1.5) * (200 / (ms + 60));
      const failing = route === '/error' ? 0.9 : job === 'payment-service' ? 0.06 : route === '/checkout' ? 0.02 : 0.0008;
      const labels = { job, instance: `${job}:8000`, method: i % 2 ? 'POST' : 'GET', route };
      series.push({ labels: { ...labels, status: '200' }, base: base * (1 - failing), ms: route === '/slow' ? 900 : ms });
      series.push({ labels: { ...labels, status: route === '/error' ? '500' : '502' }, base: base * failing, ms });
      if (i === 0) series.push({ labels: { ...labels, status: '404' }, base: base * 0.012, ms: 4 });
    });
  }
  return series;
}

function groupsOf(query) {
  const match = /\bby\s*\(([^)]*)\)/.exec(query);
  return match ? match[1].split(',').map((name) => name.trim()).filter((name) => name && name !== 'le') : null;
}

export function parseError(query) {
  const open = (query.match(/\(/g) ?? []).length;
  const close = (query.match(/\)/g) ?? []).length;
  if (open > close) return `invalid parameter "query": 1:${query.indexOf('(') + 1}: parse error: unclosed left parenthesis`;
  if (close > open) return `invalid parameter "query": 1:${query.lastIndexOf(')') + 1}: parse error: unexpected right parenthesis ')'`;
  return null;
}

/** The series of a query, each a function of the time in seconds. */
export function evaluate(given) {
  const ratio = /^(.+?)\s\/\s(.+?)(?:\s\*\s*(\d+))?$/.exec(given);
  if (ratio) {
    const [above, below] = [evaluate(ratio[1]), evaluate(ratio[2])];
    return above.flatMap(({ metric, at }, i) => (below[i] ?? below[0] ? [{ metric, at: (t) => (at(t) / (below[i] ?? below[0]).at(t)) * Number(ratio[3] ?? 1) }] : []));
  }
  const query = given.replace(/\bapp_http_/g, 'http_');
  const job = /job\s*=~?\s*"((?:[^"\\]|\\.)*)"/.exec(query)?.[1];
  const wanted = job ? new RegExp(`^(?:${JSON.parse(`"${job}"`)})$`) : /.*/;
  const name = /\{__name__="([^"]+)"/.exec(query)?.[1] ?? metricNames.find((metric) => new RegExp(`(^|[^\\w:])${metric}([^\\w:]|$)`).test(query));
  if (!name) return madeUp(query);
  const by = groupsOf(query);
  const isAggregated = by !== null || /\b(sum|avg|max|min|count)\s*\(/.test(query);
  const isRate = /\b(rate|increase|irate)\s*\(/.test(query);
  const status = /status\s*=~?\s*"([^"]*)"/.exec(query)?.[1];
  const ofStatus = new RegExp(`^(?:${status ?? '.*'})$`);
  const all = name in gauges ? gaugeSeries(name) : universe().filter(({ labels }) => ofStatus.test(labels.status));
  const groups = new Map();
  for (const entry of all.filter((candidate) => wanted.test(candidate.labels.job))) {
    const metric = isAggregated ? Object.fromEntries((by ?? []).filter((label) => entry.labels[label]).map((label) => [label, entry.labels[label]])) : isRate ? entry.labels : { __name__: name, ...entry.labels };
    const key = JSON.stringify(metric);
    if (!groups.has(key)) groups.set(key, { metric, parts: [] });
    groups.get(key).parts.push(entry);
  }
  const quantile = Number(/histogram_quantile\(\s*([\d.]+)/.exec(query)?.[1] ?? NaN);
  return [...groups.values()].map(({ metric, parts }) => ({
    metric,
    at: (t) => valueOf(name, parts, quantile, isRate, t),
  }));
}

/** Metrics that the shop does not have: calm waves, so that dashboards of other programs show something. */
function madeUp(query) {
  const name = /[a-zA-Z_:][\w:]*(?=\s*[{[])/.exec(query)?.[0] ?? /\b[a-z]\w*_\w+\b/.exec(query)?.[0];
  if (!name) return [];
  const by = groupsOf(query);
  const isAggregated = by !== null || /\b(sum|avg|max|min|count|histogram_quantile)\s*\(/.test(query);
  const matched = Object.fromEntries([...query.matchAll(/(\w+)\s*=\s*"([^"]*)"/g)].map(([, label, value]) => [label, value]));
  const labels = (i) => (by ? Object.fromEntries(by.map((label) => [label, matched[label] ?? `${label}-${i}`])) : isAggregated ? {} : { __name__: name, instance: `node-${i}:9100`, ...matched });
  const base = /ratio|percent|_info|\/|1 -/.test(query) ? 0.4 : /bytes/.test(name) ? 3e8 : /seconds/.test(name) ? 0.2 : 20;
  const count = by?.length ? 3 : isAggregated ? 1 : 2;
  return Array.from({ length: count }, (_, i) => ({ metric: labels(i), at: (t) => base * (1 + 0.4 * i) * wave(name + i, t, 0.5) }));
}

function gaugeSeries(name) {
  const [base, spread] = gauges[name];
  return Object.keys(services).map((job) => ({ labels: { job, instance: `${job}:8000` }, base: base * (0.6 + random(seedOf(job))()), spread, exact: name === 'up' }));
}

function valueOf(name, parts, quantile, isRate, t) {
  if (!Number.isNaN(quantile)) {
    const ms = parts.reduce((sum, part) => sum + part.ms, 0) / parts.length;
    return (ms / 1000) * (quantile >= 0.99 ? 4.2 : quantile >= 0.95 ? 2.4 : 0.9) * wave(parts[0].labels.job + quantile, t, 0.35);
  }
  if (parts[0].exact) return parts.length > 1 ? parts.length : 1;
  const total = parts.reduce((sum, part) => sum + part.base * wave(JSON.stringify(part.labels), t, part.spread ?? 0.5), 0);
  return isRate || name in gauges ? total : Math.floor(total * (t - 1_700_000_000));
}

/** Every service is a target; the last one does not answer. */
export function listTargets() {
  const jobs = Object.keys(services);
  return {
    activeTargets: jobs.map((job, i) => {
      const address = `${job}:${8000 + i}`;
      const isDown = i === jobs.length - 1;
      return {
        labels: { instance: address, job },
        discoveredLabels: { __address__: address, __metrics_path__: '/metrics', __scheme__: 'http', job },
        scrapePool: job,
        scrapeUrl: `http://${address}/metrics`,
        globalUrl: `http://${address}/metrics`,
        lastError: isDown ? `Get "http://${address}/metrics": connection refused` : '',
        lastScrape: new Date(Date.now() - 1000 * (i + 1)).toISOString(),
        lastScrapeDuration: 0.002 * (i + 1),
        health: isDown ? 'down' : 'up',
        scrapeInterval: '15s',
        scrapeTimeout: '10s',
      };
    }),
    droppedTargets: [],
    droppedTargetCounts: {},
  };
}
