// Transformations that choose, order or fold rows.
import { field, fieldName, lengthOf, type Field, type Frame } from './frames';
import { asFlag, asNumber, asObject, asObjects, asText, asTexts, type JsonObject } from './json';
import { patternOf } from './field_config';
import { calcOf } from './reduce';
import type { CellValue } from './thresholds';

function pick(frame: Frame, rows: number[]): Frame {
  return { ...frame, fields: frame.fields.map((one) => ({ ...one, values: rows.map((row) => one.values[row] ?? null) })) };
}

const indices = (frame: Frame) => Array.from({ length: lengthOf(frame) }, (_, i) => i);

export function compareCells(a: CellValue, b: CellValue): number {
  const isEmpty = (value: CellValue) => value === null || (typeof value === 'number' && Number.isNaN(value));
  if (isEmpty(a) || isEmpty(b)) return Number(isEmpty(a)) - Number(isEmpty(b));
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), undefined, { numeric: true });
}

export function sortBy(frames: Frame[], sorts: JsonObject[]): Frame[] {
  const by = sorts[0];
  if (!by) return frames;
  return frames.map((frame) => {
    const key = frame.fields.find((one) => fieldName(one) === asText(by.field));
    if (!key) return frame;
    const sign = asFlag(by.desc) ? -1 : 1;
    return pick(frame, indices(frame).sort((a, b) => sign * compareCells(key.values[a]!, key.values[b]!)));
  });
}

export function limitRows(frames: Frame[], most: number): Frame[] {
  return frames.map((frame) => pick(frame, indices(frame).slice(0, Math.max(0, most))));
}

function isTrue(value: CellValue, id: string, options: JsonObject): boolean {
  const wanted = options.value;
  const number = typeof value === 'number' ? value : Number(value);
  const limit = asNumber(wanted) ?? NaN;
  switch (id) {
    case 'isNull':
      return value === null;
    case 'isNotNull':
      return value !== null;
    case 'equal':
      return String(value) === String(wanted);
    case 'notEqual':
      return String(value) !== String(wanted);
    case 'greater':
      return number > limit;
    case 'greaterOrEqual':
      return number >= limit;
    case 'lower':
      return number < limit;
    case 'lowerOrEqual':
      return number <= limit;
    case 'range':
    case 'between':
      return number >= (asNumber(options.from) ?? -Infinity) && number <= (asNumber(options.to) ?? Infinity);
    case 'substring':
      return String(value).toLowerCase().includes(asText(wanted).toLowerCase());
    case 'notSubstring':
      return !String(value).toLowerCase().includes(asText(wanted).toLowerCase());
    case 'regex':
      return patternOf(asText(wanted))?.test(String(value)) ?? false;
    default:
      return true;
  }
}

export function filterByValue(frames: Frame[], options: JsonObject): Frame[] {
  const filters = asObjects(options.filters);
  const isAny = asText(options.match) === 'any';
  const isInclude = asText(options.type, 'include') !== 'exclude';
  return frames.map((frame) => {
    const tests = filters.flatMap((filter) => {
      const key = frame.fields.find((one) => fieldName(one) === asText(filter.fieldName));
      const config = asObject(filter.config);
      return key ? [(row: number) => isTrue(key.values[row] ?? null, asText(config.id), asObject(config.options))] : [];
    });
    if (tests.length === 0) return frame;
    const rows = indices(frame).filter((row) => (isAny ? tests.some((test) => test(row)) : tests.every((test) => test(row))) === isInclude);
    return pick(frame, rows);
  });
}

/** One row a group; fields that are neither keys nor aggregated go. */
export function groupBy(frames: Frame[], fields: JsonObject): Frame[] {
  const operationOf = (one: Field) => asText(asObject(fields[fieldName(one)]).operation);
  return frames.map((frame) => {
    const keys = frame.fields.filter((one) => operationOf(one) === 'groupby');
    if (keys.length === 0) return frame;
    const groups = new Map<string, number[]>();
    for (const row of indices(frame)) {
      const key = JSON.stringify(keys.map((one) => one.values[row]));
      groups.set(key, [...(groups.get(key) ?? []), row]);
    }
    const rowsOf = [...groups.values()];
    const aggregated = frame.fields
      .filter((one) => operationOf(one) === 'aggregate')
      .flatMap((one) =>
        asTexts(asObject(fields[fieldName(one)]).aggregations).map((id) => {
          const calc = calcOf(id);
          const values = rowsOf.map((rows) => {
            const inner = rows.map((row) => one.values[row] ?? null);
            if (one.type === 'string' && /^(last|first)/.test(id)) return (id.startsWith('last') ? inner.at(-1) : inner[0]) ?? null;
            return calc ? calc(inner.map((value) => (typeof value === 'number' ? value : null)), []) : null;
          });
          return field(`${fieldName(one)} (${id})`, one.type, values);
        }),
      );
    return { ...frame, fields: [...keys.map((one) => ({ ...one, values: rowsOf.map((rows) => one.values[rows[0]!] ?? null) })), ...aggregated] };
  });
}
