// Dashboards for the mock: the lab's and the public ones where they are beside the checkout, one of
// every kind of panel, and what is imported while it runs.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const shared = fileURLToPath(new URL('../../../shared/', import.meta.url));
const all = new Map();

function add(dashboard, folder) {
  const uid = dashboard.uid || `made-${all.size}`;
  all.set(uid, { folder, dashboard: { ...dashboard, uid, version: 1 } });
}

function addFolder(path, folder) {
  let names = [];
  try {
    names = readdirSync(path);
  } catch {
    return;
  }
  for (const name of names) {
    const file = join(path, name);
    if (statSync(file).isDirectory()) addFolder(file, folder);
    else if (name.endsWith('.json') && name !== 'PANELS.json') {
      const json = JSON.parse(readFileSync(file, 'utf8'));
      add(json.dashboard ?? json, folder);
    }
  }
}

const steps = (...pairs) => ({ mode: 'absolute', steps: pairs.map(([value, color]) => ({ value, color })) });
const panel = (id, type, title, gridPos, expr, more = {}) => ({ id, type, title, gridPos, targets: [].concat(expr).map((one, i) => (typeof one === 'string' ? { refId: 'ABC'[i], expr: one } : { refId: 'ABC'[i], ...one })), ...more });
const rate = 'sum by (job) (rate(http_requests_total{job=~"$job"}[$__rate_interval]))';

const kinds = {
  title: 'Every kind of panel',
  uid: 'kinds',
  tags: ['demo', 'shop'],
  schemaVersion: 39,
  time: { from: 'now-1h', to: 'now' },
  refresh: '30s',
  templating: {
    list: [
      { name: 'job', type: 'query', label: 'Service', query: { query: 'label_values(http_requests_total, job)' }, multi: true, includeAll: true, current: { value: ['$__all'] }, sort: 1 },
      { name: 'quantile', type: 'custom', query: 'p50 : 0.5, p95 : 0.95, p99 : 0.99', current: { value: '0.95' } },
      { name: 'window', type: 'interval', query: '1m,5m,1h', auto: true, current: { value: '5m' } },
      { name: 'search', type: 'textbox', query: '' },
    ],
  },
  panels: [
    panel(1, 'stat', 'Requests', { x: 0, y: 0, w: 4, h: 4 }, 'sum(rate(http_requests_total{job=~"$job"}[$window]))', { fieldConfig: { defaults: { unit: 'reqps', thresholds: steps([null, 'green'], [50, 'yellow'], [200, 'red']) } } }),
    panel(2, 'stat', 'By service', { x: 4, y: 0, w: 8, h: 4 }, { expr: rate, legendFormat: '{{job}}' }, { options: { colorMode: 'background', graphMode: 'none', reduceOptions: { calcs: ['mean'] } }, fieldConfig: { defaults: { unit: 'reqps', thresholds: steps([null, 'green'], [10, 'yellow'], [20, 'red']) } } }),
    panel(3, 'gauge', 'Memory', { x: 12, y: 0, w: 4, h: 4 }, 'sum(process_resident_memory_bytes{job="checkout-api"})', { fieldConfig: { defaults: { unit: 'bytes', min: 0, max: 1.5e8, thresholds: { mode: 'percentage', steps: [{ value: null, color: 'green' }, { value: 70, color: 'orange' }, { value: 90, color: 'red' }] } } } }),
    panel(4, 'bargauge', 'In progress', { x: 16, y: 0, w: 8, h: 6 }, { expr: 'sum by (job) (http_requests_in_progress)', legendFormat: '{{job}}' }, { options: { orientation: 'horizontal', reduceOptions: { calcs: ['lastNotNull'] } }, fieldConfig: { defaults: { color: { mode: 'continuous-GrYlRd' }, min: 0 } } }),
    panel(5, 'timeseries', 'Rate of $job', { x: 0, y: 4, w: 12, h: 9 }, { expr: rate, legendFormat: '{{job}}' }, { description: 'Requests a second by service. See the [runbook](https://example.org).', options: { legend: { displayMode: 'table', calcs: ['mean', 'max', 'lastNotNull'] } }, fieldConfig: { defaults: { unit: 'reqps', custom: { fillOpacity: 40, stacking: { mode: 'normal' } } } } }),
    panel(6, 'timeseries', 'Latency with a limit', { x: 12, y: 6, w: 12, h: 7 }, ['0.5', '0.95', '0.99'].map((q) => ({ expr: `histogram_quantile(${q}, sum(rate(http_request_duration_seconds_bucket{job=~"$job"}[5m])) by (le))`, legendFormat: `p${q.slice(2).padEnd(2, '0')}` })), { fieldConfig: { defaults: { unit: 's', thresholds: steps([null, 'transparent'], [0.3, 'red']), custom: { thresholdsStyle: { mode: 'dashed' } } } } }),
    { id: 7, type: 'row', title: 'Details', gridPos: { x: 0, y: 13, w: 24, h: 1 }, collapsed: false, panels: [] },
    panel(8, 'table', 'Routes', { x: 0, y: 14, w: 12, h: 8 }, [{ expr: 'sum by (job, route) (rate(http_requests_total[5m]))', format: 'table', instant: true }, { expr: 'histogram_quantile($quantile, sum by (job, route) (rate(http_request_duration_seconds_bucket[5m])))', format: 'table', instant: true }], {
      transformations: [{ id: 'merge', options: {} }, { id: 'organize', options: { excludeByName: { Time: true }, renameByName: { job: 'Service', route: 'Route', 'Value #A': 'Rate', 'Value #B': 'Latency' } } }],
      fieldConfig: { defaults: {}, overrides: [{ matcher: { id: 'byName', options: 'Rate' }, properties: [{ id: 'unit', value: 'reqps' }, { id: 'custom.cellOptions', value: { type: 'gauge' } }, { id: 'color', value: { mode: 'continuous-BlPu' } }] }, { matcher: { id: 'byName', options: 'Latency' }, properties: [{ id: 'unit', value: 's' }, { id: 'thresholds', value: steps([null, 'green'], [0.3, 'orange'], [1, 'red']) }, { id: 'custom.cellOptions', value: { type: 'color-text' } }] }] },
    }),
    panel(9, 'timeseries', 'Errors as bars', { x: 12, y: 14, w: 6, h: 8 }, { expr: 'sum by (status) (rate(http_requests_total[5m]))', legendFormat: '{{status}}' }, { fieldConfig: { defaults: { custom: { drawStyle: 'bars', fillOpacity: 80, stacking: { mode: 'normal' } }, unit: 'ops' }, overrides: [{ matcher: { id: 'byRegexp', options: '/^5/' }, properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: 'red' } }] }] } }),
    { id: 10, type: 'text', title: 'Notes', gridPos: { x: 18, y: 14, w: 6, h: 8 }, options: { mode: 'markdown', content: '## On call\n\n- First look at **errors**, then at *latency*.\n- The [shop](https://example.org/shop) has `/slow`.\n\n1. Read\n2. Decide\n\n```\nkubectl get pods\n```' } },
    panel(11, 'timeseries', '$job', { x: 0, y: 22, w: 24, h: 6 }, 'sum(rate(http_requests_total{job="$job"}[5m]))', { repeat: 'job', maxPerRow: 3, fieldConfig: { defaults: { unit: 'reqps' } }, options: { legend: { showLegend: false } } }),
    panel(12, 'logs', 'Lines', { x: 0, y: 34, w: 16, h: 8 }, '{service_name=~".+"}', { datasource: { type: 'loki', uid: 'loki' } }),
    panel(13, 'heatmap', 'Latency heatmap', { x: 16, y: 34, w: 8, h: 4 }, { expr: 'sum by (le) (rate(http_request_duration_seconds_bucket[5m]))', format: 'heatmap' }),
    panel(14, 'timeseries', 'A broken query', { x: 16, y: 38, w: 8, h: 4 }, 'sum(rate(http_requests_total[5m])'),
    { id: 15, type: 'row', title: 'Closed', gridPos: { x: 0, y: 42, w: 24, h: 1 }, collapsed: true, panels: [panel(16, 'stat', 'Up', { x: 0, y: 43, w: 6, h: 4 }, 'sum(up)', { fieldConfig: { defaults: { mappings: [{ type: 'value', options: { 0: { text: 'Down', color: 'red' } } }] } } })] },
  ],
};

add(kinds, 'Demo');
addFolder(join(shared, 'lab/dashboards'), 'Lab');
addFolder(join(shared, 'data/dashboards'), 'Public');

const slugOf = (title) => title.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
const hit = ({ dashboard, folder }) => ({ id: 1, uid: dashboard.uid, title: dashboard.title, url: `/d/${dashboard.uid}/${slugOf(dashboard.title)}`, type: 'dash-db', tags: dashboard.tags ?? [], ...(folder ? { folderTitle: folder } : {}) });

export const search = () => [...all.values()].map(hit).sort((a, b) => (a.title < b.title ? -1 : 1));

export function getDashboard(uid) {
  const found = all.get(uid);
  if (!found) return undefined;
  return { meta: { slug: slugOf(found.dashboard.title), url: hit(found).url, folderTitle: found.folder ?? 'General', provisioned: Boolean(found.folder), canSave: !found.folder, canDelete: !found.folder, version: 1 }, dashboard: found.dashboard };
}

/** POST and DELETE: [status, body]. */
export function changeDashboards(method, path, body) {
  if (method === 'DELETE') {
    const uid = path.split('/').at(-1);
    if (all.get(uid)?.folder) return [400, { message: 'provisioned dashboard cannot be deleted' }];
    return all.delete(uid) ? [200, { message: 'Dashboard deleted' }] : [404, { message: 'Dashboard not found' }];
  }
  const { dashboard, overwrite } = JSON.parse(body);
  const known = all.get(dashboard.uid);
  if (known?.folder) return [400, { message: 'Cannot save provisioned dashboard' }];
  if (known && !overwrite) return [412, { message: 'The dashboard has been changed by someone else', status: 'version-mismatch' }];
  add(dashboard, undefined);
  const saved = hit([...all.values()].at(-1));
  return [200, { uid: saved.uid, url: saved.url, slug: slugOf(dashboard.title), version: 1, status: 'success' }];
}

export const datasources = ['prometheus', 'loki', 'tempo'].map((type, i) => ({ id: i + 1, uid: type, name: type[0].toUpperCase() + type.slice(1), type, isDefault: i === 0 }));
