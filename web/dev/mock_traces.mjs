// Made-up traces. Trace n starts at n × 400 ms; everything about it follows from n, so that a trace,
// its log lines and the search agree without any state.
export const traceEveryMs = 400;

export const services = {
  'sample-app': { routes: ['/hello', '/error', '/slow', '/trace-test'], ms: 24 },
  'checkout-api': { routes: ['/checkout', '/cart/{id}', '/health'], ms: 60 },
  'payment-service': { routes: ['/pay', '/refund'], ms: 110 },
  'inventory': { routes: ['/reserve', '/stock/{sku}'], ms: 35 },
  'recommendation': { routes: ['/similar/{sku}'], ms: 18 },
};

/** A small generator of numbers in [0, 1) that follows from its seed. */
export function random(seed) {
  let state = (seed * 2654435761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 4294967296;
  };
}

const hex = (value, width) => value.toString(16).padStart(width, '0');

export function traceIdOf(n) {
  const next = random(n + 7);
  return hex(Math.floor(next() * 2 ** 32), 8) + hex(n, 16) + hex(Math.floor(next() * 2 ** 32), 8);
}

export function traceNumberOf(id) {
  const n = parseInt(id.slice(8, 24), 16);
  return Number.isSafeInteger(n) && traceIdOf(n) === id ? n : null;
}

const tag = (key, value) => ({
  key,
  type: typeof value === 'number' ? 'int64' : typeof value === 'boolean' ? 'bool' : 'string',
  value,
});

export function makeTrace(n) {
  const next = random(n);
  const traceID = traceIdOf(n);
  const startTime = n * traceEveryMs * 1000 + Math.floor(next() * 300_000);
  const spans = [];
  const processes = {};
  const processOf = (service) => {
    const found = Object.keys(processes).find((key) => processes[key].serviceName === service);
    if (found) return found;
    const key = `p${Object.keys(processes).length + 1}`;
    processes[key] = {
      serviceName: service,
      tags: [tag('service.version', '1.4.2'), tag('deployment.environment', 'demo'), tag('host.name', `node-${service.length % 3}`)],
    };
    return key;
  };
  const add = (service, name, parent, start, duration, tags, logs = []) => {
    const span = {
      traceID,
      spanID: hex(Math.floor(next() * 2 ** 32), 8) + hex(spans.length + 1, 8),
      operationName: name,
      references: parent ? [{ refType: 'CHILD_OF', traceID, spanID: parent.spanID }] : [],
      startTime: Math.floor(start),
      duration: Math.max(1, Math.floor(duration)),
      tags: Object.entries(tags).map(([key, value]) => tag(key, value)),
      logs,
      processID: processOf(service),
      warnings: null,
    };
    spans.push(span);
    return span;
  };
  const slow = next() < 0.04 ? 9 : 1;
  const fails = next() < 0.06;
  if (next() < 0.55) simpleTrace(add, next, startTime, fails, slow);
  else checkoutTrace(add, next, startTime, fails, slow);
  return { traceID, spans, processes, warnings: null };
}

function simpleTrace(add, next, start, fails, slow) {
  const route = fails ? '/error' : ['/hello', '/hello', '/slow', '/trace-test'][Math.floor(next() * 4)];
  const duration = (route === '/slow' ? 900_000 : 8_000) * (0.5 + next()) * slow;
  const status = fails ? 500 : 200;
  const root = add('sample-app', `GET ${route}`, null, start, duration, {
    'span.kind': 'server', 'http.request.method': 'GET', 'http.route': route, 'http.response.status_code': status,
    ...(fails ? { error: true, 'otel.status_code': 'ERROR', 'otel.status_description': 'simulated failure' } : {}),
  });
  add('sample-app', 'load profile', root, start + duration * 0.1, duration * 0.5, { 'span.kind': 'internal', 'user.id': Math.floor(next() * 900) });
}

function checkoutTrace(add, next, start, fails, slow) {
  const us = (base) => base * (0.6 + next() * 0.8) * slow;
  const cart = us(9_000), reserve = us(28_000), pay = us(90_000), similar = us(14_000);
  const total = cart + reserve + pay + us(12_000);
  const failTags = fails ? { error: true, 'otel.status_code': 'ERROR', 'otel.status_description': 'payment declined' } : {};
  const root = add('checkout-api', 'POST /checkout', null, start, total, {
    'span.kind': 'server', 'http.request.method': 'POST', 'http.route': '/checkout',
    'http.response.status_code': fails ? 502 : 200, 'order.id': `o-${Math.floor(next() * 1e6)}`, ...failTags,
  });
  add('checkout-api', 'read cart', root, start + 800, cart, { 'span.kind': 'internal' });
  let at = start + 1_000 + cart;
  const call = add('checkout-api', 'POST inventory', root, at, reserve, { 'span.kind': 'client', 'server.address': 'inventory' });
  const stock = add('inventory', 'POST /reserve', call, at + 600, reserve - 1_400, { 'span.kind': 'server', 'http.route': '/reserve' });
  for (let i = 0, part = (reserve - 3_000) / 4; i < 4; ++i) {
    add('inventory', 'SELECT stock', stock, at + 1_000 + i * part, part * 0.8, {
      'span.kind': 'client', 'db.system': 'postgresql', 'db.statement': 'SELECT quantity FROM stock WHERE sku = $1 FOR UPDATE',
    });
  }
  const similarCall = add('checkout-api', 'GET recommendation', root, at + 2_000, similar, { 'span.kind': 'client' });
  add('recommendation', 'GET /similar/{sku}', similarCall, at + 2_600, similar - 1_200, { 'span.kind': 'server' });
  at += reserve + 500;
  const payCall = add('checkout-api', 'POST payment-service', root, at, pay, { 'span.kind': 'client', ...failTags });
  const payment = add('payment-service', 'POST /pay', payCall, at + 900, pay - 1_800, {
    'span.kind': 'server', 'http.route': '/pay', ...failTags,
  }, fails ? [{ timestamp: Math.floor(at + pay * 0.8), fields: [tag('event', 'exception'), tag('exception.type', 'CardDeclined'), tag('exception.message', 'the issuer declined the card')] }] : []);
  add('payment-service', 'fraud check', payment, at + 1_500, pay * 0.3, { 'span.kind': 'internal', score: Math.floor(next() * 100) });
  add('payment-service', 'charge card', payment, at + pay * 0.35, pay * 0.55, { 'span.kind': 'client', ...failTags });
}

export const durationOf = (trace) => trace.spans[0].duration;
export const hasError = (trace) => trace.spans.some((span) => span.tags.some((t) => t.key === 'error' && t.value === true));
export const servicesOf = (trace) => Object.values(trace.processes).map((process) => process.serviceName);

const units = { us: 1, µs: 1, ms: 1e3, s: 1e6, m: 60e6 };
function micros(text) {
  const match = /^([\d.]+)(us|µs|ms|s|m)$/.exec(text ?? '');
  return match ? Number(match[1]) * units[match[2]] : null;
}

export function searchTraces(params) {
  const end = Math.min(Number(params.get('end')) / 1000 || Date.now(), Date.now());
  const start = Number(params.get('start')) / 1000 || end - 3600e3;
  const tags = JSON.parse(params.get('tags') ?? '{}');
  const min = micros(params.get('minDuration')) ?? 0;
  const max = micros(params.get('maxDuration')) ?? Infinity;
  const found = [];
  const last = Math.floor(end / traceEveryMs) - 5;
  for (let n = last; n * traceEveryMs >= start && n > last - 20_000; --n) {
    const trace = makeTrace(n);
    if (params.get('service') && !servicesOf(trace).includes(params.get('service'))) continue;
    if (params.get('operation') && !trace.spans.some((span) => span.operationName === params.get('operation'))) continue;
    if (durationOf(trace) < min || durationOf(trace) > max) continue;
    if (tags.error === 'true' && !hasError(trace)) continue;
    found.push(trace);
    if (found.length >= Number(params.get('limit') ?? 20)) break;
  }
  return found;
}

/** Of TraceQL it understands durations and the status. */
export function searchTraceIds(params) {
  const query = params.get('q') ?? '';
  const nanos = (sign) => new RegExp(`duration ${sign} (\\d+)ns`).exec(query)?.[1];
  const search = new URLSearchParams({ start: `${params.get('start')}000000`, end: `${params.get('end')}000000`, limit: params.get('limit') ?? '20' });
  if (nanos('>=')) search.set('minDuration', `${nanos('>=') / 1e3}us`);
  if (nanos('<=')) search.set('maxDuration', `${nanos('<=') / 1e3}us`);
  if (query.includes('status = error')) search.set('tags', '{"error":"true"}');
  return searchTraces(search).map((trace) => trace.traceID);
}

export function operationsOf(service) {
  const names = new Set();
  for (let n = 1; n < 400; ++n) {
    const trace = makeTrace(n);
    for (const span of trace.spans) {
      if (trace.processes[span.processID].serviceName === service) names.add(span.operationName);
    }
  }
  return [...names];
}
