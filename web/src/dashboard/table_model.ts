// The rows and columns of a table panel, and how each cell looks.
import { configured, spanOfValues } from './shown';
import { lengthOf, type Frame } from './frames';
import { asFlag, asNumber, asObject, asText } from './json';
import { formatDateTime } from '../format';
import type { FieldConfig, Panel } from './model';
import { mergeFrames } from './transform_join';
import { compareCells } from './transform_rows';
import { spanOf, valueColor, valueText, type CellValue, type Span } from './thresholds';

export interface TableColumn {
  name: string;
  type: 'time' | 'number' | 'string';
  config: FieldConfig;
  values: CellValue[];
  span: Span;
  align: 'left' | 'right' | 'center';
  width: number | undefined;
  cell: 'text' | 'color-text' | 'color-background' | 'gauge';
}

export interface TableModel {
  columns: TableColumn[];
  /** How many frames there are to choose from; one is shown. */
  frames: number;
  length: number;
}

function cellKind(config: FieldConfig): TableColumn['cell'] {
  const kind = asText(asObject(config.custom.cellOptions).type) || asText(config.custom.displayMode);
  if (kind === 'color-text') return 'color-text';
  if (kind.startsWith('color-background')) return 'color-background';
  return kind === 'gauge' || kind.endsWith('gauge') || kind === 'basic' || kind === 'gradient' || kind === 'lcd-gauge' ? 'gauge' : 'text';
}

/** Instant answers of several queries in one table; several series over time are chosen from. */
export function tableModel(panel: Panel, frames: Frame[], chosen: number): TableModel {
  const areTables = frames.length > 1 && frames.every((frame) => frame.fields.some((one) => one.type === 'string'));
  const shown = areTables && panel.transformations.length === 0 ? frames : frames.length > 1 && frames.every((frame) => lengthOf(frame) === 1) ? mergeFrames(frames.map(named)) : frames;
  const frame = shown[Math.min(Math.max(0, chosen), shown.length - 1)];
  if (!frame) return { columns: [], frames: 0, length: 0 };
  const columns = configured(panel, [frame])
    .filter(({ config }) => !asFlag(config.custom.hidden) && !asFlag(asObject(config.custom.hideFrom).viz))
    .map(({ field, config, name }): TableColumn => {
      const align = asText(config.custom.align, 'auto');
      return {
        name,
        type: field.type,
        config,
        values: field.values,
        span: spanOf(config, spanOfValues(field.values)),
        align: align === 'left' || align === 'right' || align === 'center' ? align : field.type === 'number' ? 'right' : 'left',
        width: asNumber(config.custom.width),
        cell: cellKind(config),
      };
    });
  return { columns, frames: shown.length, length: lengthOf(frame) };
}

/** A series of one moment as a row: its labels, then its value. */
function named(frame: Frame): Frame {
  const value = frame.fields.find((one) => one.type === 'number');
  if (!value || frame.fields.some((one) => one.type === 'string')) return frame;
  const time = frame.fields.filter((one) => one.type === 'time');
  const labels = Object.entries(value.labels).map(([name, text]) => ({ name, display: '', type: 'string' as const, labels: {}, values: value.values.map(() => text) }));
  return { ...frame, fields: [...time, ...labels, { ...value, display: '', labels: {}, name: labels.length > 0 ? 'Value' : value.display || 'Value' }] };
}

export function cellText(column: TableColumn, value: CellValue): string {
  if (value === null) return column.config.mappings.length > 0 ? valueText(null, { ...column.config, noValue: ' ' }).trim() : column.config.noValue;
  if (column.type === 'time' && typeof value === 'number' && column.config.unit === '') return formatDateTime(value);
  return valueText(value, column.config);
}

export function cellColor(column: TableColumn, value: CellValue): string {
  return valueColor(value, column.config, column.span, 'var(--text)');
}

export function cellShare(column: TableColumn, value: CellValue): number {
  const { min, max } = column.span;
  return typeof value === 'number' && max > min ? Math.min(1, Math.max(0, (value - min) / (max - min))) : 0;
}

/** Row numbers in order of a column; as they came without one. */
export function sortedRows(model: TableModel, by: { field: string; desc: boolean } | undefined): number[] {
  const rows = Array.from({ length: model.length }, (_, i) => i);
  const column = by && model.columns.find(({ name }) => name === by.field);
  if (!column) return rows;
  const sign = by.desc ? -1 : 1;
  const isEmpty = (row: number) => column.values[row] === null || Number.isNaN(column.values[row]);
  return rows.sort((a, b) => {
    // Empty cells come last either way.
    if (isEmpty(a) || isEmpty(b)) return Number(isEmpty(a)) - Number(isEmpty(b));
    return sign * compareCells(column.values[a]!, column.values[b]!);
  });
}
