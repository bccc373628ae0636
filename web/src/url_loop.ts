// The part of the codec (url_state.ts) for alerts, silences and SLOs, with the addresses of
// Prometheus (/alerts?search=, /rules) and of Alertmanager, whose pages stand behind a "#".

export type AlertsTab = 'alerts' | 'recording';
export interface AlertsView {
  page: 'alerts';
  tab: AlertsTab;
  filter: string;
  /** The alert that is open: its fingerprint, or name{labels}. */
  alert: string;
}
export type SilenceState = 'current' | 'active' | 'pending' | 'expired';
export interface SilencesView {
  page: 'silences';
  state: SilenceState;
  filter: string;
  /** The silence that a link names. */
  id: string;
  /** Matchers of the silence that is being written; null while none is. */
  draft: string | null;
}
export interface SlosView {
  page: 'slos';
  /** The SLO that a link names. */
  slo: string;
}
export type LoopView = AlertsView | SilencesView | SlosView;

export const emptyLoopViews = {
  alerts: { page: 'alerts', tab: 'alerts', filter: '', alert: '' } as AlertsView,
  silences: { page: 'silences', state: 'current', filter: '', id: '', draft: null } as SilencesView,
  slos: { page: 'slos', slo: '' } as SlosView,
};

const silenceStates: SilenceState[] = ['current', 'active', 'pending', 'expired'];

export function encodeLoopView(view: LoopView, params: URLSearchParams): string {
  const put = (key: string, value: string, otherwise = '') => {
    if (value !== otherwise) params.set(key, value);
  };
  switch (view.page) {
    case 'alerts':
      put('tab', view.tab, 'alerts');
      put('filter', view.filter);
      put('alert', view.alert);
      return '/alerts';
    case 'silences':
      put('state', view.state, 'current');
      put('filter', view.filter);
      put('id', view.id);
      if (view.draft !== null) params.set('new', view.draft);
      return '/silences';
    case 'slos':
      put('slo', view.slo);
      return '/slos';
  }
}

/** Null for the path of another page. */
export function decodeLoopView(head: string, rest: string | undefined, params: URLSearchParams): LoopView | null {
  const get = (key: string) => params.get(key) ?? '';
  switch (head) {
    case 'alerts':
    case 'rules': {
      const isRecording = get('tab') === 'recording' || get('type') === 'record';
      const tab = isRecording ? 'recording' : 'alerts';
      return { page: 'alerts', tab, filter: get('filter') || get('search') || matchersIn(get('matchers')), alert: get('alert') };
    }
    case 'silences': {
      const state = silenceStates.find((known) => known === get('state')) ?? 'current';
      const draft = params.get('new') ?? (rest === 'new' ? get('filter') : null);
      const id = get('id') || (rest !== undefined && rest !== 'new' ? rest : '');
      return { page: 'silences', state, filter: rest === 'new' ? '' : get('filter'), id, draft };
    }
    case 'slos':
      return { page: 'slos', slo: get('slo') };
    default:
      return null;
  }
}

const matchersIn = (text: string) => (text.startsWith('{') ? text : '');

/**
 * The view behind Alertmanager's `#/alerts?filter={…}&receiver=x`, `#/silences`, `#/silences/new?filter={…}`
 * and `#/silences/ID`; null for any other hash.
 */
export function decodeHash(hash: string): LoopView | null {
  if (!hash.startsWith('#/')) return null;
  const url = new URL(hash.slice(1), 'http://hash');
  const [head = '', rest] = url.pathname.split('/').filter((part) => part !== '');
  if (head === 'status') return emptyLoopViews.alerts;
  const view = head === 'alerts' || head === 'silences' ? decodeLoopView(head, rest, url.searchParams) : null;
  const receiver = url.searchParams.get('receiver');
  if (view?.page !== 'alerts' || view.filter !== '' || !receiver) return view;
  return { ...view, filter: `receiver=${JSON.stringify(receiver)}` };
}
