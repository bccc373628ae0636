// What a value looks like: its text by mappings and unit, its colour by thresholds and scales.
import { cssColor, isScale, scaleColor } from './colors';
import type { FieldConfig, MappingResult, Thresholds } from './model';
import { patternOf } from './field_config';
import { formatValue } from './units';

export type CellValue = number | string | null;

export const defaultThresholds: Thresholds = {
  mode: 'absolute',
  steps: [
    { value: -Infinity, color: 'green' },
    { value: 80, color: 'red' },
  ],
};

/** Thresholds in the field's own values; percentages lie between its min and max. */
export function absoluteSteps(thresholds: Thresholds, min: number, max: number): { value: number; color: string }[] {
  if (thresholds.mode === 'absolute') return thresholds.steps;
  return thresholds.steps.map(({ value, color }) => ({ value: Number.isFinite(value) ? min + ((max - min) * value) / 100 : value, color }));
}

/** The colour of the highest step that the value reaches. */
export function thresholdColor(value: number, thresholds: Thresholds, min: number, max: number): string {
  let color = thresholds.steps[0]?.color ?? 'green';
  for (const step of absoluteSteps(thresholds, min, max)) {
    if (value >= step.value) color = step.color;
  }
  return cssColor(color) ?? 'var(--text)';
}

export function mappingOf(value: CellValue, config: FieldConfig): MappingResult | undefined {
  const text = value === null ? '' : String(value);
  for (const mapping of config.mappings) {
    switch (mapping.kind) {
      case 'value':
        if (value !== null && (mapping.value === text || (typeof value === 'number' && mapping.value.trim() !== '' && Number(mapping.value) === value))) return mapping.result;
        break;
      case 'range':
        if (typeof value === 'number' && value >= mapping.from && value <= mapping.to) return mapping.result;
        break;
      case 'regex': {
        const pattern = typeof value === 'string' ? patternOf(mapping.pattern) : undefined;
        if (!pattern?.test(text)) break;
        const shown = mapping.result.text;
        return { ...mapping.result, text: shown === undefined ? undefined : text.replace(pattern, shown) };
      }
      case 'special':
        if (isSpecial(mapping.match, value)) return mapping.result;
    }
  }
  return undefined;
}

function isSpecial(match: string, value: CellValue): boolean {
  const isNaN = typeof value === 'number' && Number.isNaN(value);
  switch (match) {
    case 'null':
      return value === null;
    case 'nan':
      return isNaN;
    case 'null+nan':
      return value === null || isNaN;
    case 'true':
    case 'false':
      return String(value) === match;
    case 'empty':
      return value === '';
    default:
      return false;
  }
}

/** The text of a value. A missing one reads as its mapping, the field's `noValue`, or "No data". */
export function valueText(value: CellValue, config: FieldConfig): string {
  const mapped = mappingOf(value, config)?.text;
  if (mapped !== undefined) return mapped;
  if (value === null) return config.noValue || 'No data';
  return typeof value === 'number' ? formatValue(value, config.unit, config.decimals) : value;
}

export interface Span {
  min: number;
  max: number;
}

/** The colour of one value; `span` is the range of the field where it sets none itself. */
export function valueColor(value: CellValue, config: FieldConfig, span: Span, otherwise: string): string {
  const mapped = cssColor(mappingOf(value, config)?.color);
  if (mapped) return mapped;
  const mode = config.color?.mode ?? 'thresholds';
  if (mode === 'fixed' || mode === 'shades') return cssColor(config.color?.fixed) ?? otherwise;
  if (typeof value !== 'number' || Number.isNaN(value)) return 'var(--text-2)';
  const { min, max } = spanOf(config, span);
  if (isScale(mode)) return scaleColor(mode, (value - min) / (max - min || 1));
  if (mode === 'thresholds') return thresholdColor(value, config.thresholds ?? defaultThresholds, min, max);
  return otherwise;
}

/** Lowest and highest value: as the field says, else 0 to 100 for percentages, else what there is. */
export function spanOf(config: FieldConfig, span: Span): Span {
  const own = config.unit === 'percent' ? { min: 0, max: 100 } : config.unit === 'percentunit' ? { min: 0, max: 1 } : span;
  return { min: config.min ?? own.min, max: config.max ?? own.max };
}
