// The one codec between the address bar and what the pages show. Every page's whole state is in
// the URL, so a link, a reload and the back button give the same view. Paths of the original
// programs (/graph?g0.expr=, /search?service=, /trace/ID, /targets?health=) are read as well.
import { defaultRange, isValidRange, parseDurationMs, type TimeRange } from './time_range';
import { decodeLoopView, emptyLoopViews, encodeLoopView, type LoopView } from './url_loop';

export type { AlertsView, SilencesView, SilenceState, SlosView } from './url_loop';

export type ServiceSort = 'name' | 'rate' | 'errors' | 'p50' | 'p95' | 'p99';
export type MetricsTab = 'chart' | 'table';

export interface ServicesView {
  page: 'services';
  filter: string;
  sort: ServiceSort;
}
export interface ServiceView {
  page: 'service';
  name: string;
}
export interface MetricsView {
  page: 'metrics';
  queries: string[];
  tab: MetricsTab;
  step: string;
  stacked: boolean;
}
export interface LogsView {
  page: 'logs';
  query: string;
  limit: number;
  live: boolean;
  wrap: boolean;
}
export interface TracesView {
  page: 'traces';
  service: string;
  operation: string;
  minDuration: string;
  maxDuration: string;
  tags: string;
  errorsOnly: boolean;
  limit: number;
}
export interface TraceView {
  page: 'trace';
  id: string;
  span: string;
}
export type TargetState = 'all' | 'up' | 'down';
export interface TargetsView {
  page: 'targets';
  filter: string;
  state: TargetState;
}
export interface DashboardsView {
  page: 'dashboards';
  filter: string;
  tag: string;
}
export interface DashboardView {
  page: 'dashboard';
  uid: string;
  slug: string;
  /** What the address says of variables (Grafana's var-NAME=), each with one or more values. */
  vars: Record<string, string[]>;
  /** The address names a time; without it the dashboard's own holds. */
  timed: boolean;
  /** One panel alone, by its key; empty: all. */
  panel: string;
}
export interface UnknownView {
  page: 'unknown';
  path: string;
}
export type View = ServicesView | ServiceView | MetricsView | LogsView | TracesView | TraceView | TargetsView | LoopView | DashboardsView | DashboardView | UnknownView;
export type PageName = View['page'];

export interface UrlState {
  view: View;
  range: TimeRange;
  /** Seconds between refreshes; 0 is off. */
  refresh: number;
}

export const refreshChoices = [0, 5, 10, 30, 60, 300];
export const limits = { logs: [100, 500, 1000, 5000], traces: [20, 50, 100, 200] };

export const emptyViews = {
  services: { page: 'services', filter: '', sort: 'rate' } as ServicesView,
  metrics: { page: 'metrics', queries: [''], tab: 'chart', step: '', stacked: false } as MetricsView,
  logs: { page: 'logs', query: '', limit: 500, live: false, wrap: false } as LogsView,
  traces: {
    page: 'traces',
    service: '',
    operation: '',
    minDuration: '',
    maxDuration: '',
    tags: '',
    errorsOnly: false,
    limit: 20,
  } as TracesView,
  targets: { page: 'targets', filter: '', state: 'all' } as TargetsView,
  ...emptyLoopViews,
  dashboards: { page: 'dashboards', filter: '', tag: '' } as DashboardsView,
};
const defaultRefresh = 10;
const maxQueries = 8;

/** Path and query string of a state; what equals its default is left out. */
export function encodeUrl(state: UrlState): string {
  const params = new URLSearchParams();
  const path = encodeView(state.view, params);
  const isTimed = state.view.page === 'dashboard' && state.view.timed;
  if (isTimed || state.range.from !== defaultRange.from || state.range.to !== defaultRange.to) {
    params.set('from', state.range.from);
    params.set('to', state.range.to);
  }
  if (state.refresh !== defaultRefresh) params.set('refresh', String(state.refresh));
  const search = params.toString();
  return search ? `${path}?${search}` : path;
}

function encodeView(view: View, params: URLSearchParams): string {
  const put = (key: string, value: string, otherwise = '') => {
    if (value !== otherwise) params.set(key, value);
  };
  switch (view.page) {
    case 'services':
      put('filter', view.filter);
      put('sort', view.sort, emptyViews.services.sort);
      return '/';
    case 'service':
      return `/services/${encodeURIComponent(view.name)}`;
    case 'metrics':
      view.queries.forEach((query) => {
        if (query !== '') params.append('q', query);
      });
      put('tab', view.tab, 'chart');
      put('step', view.step);
      put('stacked', view.stacked ? '1' : '');
      return '/graph';
    case 'logs':
      put('q', view.query);
      put('limit', String(view.limit), String(emptyViews.logs.limit));
      put('live', view.live ? '1' : '');
      put('wrap', view.wrap ? '1' : '');
      return '/logs';
    case 'traces':
      put('service', view.service);
      put('operation', view.operation);
      put('min', view.minDuration);
      put('max', view.maxDuration);
      put('tags', view.tags);
      put('errors', view.errorsOnly ? '1' : '');
      put('limit', String(view.limit), String(emptyViews.traces.limit));
      return '/traces';
    case 'trace':
      put('span', view.span);
      return `/trace/${encodeURIComponent(view.id)}`;
    case 'targets':
      put('filter', view.filter);
      put('state', view.state, emptyViews.targets.state);
      return '/targets';
    case 'alerts':
    case 'silences':
    case 'slos':
      return encodeLoopView(view, params);
    case 'dashboards':
      put('filter', view.filter);
      put('tag', view.tag);
      return '/dashboards';
    case 'dashboard':
      for (const [name, values] of Object.entries(view.vars)) values.forEach((value) => params.append(`var-${name}`, value));
      put('viewPanel', view.panel);
      return `/d/${encodeURIComponent(view.uid)}${view.slug ? `/${encodeURIComponent(view.slug)}` : ''}`;
    case 'unknown':
      return view.path;
  }
}

/** The state that a URL means; anything unreadable in it falls back to its default. */
export function decodeUrl(pathname: string, search: string): UrlState {
  const params = new URLSearchParams(search);
  return { view: decodeView(pathname, params), range: decodeRange(params), refresh: decodeRefresh(params) };
}

function decodeView(pathname: string, params: URLSearchParams): View {
  const [head = '', rest, slug = ''] = pathname.split('/').filter((part) => part !== '');
  const get = (key: string) => params.get(key) ?? '';
  const has = (key: string) => params.get(key) === '1';
  if (head === 'services' && rest !== undefined) return { page: 'service', name: decodePart(rest) };
  if (head === 'trace' && rest !== undefined) {
    return { page: 'trace', id: decodePart(rest).toLowerCase(), span: get('span') || get('uiFind') };
  }
  if (head === 'd' && rest !== undefined) return decodeDashboard(decodePart(rest), decodePart(slug), params);
  switch (head) {
    case 'dashboards':
      return { page: 'dashboards', filter: get('filter') || get('query'), tag: get('tag') };
    case '':
    case 'services':
      return { page: 'services', filter: get('filter'), sort: oneOf(get('sort'), serviceSorts, 'rate') };
    case 'graph':
    case 'query':
      return decodeMetrics(params);
    case 'logs': {
      const limit = pickLimit(get('limit'), limits.logs, emptyViews.logs.limit);
      return { page: 'logs', query: get('q'), limit, live: has('live'), wrap: has('wrap') };
    }
    case 'traces':
    case 'search':
      return {
        page: 'traces',
        service: get('service'),
        operation: get('operation') === 'all' ? '' : get('operation'),
        minDuration: get('min') || get('minDuration'),
        maxDuration: get('max') || get('maxDuration'),
        tags: get('tags'),
        errorsOnly: has('errors'),
        limit: pickLimit(get('limit'), limits.traces, emptyViews.traces.limit),
      };
    case 'targets': {
      const state = get('state') || get('health');
      return { page: 'targets', filter: get('filter') || get('search'), state: oneOf(state, targetStates, 'all') };
    }
    default:
      return decodeLoopView(head, rest, params) ?? { page: 'unknown', path: pathname };
  }
}

function decodeDashboard(uid: string, slug: string, params: URLSearchParams): DashboardView {
  const vars: Record<string, string[]> = {};
  for (const [key, value] of params) {
    if (key.startsWith('var-') && key.length > 4) vars[key.slice(4)] = [...(vars[key.slice(4)] ?? []), value];
  }
  return { page: 'dashboard', uid, slug, vars, timed: params.has('from') || params.has('to'), panel: params.get('viewPanel') ?? '' };
}

const targetStates: TargetState[] = ['all', 'up', 'down'];
const serviceSorts: ServiceSort[] = ['name', 'rate', 'errors', 'p50', 'p95', 'p99'];

function decodeMetrics(params: URLSearchParams): MetricsView {
  let queries = params.getAll('q');
  for (let i = 0; queries.length === i && i < maxQueries && params.has(`g${i}.expr`); ++i) {
    queries = [...queries, params.get(`g${i}.expr`)!];
  }
  queries = queries.filter((query) => query !== '').slice(0, maxQueries);
  const isTable = params.get('tab') === 'table' || params.get('g0.tab') === '1' || params.get('g0.tab') === 'table';
  return {
    page: 'metrics',
    queries: queries.length > 0 ? queries : [''],
    tab: isTable ? 'table' : 'chart',
    step: params.get('step') ?? '',
    stacked: params.get('stacked') === '1',
  };
}

function decodeRange(params: URLSearchParams): TimeRange {
  const own = { from: params.get('from') ?? '', to: params.get('to') ?? 'now' };
  if (isValidRange(own)) return own;
  const prometheus = { from: `now-${params.get('g0.range_input') ?? ''}`, to: 'now' };
  if (isValidRange(prometheus)) return prometheus;
  const jaeger = { from: `now-${params.get('lookback') ?? ''}`, to: 'now' };
  return isValidRange(jaeger) ? jaeger : defaultRange;
}

function decodeRefresh(params: URLSearchParams): number {
  const text = params.get('refresh');
  // "30s" and "1m" are how Grafana writes it.
  const seconds = /^\d+[sm]$/.test(text ?? '') ? (parseDurationMs(text!) ?? 0) / 1000 : Number(text);
  return text !== null && refreshChoices.includes(seconds) ? seconds : defaultRefresh;
}

function pickLimit(text: string, choices: number[], otherwise: number): number {
  return choices.includes(Number(text)) ? Number(text) : otherwise;
}

function oneOf<T extends string>(text: string, choices: T[], otherwise: T): T {
  return choices.find((choice) => choice === text) ?? otherwise;
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
