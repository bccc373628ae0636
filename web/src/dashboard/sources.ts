// Which of Pharos's APIs a panel asks: by the kind, uid or name of its data source, or a variable.
import type { Datasource } from '../api/grafana/datasources';
import type { VariableValue } from './interpolate';
import type { SourceRef } from './model';

export type Api = 'prometheus' | 'loki';

export interface SourceChoice {
  api: Api | undefined;
  /** Why it cannot be asked, or what was assumed. */
  note: string;
}

/** Kinds of Prometheus's descendants: they are asked in PromQL. */
const promKinds = /^(prometheus|grafana-amazonprometheus-datasource|grafana-azureprometheus-datasource|victoriametrics-(metrics-)?datasource)$/;

/** Whether panels can ask a source of this kind. */
export function isAsked(type: string): boolean {
  return promKinds.test(type) || type === 'loki';
}

export const ownDatasources: Datasource[] = [
  { uid: 'prometheus', name: 'Prometheus', type: 'prometheus', isDefault: true },
  { uid: 'loki', name: 'Loki', type: 'loki', isDefault: false },
  { uid: 'tempo', name: 'Tempo', type: 'tempo', isDefault: false },
];

function ofKind(type: string): SourceChoice {
  if (promKinds.test(type)) return { api: 'prometheus', note: '' };
  if (type === 'loki') return { api: 'loki', note: '' };
  return { api: undefined, note: `Data source “${type}” is not supported in panels.` };
}

/** "$name" and "${name}" alone name a variable. */
export function variableOf(text: string): string {
  return /^\$\{?(\w+)(?::\w+)?\}?$/.exec(text)?.[1] ?? '';
}

export function chooseSource(ref: SourceRef, variables: ReadonlyMap<string, VariableValue>, known: Datasource[]): SourceChoice {
  const uid = ref.uid;
  if (uid === '__expr__' || ref.type === '__expr__') return { api: undefined, note: 'Server-side expressions are not supported.' };
  if (uid === '-- Dashboard --') return { api: undefined, note: 'Queries that reuse another panel’s result are not supported.' };
  if (uid === '-- Grafana --' || uid === 'grafana' || ref.type === 'grafana') return { api: undefined, note: 'Grafana’s own test data are not supported.' };
  const variable = variableOf(ref.type) || (ref.type === '' ? variableOf(uid) : '');
  if (variable !== '') {
    const value = variables.get(variable)?.values[0];
    // An input of an export that nobody filled in: its name says what it was.
    if (value === undefined) return /LOKI/i.test(variable) ? ofKind('loki') : ofKind('prometheus');
    return ofKind((known.find((source) => source.uid === value || source.name === value)?.type ?? value) || 'prometheus');
  }
  if (ref.type !== '' && ref.type !== 'datasource') return ofKind(ref.type);
  if (uid === '' || uid === 'default' || uid === '-- Mixed --') return ofKind((known.find((source) => source.isDefault) ?? ownDatasources[0]!).type);
  const named = known.find((source) => source.uid === uid || source.name === uid || source.name.toLowerCase() === uid.toLowerCase());
  if (named) return ofKind(named.type);
  if (/loki/i.test(uid)) return ofKind('loki');
  return { api: 'prometheus', note: `data source “${uid}” is not known here; Prometheus is asked` };
}
