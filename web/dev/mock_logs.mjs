// Made-up log lines: those of the made-up traces, plus start-up noise. Enough of LogQL to filter
// them: the selector, line filters and count_over_time.
import { hasError, makeTrace, traceEveryMs } from './mock_traces.mjs';

const nanos = (ms, extra) => `${Math.floor(ms)}${String(extra).padStart(6, '0')}`;

export function linesOfTrace(n) {
  const trace = makeTrace(n);
  const lines = [];
  trace.spans.forEach((span, i) => {
    const service = trace.processes[span.processID].serviceName;
    const kind = span.tags.find((tag) => tag.key === 'span.kind')?.value;
    if (kind !== 'server') return;
    const failed = span.tags.some((tag) => tag.key === 'error');
    const slow = span.duration > 400_000;
    const level = failed ? 'error' : slow ? 'warn' : i % 5 === 4 ? 'debug' : 'info';
    const fields = { timestamp: new Date((span.startTime + span.duration) / 1000).toISOString(), level, message: failed ? 'request failed' : slow ? 'slow request' : 'request served' };
    Object.assign(fields, { route: span.operationName.split(' ')[1], duration_ms: Math.round(span.duration / 1000), trace_id: trace.traceID, span_id: span.spanID, request_id: `r-${n}` });
    if (failed) fields.error = 'CardDeclined: the issuer declined the card\n    at charge (payment.js:41)';
    const text = service === 'recommendation'
      ? `level=${level} msg="${fields.message}" route=${fields.route} took=${fields.duration_ms}ms traceID=${trace.traceID}`
      : JSON.stringify(fields);
    lines.push({ ns: nanos((span.startTime + span.duration) / 1000, i * 137), labels: { service_name: service, job: service, level, detected_level: level }, line: text });
  });
  return { lines, failed: hasError(trace) };
}

export function parseSelector(query) {
  const selector = /\{([^}]*)\}/.exec(query);
  if (!selector) return null;
  const matchers = [...selector[1].matchAll(/([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"/g)];
  const filters = [...query.matchAll(/(\|=|!=|\|~|!~)\s*(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`)/g)].filter((match) => match.index > selector.index + selector[0].length - 1);
  return {
    labels: (labels) => matchers.every(([, name, op, value]) => {
      const have = labels[name] ?? '';
      const same = op.endsWith('~') ? new RegExp(`^(?:${value})$`).test(have) : have === value;
      return op.startsWith('!') ? !same : same;
    }),
    line: (line) => filters.every(([, op, quoted, raw]) => {
      const text = raw ?? JSON.parse(`"${quoted}"`);
      const has = op.endsWith('~') ? new RegExp(text.replace('(?i)', ''), text.startsWith('(?i)') ? 'i' : '').test(line) : line.includes(text);
      return op.startsWith('!') ? !has : has;
    }),
  };
}

function* entries(query, fromMs, toMs) {
  const wanted = parseSelector(query);
  const last = Math.floor(Math.min(toMs, Date.now()) / traceEveryMs);
  const stride = Math.max(1, Math.ceil((toMs - fromMs) / traceEveryMs / 20_000));
  for (let n = last; n * traceEveryMs >= fromMs - 3000; n -= stride) {
    for (const entry of linesOfTrace(n).lines) {
      const ms = Number(entry.ns.slice(0, -6));
      if (ms < fromMs || ms >= toMs || ms > Date.now()) continue;
      if (wanted.labels(entry.labels) && wanted.line(entry.line)) yield { ...entry, ms, weight: stride };
    }
  }
}

export function selectLines(query, fromMs, toMs, limit) {
  const streams = new Map();
  let count = 0;
  for (const entry of entries(query, fromMs, toMs)) {
    const key = JSON.stringify(entry.labels);
    if (!streams.has(key)) streams.set(key, { stream: entry.labels, values: [] });
    streams.get(key).values.push([entry.ns, entry.line]);
    if (++count >= limit) break;
  }
  return [...streams.values()];
}

export function countLines(query, fromMs, toMs, stepMs) {
  const by = /by\s*\(([^)]*)\)/.exec(query)?.[1].split(',').map((name) => name.trim()) ?? [];
  const groups = new Map();
  for (const entry of entries(query, fromMs - stepMs, toMs)) {
    const metric = Object.fromEntries(by.filter((name) => entry.labels[name]).map((name) => [name, entry.labels[name]]));
    const key = JSON.stringify(metric);
    if (!groups.has(key)) groups.set(key, { metric, counts: new Map() });
    const bucket = fromMs + Math.ceil((entry.ms - fromMs) / stepMs) * stepMs;
    const { counts } = groups.get(key);
    counts.set(bucket, (counts.get(bucket) ?? 0) + entry.weight);
  }
  return [...groups.values()].map(({ metric, counts }) => ({
    metric,
    values: [...counts].filter(([ms]) => ms <= toMs).sort((a, b) => a[0] - b[0]).map(([ms, count]) => [ms / 1000, String(count)]),
  }));
}
