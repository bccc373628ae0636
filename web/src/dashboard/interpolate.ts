// Variables in texts, as Grafana writes them: $name, ${name:format}, [[name]], and its own $__interval
// and the like. What is no variable stays as it is.

export interface VariableValue {
  /** What is chosen. */
  values: string[];
  /** How it reads; as many as values. */
  texts: string[];
  /** Everything is chosen, and the variable says what that means. */
  allValue: string;
  isAll: boolean;
  /** It may hold several: queries then take it as a pattern. */
  multi: boolean;
}

export interface Scope {
  variables: ReadonlyMap<string, VariableValue>;
  /** Names that Grafana itself defines, with their text. */
  builtins: ReadonlyMap<string, string>;
}

/** Who reads the text: decides how a value without a format is written. */
export type Reader = 'prometheus' | 'loki' | 'title' | 'plain';

const reference = /\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.[^:}]+)?(?::([^}]+))?\}/g;

export function interpolate(text: string, scope: Scope, reader: Reader): string {
  if (!text.includes('$') && !text.includes('[[')) return text;
  return text.replace(reference, (whole, plain?: string, square?: string, squareFormat?: string, curly?: string, curlyFormat?: string) => {
    const name = plain ?? square ?? curly ?? '';
    const format = squareFormat ?? curlyFormat ?? '';
    const builtin = scope.builtins.get(name);
    if (builtin !== undefined) return formatBuiltin(name, builtin, format);
    const value = scope.variables.get(name);
    return value ? formatVariable(name, value, format, reader) : whole;
  });
}

/** The variables that a text names. */
export function namesIn(text: string): string[] {
  const names = new Set<string>();
  for (const match of text.matchAll(reference)) names.add(match[1] ?? match[2] ?? match[4] ?? '');
  return [...names];
}

function formatBuiltin(name: string, text: string, format: string): string {
  if (name !== '__from' && name !== '__to') return text;
  if (format === 'date' || format === 'date:iso') return new Date(Number(text)).toISOString();
  return format === 'date:seconds' ? String(Math.floor(Number(text) / 1000)) : text;
}

function formatVariable(name: string, value: VariableValue, format: string, reader: Reader): string {
  if (reader === 'title' && format === '') return value.texts.join(' + ');
  if (value.isAll && value.allValue !== '' && format !== 'text') return value.allValue;
  if (format === '') return byReader(value, reader);
  return byFormat(name, value, format) ?? byReader(value, reader);
}

function byReader({ values, multi }: VariableValue, reader: Reader): string {
  if (reader === 'prometheus' || reader === 'loki') {
    if (!multi) return values.map(escapePlain).join('|');
    const escaped = values.map(escapeInString);
    if (escaped.length === 1) return escaped[0]!;
    return reader === 'prometheus' ? `(${escaped.join('|')})` : escaped.join('|');
  }
  return glob(values);
}

const glob = (values: string[]) => (values.length === 1 ? values[0]! : `{${values.join(',')}}`);
/** A value inside of a quoted string, without meaning as a pattern. */
const escapePlain = (text: string) => text.replace(/\\/g, '\\\\').replace(/"/g, '\\"');
/** A pattern inside of a quoted string: its own backslashes are doubled. */
const escapeInString = (text: string) => text.replace(/\\/g, '\\\\\\\\').replace(/[$^*{}[\]'+?.()|]/g, '\\\\$&').replace(/"/g, '\\"');
const escapePattern = (text: string) => text.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&');

function byFormat(name: string, { values, texts }: VariableValue, format: string): string | undefined {
  switch (format) {
    case 'raw':
    case 'csv':
      return values.join(',');
    case 'pipe':
      return values.join('|');
    case 'regex': {
      const escaped = values.map(escapePattern);
      return escaped.length === 1 ? escaped[0]! : `(${escaped.join('|')})`;
    }
    case 'glob':
      return glob(values);
    case 'json':
      return JSON.stringify(values.length === 1 ? values[0] : values);
    case 'text':
      return texts.join(' + ');
    case 'singlequote':
      return values.map((value) => `'${value.replace(/'/g, "\\'")}'`).join(',');
    case 'doublequote':
      return values.map((value) => `"${value.replace(/"/g, '\\"')}"`).join(',');
    case 'sqlstring':
      return values.map((value) => `'${value.replace(/'/g, "''")}'`).join(',');
    case 'percentencode':
      return encodeURIComponent(glob(values));
    case 'uriencode':
      return encodeURI(glob(values));
    case 'queryparam':
      return values.map((value) => `var-${name}=${encodeURIComponent(value)}`).join('&');
    case 'distributed':
      return values.map((value, i) => (i === 0 ? value : `${name}=${value}`)).join(',');
    case 'lucene':
      return values.length === 1 ? values[0]! : `(${values.map((value) => `"${value}"`).join(' OR ')})`;
    default:
      return undefined;
  }
}
