// What a panel shows of its frames: series for charts, single values for stats, columns for tables.
import { seriesColor } from '../colors';
import { cssColor } from './colors';
import { configOf, patternOf } from './field_config';
import { fieldName, lengthOf, type Field, type Frame } from './frames';
import type { FieldConfig, Panel, ReduceOptions } from './model';
import { calcOf, calcTitle } from './reduce';
import { valueColor, valueText, type CellValue, type Span } from './thresholds';

export interface ConfiguredField {
  field: Field;
  frame: Frame;
  config: FieldConfig;
  name: string;
}

/** `${__field.labels.job}` and the like in a field's display name. */
function displayName(config: FieldConfig, { field, frame }: { field: Field; frame: Frame }): string {
  if (config.displayName === '') return fieldName(field);
  return config.displayName
    .replace(/\$\{__(?:field|series)\.labels\.([^}]+)\}/g, (_, label: string) => field.labels[label] ?? '')
    .replace(/\$\{__(?:field\.(?:display)?[nN]ame|series\.name)\}|\$__field_name|\$__series_name/g, fieldName(field))
    .replace(/\$\{__data\.refId\}/g, frame.refId)
    .replace(/\$\{__cell_\d+\}|\$__cell_\d+/g, '');
}

export function configured(panel: Panel, frames: Frame[]): ConfiguredField[] {
  return frames.flatMap((frame) =>
    frame.fields.map((field) => {
      const config = configOf(panel.defaults, panel.overrides, { name: field.name, displayName: fieldName(field), refId: frame.refId, type: field.type });
      return { field, frame, config, name: displayName(config, { field, frame }) };
    }),
  );
}

export interface ShownSeries {
  name: string;
  refId: string;
  labels: Record<string, string>;
  config: FieldConfig;
  color: string;
  /** Epoch milliseconds, as many as values. */
  times: number[];
  values: (number | null)[];
}

export function spanOfValues(values: CellValue[]): Span {
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    if (typeof value !== 'number' || !Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return min <= max ? { min, max } : { min: 0, max: 100 };
}

/** Every number beside a time, in the order of the answer. */
export function shownSeries(panel: Panel, frames: Frame[]): ShownSeries[] {
  const made: ShownSeries[] = [];
  for (const { field, frame, config, name } of configured(panel, frames)) {
    const time = frame.fields.find((one) => one.type === 'time');
    if (field.type !== 'number' || !time) continue;
    const values = field.values.map((value) => (typeof value === 'number' && !Number.isNaN(value) ? value : null));
    const last = values.findLast((value) => value !== null) ?? null;
    const palette = seriesColor(made.length);
    const mode = config.color?.mode ?? 'palette-classic';
    const isOfPalette = mode.startsWith('palette');
    const color = isOfPalette ? palette : valueColor(last, config, spanOfValues(values), palette);
    made.push({ name, refId: frame.refId, labels: field.labels, config, color, times: time.values.map(Number), values });
  }
  return uniqueNames(made);
}

function uniqueNames(series: ShownSeries[]): ShownSeries[] {
  const seen = new Map<string, number>();
  return series.map((one) => {
    const count = (seen.get(one.name) ?? 0) + 1;
    seen.set(one.name, count);
    return count === 1 ? one : { ...one, name: `${one.name} ${count}` };
  });
}

export interface ShownValue {
  name: string;
  value: CellValue;
  text: string;
  color: string;
  config: FieldConfig;
  refId: string;
  labels: Record<string, string>;
  span: Span;
  times: number[];
  line: (number | null)[];
}

function isWanted(reduce: ReduceOptions, { field, name }: ConfiguredField): boolean {
  if (reduce.fields === '') return field.type === 'number';
  if (reduce.fields.startsWith('/')) return patternOf(reduce.fields)?.test(name) ?? false;
  return name === reduce.fields || fieldName(field) === reduce.fields;
}

/** The single values of a stat, gauge or bar gauge. */
export function shownValues(panel: Panel, reduce: ReduceOptions, frames: Frame[]): ShownValue[] {
  const fields = configured(panel, frames).filter((one) => isWanted(reduce, one));
  const made = reduce.values ? valuesOfRows(fields, reduce.limit ?? 25) : fields.flatMap((one) => reducedField(one, reduce.calcs));
  const whole = spanOfValues(made.map(({ value }) => value));
  return made.map((one, i) => {
    const palette = one.config.color?.mode.startsWith('palette') ? seriesColor(i) : 'var(--text)';
    const isOfPalette = palette !== 'var(--text)';
    return { ...one, span: one.times.length > 1 ? one.span : whole, text: valueText(one.value, one.config), color: isOfPalette ? palette : valueColor(one.value, one.config, whole, cssColor('green')!) };
  });
}

function reducedField({ field, frame, config, name }: ConfiguredField, calcs: string[]): ShownValue[] {
  const time = frame.fields.find((one) => one.type === 'time');
  const base = { config, refId: frame.refId, labels: field.labels, color: '', text: '' };
  if (field.type !== 'number') {
    return [{ ...base, name, value: field.values.at(-1) ?? null, span: { min: 0, max: 100 }, times: [], line: [] }];
  }
  const line = field.values.map((value) => (typeof value === 'number' ? value : null));
  const times = time ? time.values.map(Number) : [];
  return calcs.flatMap((id) => {
    const calc = calcOf(id);
    if (!calc) return [];
    return [{ ...base, name: calcs.length > 1 ? `${name} (${calcTitle(id)})` : name, value: calc(line, times), span: spanOfValues(line), times, line }];
  });
}

function valuesOfRows(fields: ConfiguredField[], limit: number): ShownValue[] {
  const made: ShownValue[] = [];
  const numbers = fields.filter(({ field }) => field.type === 'number');
  for (const { field, frame, config, name } of numbers) {
    const texts = frame.fields.filter((one) => one.type === 'string');
    for (let row = 0; row < lengthOf(frame) && made.length < limit; ++row) {
      const words = texts.map((one) => one.values[row]).filter((value) => value !== null && value !== '');
      const rowName = [...words, ...(numbers.length > 1 || words.length === 0 ? [name] : [])].join(' ');
      made.push({ name: rowName, value: field.values[row] ?? null, config, refId: frame.refId, labels: field.labels, color: '', text: '', span: { min: 0, max: 100 }, times: [], line: [] });
    }
  }
  return made;
}
