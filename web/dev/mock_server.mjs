// Answers every endpoint that the pages use with made-up data, and serves the built pages.
//   node dev/mock_server.mjs [PORT]      default 3399
// PORT shows everything, PORT+1 has no data, PORT+2 fails, PORT+3 is so slow that pages stay loading,
// PORT+4 has no rules, no notifications and no SLOs.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addSilence, curveOf, endSilence, listAlerts, listDelivered, listRules, listSilences, listSlos } from './mock_alerts.mjs';
import { changeDashboards, datasources, getDashboard, search } from './mock_dashboards.mjs';
import { countLines, parseSelector, selectLines } from './mock_logs.mjs';
import { listTargets, evaluate, metadata, metricNames, parseError } from './mock_metrics.mjs';
import { makeTrace, operationsOf, searchTraceIds, searchTraces, services, traceNumberOf } from './mock_traces.mjs';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const modes = ['full', 'empty', 'error', 'slow', 'missing'];

class Failure extends Error {
  constructor(status, body) {
    super(body);
    Object.assign(this, { status, body });
  }
}

const promError = (message) => new Failure(400, JSON.stringify({ status: 'error', errorType: 'bad_data', error: message }));
const ok = (data) => ({ status: 'success', data });
const sample = (value) => String(Number(value.toPrecision(12)));

function range(params, unit) {
  return { start: Number(params.get('start')) / unit, end: Number(params.get('end')) / unit, step: Number(params.get('step')) || 15 };
}

function queryRange(params) {
  const query = params.get('query') ?? '';
  const wrong = parseError(query);
  if (wrong) throw promError(wrong);
  const { start, end, step } = range(params, 1);
  const result = (curveOf(query) ?? evaluate(query)).map(({ metric, at }) => {
    const values = [];
    for (let t = start; t <= end + 1e-6; t += step) values.push([t, sample(at(t))]);
    return { metric, values };
  });
  return ok({ resultType: 'matrix', result });
}

function queryInstant(params) {
  const query = params.get('query') ?? '';
  const wrong = parseError(query);
  if (wrong) throw promError(wrong);
  const t = Number(params.get('time')) || Date.now() / 1000;
  return ok({ resultType: 'vector', result: evaluate(query).map(({ metric, at }) => ({ metric, value: [t, sample(at(t))] })) });
}

function logQueryRange(params) {
  const query = params.get('query') ?? '';
  if (!parseSelector(query)) throw new Failure(400, 'parse error at line 1, col 1: syntax error: unexpected IDENTIFIER, expecting {');
  const { start, end, step } = range(params, 1e6);
  if (/(count_over_time|rate)\s*\(/.test(query)) return ok({ resultType: 'matrix', result: countLines(query, start, end, step * 1000) });
  return ok({ resultType: 'streams', result: selectLines(query, start, end, Number(params.get('limit') ?? 100)) });
}

function logQueryInstant(params) {
  const t = Number(params.get('time')) / 1e9;
  const result = countLines(params.get('query') ?? '', t * 1000 - 300e3, t * 1000, 300e3).map(({ metric, values }) => ({ metric, value: values.at(-1) }));
  return ok({ resultType: 'vector', result: result.filter(({ value }) => value) });
}

function traceById(id) {
  const n = traceNumberOf(id.padStart(32, '0'));
  if (n === null) throw new Failure(404, JSON.stringify({ data: null, errors: [{ code: 404, msg: 'trace not found' }] }));
  return { data: [makeTrace(n)], total: 1, errors: null };
}

const logLabels = { service_name: Object.keys(services), job: Object.keys(services), level: ['debug', 'info', 'warn', 'error'] };

function dashboardByUid(_, uid) {
  const found = getDashboard(uid);
  if (!found) throw new Failure(404, JSON.stringify({ message: 'Dashboard not found' }));
  return found;
}

const routes = [
  [/^\/loki\/api\/v1\/query$/, logQueryInstant],
  [/^\/api\/search$/, search],
  [/^\/api\/dashboards\/uid\/([^/]+)$/, dashboardByUid],
  [/^\/api\/dashboards\/db$/, () => ({})],
  [/^\/api\/datasources$/, () => datasources],
  [/^\/api\/v1\/query$/, queryInstant],
  [/^\/api\/v1\/query_range$/, queryRange],
  [/^\/api\/v1\/labels$/, () => ok(['__name__', 'instance', 'job', 'method', 'route', 'status'])],
  [/^\/api\/v1\/label\/__name__\/values$/, () => ok(metricNames)],
  [/^\/api\/v1\/label\/job\/values$/, () => ok(Object.keys(services))],
  [/^\/api\/v1\/label\/[^/]+\/values$/, () => ok(['/hello', '/checkout'])],
  [/^\/api\/v1\/series$/, () => ok(evaluate('http_requests_total').map((entry) => entry.metric))],
  [/^\/api\/v1\/metadata$/, () => ok(metadata)],
  [/^\/api\/v1\/targets$/, () => ok(listTargets())],
  [/^\/api\/v1\/rules$/, (params) => ok(listRules(params))],
  [/^\/api\/v1\/alerts$/, () => ok(listAlerts())],
  [/^\/alertmanager\/api\/v2\/alerts$/, listDelivered],
  [/^\/alertmanager\/api\/v2\/silences$/, listSilences],
  [/^\/alertmanager\/api\/v2\/silence\/([^/]+)$/, (_, id) => listSilences().find((entry) => entry.id === id)],
  [/^\/pharos\/api\/v1\/slos$/, () => ok(listSlos())],
  [/^\/loki\/api\/v1\/query_range$/, logQueryRange],
  [/^\/loki\/api\/v1\/labels$/, () => ok(Object.keys(logLabels))],
  [/^\/loki\/api\/v1\/label\/([^/]+)\/values$/, (_, name) => ok(logLabels[name] ?? [])],
  [/^\/jaeger\/api\/services$/, () => ({ data: Object.keys(services), errors: null })],
  [/^\/jaeger\/api\/services\/([^/]+)\/operations$/, (_, name) => ({ data: operationsOf(name), errors: null })],
  [/^\/tempo\/api\/search$/, (params) => ({ traces: searchTraceIds(params).map((traceID) => ({ traceID })) })],
  [/^\/jaeger\/api\/traces$/, (params) => ({ data: params.has('traceID') ? params.getAll('traceID').map((id) => makeTrace(traceNumberOf(id))) : searchTraces(params), errors: null })],
  [/^\/jaeger\/api\/traces\/([^/]+)$/, (_, id) => traceById(id)],
];

function emptyAnswer(path) {
  if (path.startsWith('/api/dashboards/')) return getDashboard(path.split('/').at(-1)) ?? {};
  if (path === '/api/datasources') return datasources;
  if (path === '/api/search') return [];
  if (path.startsWith('/jaeger/api/traces/')) throw new Failure(404, JSON.stringify({ data: null, errors: [{ code: 404, msg: 'trace not found' }] }));
  if (path.startsWith('/alertmanager/')) return [];
  if (path.endsWith('/rules')) return ok({ groups: [] });
  if (path.endsWith('/alerts')) return ok({ alerts: [] });
  if (path.startsWith('/tempo/')) return { traces: [] };
  if (path.startsWith('/jaeger/')) return { data: [], errors: null };
  if (path.endsWith('/metadata')) return ok({});
  if (path.endsWith('/targets')) return ok({ activeTargets: [], droppedTargets: [], droppedTargetCounts: {} });
  if (path.endsWith('/api/v1/query')) return ok({ resultType: 'vector', result: [] });
  if (path.startsWith('/loki/') && path.endsWith('/query_range')) return ok({ resultType: 'streams', result: [] });
  if (path.endsWith('/query_range')) return ok({ resultType: 'matrix', result: [] });
  return ok([]);
}

const loopPaths = /^(\/api\/v1\/(rules|alerts)|\/alertmanager\/.*|\/pharos\/.*)$/;

/** POST and DELETE, of silences. */
function change(request, path, body) {
  const id = /^\/alertmanager\/api\/v2\/silence\/([^/]+)$/.exec(path)?.[1];
  if (request.method === 'DELETE' && id) {
    if (!endSilence(id)) throw new Failure(404, '"silence not found"');
    return {};
  }
  const made = addSilence(body);
  if (!made) throw new Failure(400, '"silence must contain at least one matcher"');
  return made;
}

async function bodyOf(request) {
  let body = '';
  for await (const part of request) body += part;
  return body;
}

function answer(url, mode) {
  const route = routes.find(([pattern]) => pattern.test(url.pathname));
  if (!route) return undefined;
  if (mode === 'empty') return emptyAnswer(url.pathname);
  if (mode === 'error') throw new Failure(503, JSON.stringify({ status: 'error', errorType: 'unavailable', error: 'the write-ahead log is being replayed: 62 % done' }));
  return route[1](url.searchParams, ...route[0].exec(url.pathname).slice(1).map(decodeURIComponent));
}

async function serveFile(path, response) {
  const file = normalize(join(dist, path));
  const wanted = file.startsWith(dist) && extname(file) ? file : join(dist, 'index.html');
  try {
    const body = await readFile(wanted);
    response.writeHead(200, { 'Content-Type': types[extname(wanted)] ?? 'application/octet-stream' }).end(body);
  } catch {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found. Were the pages built? (npm run build)\n');
  }
}

function handle(mode) {
  return async (request, response) => {
    const url = new URL(request.url, 'http://mock');
    const isApi = routes.some(([pattern]) => pattern.test(url.pathname));
    if (!isApi) return serveFile(url.pathname, response);
    if (request.method !== 'GET' && url.pathname.startsWith('/api/dashboards/')) {
      let body = '';
      for await (const chunk of request) body += chunk;
      const [status, answer] = changeDashboards(request.method, url.pathname, body);
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
      return undefined;
    }
    if (mode === 'slow') await new Promise((resolve) => setTimeout(resolve, 25_000));
    try {
      if (mode === 'missing' && loopPaths.test(url.pathname)) throw new Failure(404, '404 page not found');
      const isChange = request.method !== 'GET' && mode === 'full';
      const body = JSON.stringify(isChange ? change(request, url.pathname, await bodyOf(request)) : answer(url, mode === 'missing' ? 'full' : mode));
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(body);
    } catch (failure) {
      if (!(failure instanceof Failure)) console.error(failure);
      response.writeHead(failure.status ?? 500, { 'Content-Type': 'text/plain' }).end(failure.body ?? String(failure));
    }
    return undefined;
  };
}

function textFrame(text) {
  const body = Buffer.from(text);
  const head = body.length < 126 ? Buffer.from([0x81, body.length]) : body.length < 65536 ? Buffer.from([0x81, 126, body.length >> 8, body.length & 255]) : null;
  if (!head) throw new Error('the mock sends small frames only');
  return Buffer.concat([head, body]);
}

/** /loki/api/v1/tail: the lines of every second, as they come. */
function tail(request, socket) {
  const url = new URL(request.url, 'http://mock');
  const key = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`);
  let from = Date.now() - 1000;
  const timer = setInterval(() => {
    const to = Date.now();
    for (const stream of selectLines(url.searchParams.get('query'), from, to, 100)) socket.write(textFrame(JSON.stringify({ streams: [stream] })));
    from = to;
  }, 1000);
  socket.on('close', () => clearInterval(timer));
  socket.on('error', () => clearInterval(timer));
  socket.on('data', (data) => (data[0] & 15) === 8 && socket.end());
}

const port = Number(process.argv[2] ?? 3399);
modes.forEach((mode, i) => {
  const server = createServer(handle(mode));
  server.on('upgrade', (request, socket) => (mode === 'full' ? tail(request, socket) : socket.destroy()));
  server.listen(port + i, '127.0.0.1', () => console.log(`${mode.padEnd(5)} http://127.0.0.1:${port + i}`));
});
