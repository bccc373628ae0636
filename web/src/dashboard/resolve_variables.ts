// The choices of all variables, in the order in which they depend on each other.
import { logLabelValues } from '../api/loki/label_values';
import { logLabels } from '../api/loki/labels';
import { labelNames } from '../api/prometheus/labels';
import { labelValues } from '../api/prometheus/label_values';
import { queryInstant } from '../api/prometheus/query';
import { series } from '../api/prometheus/series';
import type { Datasource } from '../api/grafana/datasources';
import type { TimeWindow } from '../time_range';
import { fullName } from './legend';
import { interpolate, namesIn, type Scope, type VariableValue } from './interpolate';
import { intervalBuiltins, intervalText, parseInterval, scrapeIntervalMs, stepOf } from './interval';
import type { Variable } from './model';
import { chooseSource } from './sources';
import { allValue, applyRegex, chosenValues, customOptions, matcherOf, parseVariableQuery, sortOptions, toVariableValue, type Option, type ResolvedVariable, type VariableQuery } from './variable_options';

export interface Resolving {
  variables: Variable[];
  /** What the address says. */
  asked: Record<string, string[]>;
  window: TimeWindow;
  known: Datasource[];
  signal?: AbortSignal | undefined;
}

/** A variable comes after those that its query names; what depends on itself comes last. */
export function inOrder(variables: Variable[]): Variable[] {
  const names = new Set(variables.map(({ name }) => name));
  const needs = new Map(variables.map((one) => [one.name, namesIn(`${one.query} ${one.regex} ${one.source.uid}`).filter((name) => names.has(name) && name !== one.name)]));
  const done = new Set<string>();
  const ordered: Variable[] = [];
  let rest = variables;
  while (rest.length > 0) {
    const ready = rest.filter((one) => needs.get(one.name)!.every((name) => done.has(name)));
    const next = ready.length > 0 ? ready : rest;
    for (const one of next) done.add(one.name);
    ordered.push(...next);
    rest = rest.filter((one) => !next.includes(one));
  }
  return ordered;
}

async function askPrometheus(query: VariableQuery, { window, signal }: Resolving): Promise<string[]> {
  const times = { fromMs: window.fromMs, toMs: window.toMs };
  switch (query.kind) {
    case 'label_names':
      return labelNames(matchesOf(query.match), signal);
    case 'label_values':
      return labelValues(query.label, { matches: matchesOf(query.match), ...times }, signal);
    case 'metrics': {
      const pattern = new RegExp(query.pattern);
      return (await labelValues('__name__', times, signal)).filter((name) => pattern.test(name));
    }
    case 'query_result': {
      const { data } = await queryInstant(query.expr, window.toMs, signal);
      if (data.resultType === 'scalar') return [data.result[1]];
      if (data.resultType !== 'vector') return [];
      return data.result.map(({ metric, value }) => `${bareName(metric)} ${value?.[1] ?? ''} ${Math.round((value?.[0] ?? 0) * 1000)}`);
    }
    case 'series':
      return query.match === '' ? [] : (await series([query.match], signal)).map(bareName);
  }
}

/** As Grafana writes a series for the regex of a variable: no blanks between labels. */
const bareName = (metric: Record<string, string>) => {
  const name = fullName(metric).replaceAll('", ', '",');
  return name.startsWith('{') || name === '' ? name || '{}' : name;
};

function matchesOf(match: string): string[] {
  const matcher = matcherOf(match);
  return matcher === '' ? [] : [matcher];
}

async function askLoki(query: VariableQuery, { window, signal }: Resolving): Promise<string[]> {
  if (query.kind === 'label_names') return logLabels(window, signal);
  if (query.kind === 'label_values') return logLabelValues(query.label, window, signal, matcherOf(query.match));
  throw new Error('Loki is asked for label_names() and label_values() only.');
}

async function queryOptions(variable: Variable, scope: Scope, resolving: Resolving): Promise<Option[]> {
  const { api, note } = chooseSource(variable.source, scope.variables, resolving.known);
  if (!api) throw new Error(note);
  if (variable.query.trim() === '') throw new Error('This variable has no query that Pharos reads.');
  const query = parseVariableQuery(interpolate(variable.query, scope, api));
  const found = api === 'loki' ? await askLoki(query, resolving) : await askPrometheus(query, resolving);
  return sortOptions(applyRegex(found, interpolate(variable.regex, scope, 'plain')), variable.sort);
}

function intervalOptions(variable: Variable, window: TimeWindow): Option[] {
  const options = customOptions(variable.query).filter(({ value }) => value !== 'auto' && !value.startsWith('$__auto'));
  if (variable.autoCount === 0) return options;
  return [{ text: 'auto', value: autoInterval(variable, window) }, ...options];
}

export function autoInterval(variable: Variable, window: TimeWindow): string {
  return intervalText(stepOf(window, variable.autoCount || 30, parseInterval(variable.autoMin) ?? 10_000).stepMs);
}

function datasourceOptions({ query, regex }: Variable, known: Datasource[]): Option[] {
  const names = new Map(known.filter(({ type }) => query === '' || type === query).map(({ name, uid }) => [name, uid]));
  return applyRegex([...names.keys()], regex).map(({ text }) => ({ text, value: names.get(text) ?? text }));
}

async function optionsOf(variable: Variable, scope: Scope, resolving: Resolving): Promise<Option[]> {
  switch (variable.kind) {
    case 'query':
      return queryOptions(variable, scope, resolving);
    case 'interval':
      return intervalOptions(variable, resolving.window);
    case 'custom':
      return customOptions(interpolate(variable.query, scope, 'plain'));
    case 'datasource':
      return datasourceOptions(variable, resolving.known);
    default:
      return [];
  }
}

function currentOfInterval(variable: Variable, asked: string[] | undefined, window: TimeWindow): string[] | undefined {
  const wanted = asked ?? variable.current;
  return wanted.some((value) => value.startsWith('$__auto') || value === 'auto') ? [autoInterval(variable, window)] : asked;
}

/** Asks everything that has to be asked; a variable that fails keeps what was chosen, with its error. */
export async function resolveVariables(resolving: Resolving): Promise<ResolvedVariable[]> {
  const values = new Map<string, VariableValue>();
  const builtins = new Map(intervalBuiltins(resolving.window, stepOf(resolving.window, 1000, scrapeIntervalMs)));
  const resolved = new Map<string, ResolvedVariable>();
  for (const variable of inOrder(resolving.variables)) {
    let options: Option[] = [];
    let error = variable.fault;
    try {
      options = await optionsOf(variable, { variables: values, builtins }, resolving);
    } catch (failure) {
      if (resolving.signal?.aborted) throw failure;
      error = failure instanceof Error ? failure.message : String(failure);
    }
    const asked = resolving.asked[variable.name];
    const wanted = variable.kind === 'interval' ? currentOfInterval(variable, asked, resolving.window) : asked;
    let chosen = chosenValues(variable, options, wanted);
    if (error !== '' && chosen.length === 0 && variable.current.length > 0) chosen = variable.current;
    const one = { variable, options, values: chosen, error };
    resolved.set(variable.name, one);
    values.set(variable.name, toVariableValue(one));
  }
  return resolving.variables.map(({ name }) => resolved.get(name)!);
}

export { allValue };
