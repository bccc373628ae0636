// Several frames as one: merged by what they share, or joined by one field.
import { field, fieldName, lengthOf, type Field, type Frame } from './frames';
import type { CellValue } from './thresholds';

/** Rows that agree in all fields that the frames share become one row; others stay apart. */
export function mergeFrames(frames: Frame[]): Frame[] {
  const filled = frames.filter((frame) => frame.fields.length > 0);
  if (filled.length < 2) return filled;
  const columns = new Map<string, Field>();
  for (const frame of filled) {
    for (const one of frame.fields) if (!columns.has(fieldName(one))) columns.set(fieldName(one), { ...one, labels: {}, values: [] });
  }
  const shared = [...columns.keys()].filter((name) => filled.every((frame) => frame.fields.some((one) => fieldName(one) === name)));
  const rows: Map<string, CellValue>[] = [];
  const byKey = new Map<string, Map<string, CellValue>[]>();
  for (const frame of filled) {
    for (let i = 0; i < lengthOf(frame); ++i) {
      const row = new Map(frame.fields.map((one) => [fieldName(one), one.values[i] ?? null]));
      const key = JSON.stringify(shared.map((name) => row.get(name)));
      const known = byKey.get(key) ?? [];
      const fits = shared.length === 0 ? undefined : known.find((other) => [...row].every(([name, value]) => !other.has(name) || other.get(name) === value));
      if (fits) {
        for (const [name, value] of row) fits.set(name, value);
      } else {
        rows.push(row);
        byKey.set(key, [...known, row]);
      }
    }
  }
  const fields = [...columns].map(([name, column]) => ({ ...column, values: rows.map((row) => row.get(name) ?? null) }));
  return [{ refId: filled[0]!.refId, fields }];
}

/** One frame with the field `byField` first, and the other fields of all frames beside it. */
export function joinByField(frames: Frame[], byField: string, mode: 'outer' | 'inner'): Frame[] {
  const keyOf = (frame: Frame) =>
    frame.fields.find((one) => (byField === '' ? one.type === 'time' : fieldName(one) === byField || one.name === byField));
  const parts = frames.map((frame) => ({ frame, key: keyOf(frame) })).filter((part): part is { frame: Frame; key: Field } => part.key !== undefined);
  if (parts.length < 2) return parts.map(({ frame }) => frame);
  const keys: CellValue[] = [];
  const at = new Map<CellValue, number[]>();
  for (const { key } of parts) {
    for (const value of new Set(key.values)) {
      if (!at.has(value)) {
        at.set(value, []);
        keys.push(value);
      }
      at.get(value)!.push(1);
    }
  }
  const kept = mode === 'inner' ? keys.filter((value) => at.get(value)!.length === parts.length) : keys;
  if (parts[0]!.key.type === 'time') kept.sort((a, b) => Number(a) - Number(b));
  const fields: Field[] = [{ ...parts[0]!.key, values: kept }];
  for (const { frame, key } of parts) {
    const rowOf = new Map(key.values.map((value, i) => [value, i]));
    for (const one of frame.fields) {
      if (one === key) continue;
      fields.push({ ...one, values: kept.map((value) => (rowOf.has(value) ? (one.values[rowOf.get(value)!] ?? null) : null)) });
    }
  }
  return [{ refId: parts[0]!.frame.refId, fields: apart(fields, parts) }];
}

/** Fields of one name from several frames are told apart as Grafana does: "Time 1", "Time 2". */
function apart(fields: Field[], parts: { frame: Frame }[]): Field[] {
  const total = new Map<string, number>();
  for (const one of fields) total.set(fieldName(one), (total.get(fieldName(one)) ?? 0) + 1);
  if (parts.length < 2) return fields;
  const seen = new Map<string, number>();
  return fields.map((one) => {
    const name = fieldName(one);
    if (total.get(name) === 1) return one;
    seen.set(name, (seen.get(name) ?? 0) + 1);
    return { ...one, display: `${name} ${seen.get(name)}` };
  });
}

/** All series below each other: time, name of the series, value; newest first. */
export function seriesToRows(frames: Frame[]): Frame[] {
  const rows = frames.flatMap((frame) => {
    const time = frame.fields.find((one) => one.type === 'time');
    return frame.fields
      .filter((one) => one.type === 'number' && time)
      .flatMap((one) => one.values.map((value, i) => ({ time: time!.values[i] ?? null, name: fieldName(one), value })));
  });
  rows.sort((a, b) => Number(b.time) - Number(a.time));
  return [
    {
      refId: frames[0]?.refId ?? '',
      fields: [field('Time', 'time', rows.map((row) => row.time)), field('Metric', 'string', rows.map((row) => row.name)), field('Value', 'number', rows.map((row) => row.value))],
    },
  ];
}
