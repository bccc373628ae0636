// Answers of the APIs as frames of fields: what transformations work on and panels show.
import type { LabelSet } from '../api/prometheus/envelope';
import type { QueryResponse, SamplePair } from '../api/prometheus/query';
import type { MatrixEntry } from '../api/prometheus/query_range';
import { legendNames } from './legend';
import type { Target } from './model';
import type { CellValue } from './thresholds';

export type FieldType = 'time' | 'number' | 'string';

export interface Field {
  name: string;
  /** The name that the legend gives; empty: the name itself. */
  display: string;
  type: FieldType;
  labels: LabelSet;
  /** Times are epoch milliseconds. */
  values: CellValue[];
}

export interface Frame {
  refId: string;
  fields: Field[];
}

export const lengthOf = (frame: Frame) => frame.fields[0]?.values.length ?? 0;
export const fieldName = (field: Field) => field.display || field.name;

export function field(name: string, type: FieldType, values: CellValue[], display = '', labels: LabelSet = {}): Field {
  return { name, type, values, display, labels };
}

/** What one target was answered. */
export interface TargetAnswer {
  target: Target;
  /** The expression as it was sent. */
  expr: string;
  instant: boolean;
  data: QueryResponse | { resultType: 'matrix'; result: MatrixEntry[] } | undefined;
}

interface Series {
  metric: LabelSet;
  points: [number, number][];
}

const toPoint = ([seconds, text]: SamplePair): [number, number] => [Math.round(seconds * 1000), toNumber(text)];

/** "+Inf" as Prometheus writes it, too. */
export function toNumber(text: string): number {
  if (text === '+Inf' || text === 'Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}

/** Histograms cannot be drawn as lines: they are left out, and counted. */
export function seriesOfAnswer(data: TargetAnswer['data']): { series: Series[]; histograms: number } {
  if (!data) return { series: [], histograms: 0 };
  switch (data.resultType) {
    case 'matrix': {
      const entries: MatrixEntry[] = data.result;
      const histograms = entries.filter((entry) => !entry.values?.length && entry.histograms?.length).length;
      return { series: entries.filter((entry) => entry.values?.length).map(({ metric, values }) => ({ metric, points: values!.map(toPoint) })), histograms };
    }
    case 'vector':
      return {
        series: data.result.filter((entry) => entry.value).map(({ metric, value }) => ({ metric, points: [toPoint(value!)] })),
        histograms: data.result.filter((entry) => !entry.value && entry.histogram).length,
      };
    case 'scalar':
      return { series: [{ metric: {}, points: [toPoint(data.result)] }], histograms: 0 };
    default:
      return { series: [], histograms: 0 };
  }
}

/** One frame a series, or one table a target where its format says so. */
export function framesOf(answers: TargetAnswer[]): { frames: Frame[]; histograms: number } {
  const tables = answers.filter(({ target }) => target.format === 'table').length;
  let histograms = 0;
  const frames = answers.flatMap((answer): Frame[] => {
    const read = seriesOfAnswer(answer.data);
    histograms += read.histograms;
    const { target } = answer;
    if (target.format === 'table') {
      return read.series.length > 0 ? [tableFrame(target.refId, read.series, tables > 1 ? `Value #${target.refId}` : 'Value')] : [];
    }
    const names = legendNames(target.legend, read.series.map(({ metric }) => metric), answer.expr);
    return read.series.map(({ metric, points }, i) => ({
      refId: target.refId,
      fields: [
        field('Time', 'time', points.map(([ms]) => ms)),
        field('Value', 'number', points.map(([, value]) => value), names[i]!, metric),
      ],
    }));
  });
  return { frames, histograms };
}

/** Every point of every series is a row: time, labels by name, value. */
function tableFrame(refId: string, series: Series[], valueName: string): Frame {
  const labels = [...new Set(series.flatMap(({ metric }) => Object.keys(metric)))].sort();
  const rows = series.flatMap(({ metric, points }) => points.map((point) => ({ metric, point })));
  return {
    refId,
    fields: [
      field('Time', 'time', rows.map(({ point }) => point[0])),
      ...labels.map((label) => field(label, 'string', rows.map(({ metric }) => metric[label] ?? ''))),
      field(valueName, 'number', rows.map(({ point }) => point[1])),
    ],
  };
}
