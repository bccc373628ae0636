// The transformation calculateField: a new field from others, row by row.
import { field, fieldName, lengthOf, type Field, type Frame } from './frames';
import { asFlag, asNumber, asObject, asText, asTexts, type JsonObject } from './json';
import { calcOf, calcTitle } from './reduce';
import type { CellValue } from './thresholds';
import { joinByField } from './transform_join';

const operators: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '**': (a, b) => a ** b,
};

const unary: Record<string, (a: number) => number> = { abs: Math.abs, exp: Math.exp, ln: Math.log, floor: Math.floor, ceil: Math.ceil, round: Math.round };

const numberOf = (value: CellValue | undefined) => (typeof value === 'number' ? value : null);

/** One side of a binary calculation: a field by name, or a number. */
function sideOf(frame: Frame, side: unknown): (row: number) => number | null {
  const matcher = asObject(asObject(side).matcher);
  const text = asText(matcher.options) || asText(asObject(side).fixed) || asText(side);
  const found = frame.fields.find((one) => fieldName(one) === text);
  if (found) return (row) => numberOf(found.values[row]);
  const fixed = asNumber(text);
  return () => fixed ?? null;
}

function calculated(frame: Frame, options: JsonObject): Field | undefined {
  const rows = Array.from({ length: lengthOf(frame) }, (_, i) => i);
  const alias = asText(options.alias);
  switch (asText(options.mode, 'reduceRow')) {
    case 'binary': {
      const binary = asObject(options.binary);
      const operator = operators[asText(binary.operator, '+')];
      if (!operator) return undefined;
      const left = sideOf(frame, binary.left);
      const right = sideOf(frame, binary.right);
      const name = alias || `${asText(binary.left)} ${asText(binary.operator, '+')} ${asText(binary.right)}`;
      return field(name, 'number', rows.map((row) => {
        const a = left(row);
        const b = right(row);
        return a === null || b === null ? null : operator(a, b);
      }));
    }
    case 'unary': {
      const { operator, fieldName: of } = asObject(options.unary);
      const change = unary[asText(operator)];
      const source = frame.fields.find((one) => fieldName(one) === asText(of));
      if (!change || !source) return undefined;
      return field(alias || `${asText(operator)} ${asText(of)}`, 'number', source.values.map((value) => (typeof value === 'number' ? change(value) : null)));
    }
    case 'index':
      return field(alias || 'Row', 'number', rows);
    case 'reduceRow': {
      const { reducer, include } = asObject(options.reduce);
      const calc = calcOf(asText(reducer, 'sum'));
      const names = asTexts(include);
      const sources = frame.fields.filter((one) => one.type === 'number' && (names.length === 0 || names.includes(fieldName(one))));
      if (!calc) return undefined;
      return field(alias || calcTitle(asText(reducer, 'sum')), 'number', rows.map((row) => calc(sources.map((one) => numberOf(one.values[row])), [])));
    }
    default:
      return undefined;
  }
}

export function calculateField(frames: Frame[], options: JsonObject): Frame[] {
  // Series of one time axis are put side by side first, as Grafana does.
  const areSeries = frames.length > 1 && frames.every((frame) => frame.fields.some((one) => one.type === 'time'));
  const given = areSeries ? joinByField(frames, '', 'outer') : frames;
  return given.map((frame) => {
    const made = calculated(frame, options);
    if (!made) return frame;
    const kept = asFlag(options.replaceFields) ? frame.fields.filter((one) => one.type === 'time') : frame.fields;
    return { ...frame, fields: [...kept, made] };
  });
}
