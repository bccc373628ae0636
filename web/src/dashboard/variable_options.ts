// The choices of a variable, and which are chosen: from its query's answer, its regex, its order, the
// address and the dashboard.
import { patternOf } from './field_config';
import type { VariableValue } from './interpolate';
import type { Variable } from './model';

export interface Option {
  text: string;
  value: string;
}

export interface ResolvedVariable {
  variable: Variable;
  options: Option[];
  values: string[];
  error: string;
}

export const allValue = '$__all';

/** What a query variable asks. */
export type VariableQuery =
  | { kind: 'label_names'; match: string }
  | { kind: 'label_values'; label: string; match: string }
  | { kind: 'metrics'; pattern: string }
  | { kind: 'query_result'; expr: string }
  | { kind: 'series'; match: string };

export function parseVariableQuery(text: string): VariableQuery {
  const query = text.trim();
  const names = /^label_names\(\s*(.*?)\s*\)\s*$/s.exec(query);
  if (names) return { kind: 'label_names', match: names[1]! };
  const values = /^label_values\(\s*(?:(.+?)\s*,)?\s*([\w.${}[\]:-]+)\s*\)\s*$/s.exec(query);
  if (values) return { kind: 'label_values', match: (values[1] ?? '').trim(), label: values[2]! };
  const metrics = /^metrics\(\s*(.*?)\s*\)\s*$/s.exec(query);
  if (metrics) return { kind: 'metrics', pattern: metrics[1]!.replace(/^["']|["']$/g, '') };
  const result = /^query_result\(\s*(.+)\s*\)\s*$/s.exec(query);
  if (result) return { kind: 'query_result', expr: result[1]!.trim() };
  return { kind: 'series', match: query };
}

/** A selector without a condition selects nothing in Prometheus: then all series are meant. */
export function matcherOf(match: string): string {
  return /^\{\s*\}$/.test(match) ? '' : match;
}

/** `5m, 1h`, `text : value` pairs; a comma of a value has a backslash. */
export function customOptions(text: string): Option[] {
  return text
    .split(/(?<!\\),/)
    .map((part) => part.replaceAll('\\,', ',').trim())
    .filter((part) => part !== '')
    .map((part) => {
      const pair = /^\s*(.+?)\s+:\s+(.+)$/.exec(part);
      return pair ? { text: pair[1]!.trim(), value: pair[2]!.trim() } : { text: part, value: part };
    });
}

/** What the regex leaves of the answers: its groups `text` and `value`, or its first group, or all. */
export function applyRegex(found: string[], regex: string): Option[] {
  const pattern = regex === '' ? undefined : patternOf(regex);
  const seen = new Map<string, Option>();
  for (const answer of found) {
    let option: Option = { text: answer, value: answer };
    if (pattern) {
      const match = pattern.exec(answer);
      if (!match) continue;
      const group = match.groups?.value ?? match.groups?.text ?? match[1];
      if (group !== undefined) option = { value: group, text: match.groups?.text ?? group };
    }
    if (!seen.has(option.value)) seen.set(option.value, option);
  }
  return [...seen.values()];
}

const numberIn = (text: string) => Number(/-?\d+(\.\d+)?/.exec(text)?.[0] ?? NaN);

/** Grafana's orders: 0 as found; 1, 2 by name; 3, 4 by number; 5, 6 by name without case; 7, 8 naturally. */
export function sortOptions(options: Option[], order: number): Option[] {
  const compare: Record<number, (a: Option, b: Option) => number> = {
    1: (a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0),
    3: (a, b) => (numberIn(a.text) || 0) - (numberIn(b.text) || 0),
    5: (a, b) => a.text.toLowerCase().localeCompare(b.text.toLowerCase()),
    7: (a, b) => a.text.localeCompare(b.text, undefined, { numeric: true }),
  };
  const up = compare[order % 2 === 1 ? order : order - 1];
  if (!up) return options;
  const sorted = options.toSorted(up);
  return order % 2 === 1 ? sorted : sorted.reverse();
}

/** What is chosen: the address's, else the dashboard's where it is still a choice, else the first. */
export function chosenValues(variable: Variable, options: Option[], asked: string[] | undefined): string[] {
  if (variable.kind === 'textbox') return [(asked ?? variable.current)[0] ?? variable.query];
  if (variable.kind === 'constant') return [variable.query];
  const wanted = asked ?? variable.current;
  if (variable.includeAll && wanted.some((value) => value === allValue || value.toLowerCase() === 'all')) return [allValue];
  const known = new Map(options.flatMap((option) => [[option.value, option.value], [option.text, option.value]] as const));
  const found = [...new Set(wanted.map((value) => known.get(value)).filter((value) => value !== undefined))];
  // What the address names holds even if no series has it now.
  if (found.length === 0 && asked && asked.length > 0 && asked[0] !== '') return variable.multi ? asked : [asked[0]!];
  if (found.length > 0) return variable.multi ? found : [found[0]!];
  if (variable.includeAll && variable.current.length === 0 && options.length === 0) return [allValue];
  const first = options[0]?.value;
  return first === undefined ? (variable.includeAll ? [allValue] : []) : [first];
}

/** The value as texts take it in. */
export function toVariableValue({ variable, options, values }: ResolvedVariable): VariableValue {
  const isAll = values[0] === allValue;
  const textOf = (value: string) => options.find((option) => option.value === value)?.text ?? value;
  const chosen = isAll ? options.map((option) => option.value) : values;
  return {
    // A variable without any choice is empty, as in Grafana.
    values: chosen.length > 0 ? chosen : [''],
    texts: isAll ? ['All'] : values.map(textOf),
    // All of nothing known yet is everything.
    allValue: variable.allValue || (isAll && options.length === 0 ? '.*' : ''),
    isAll,
    multi: variable.multi || variable.includeAll,
  };
}
