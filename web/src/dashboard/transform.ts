// Grafana's transformations, by their ids: frames in, frames out. One that is not known is skipped, and
// the panel says so.
import { field, fieldName, lengthOf, type Field, type Frame } from './frames';
import { asFlag, asList, asNumber, asObject, asObjects, asText, asTexts, type JsonObject } from './json';
import type { Transformation } from './model';
import { patternOf } from './field_config';
import { calcOf, calcTitle } from './reduce';
import { calculateField } from './transform_calculate';
import { joinByField, mergeFrames, seriesToRows } from './transform_join';
import { filterByValue, groupBy, limitRows, sortBy } from './transform_rows';

type Transform = (frames: Frame[], options: JsonObject) => Frame[];

const eachFrame = (change: (frame: Frame, options: JsonObject) => Frame): Transform => (frames, options) => frames.map((frame) => change(frame, options));

/** Hides, orders and renames fields. */
const organize = eachFrame((frame, options) => {
  const excluded = asObject(options.excludeByName);
  const included = asObject(options.includeByName);
  const order = asObject(options.indexByName);
  const renamed = asObject(options.renameByName);
  const isOnlyIncluded = Object.values(included).some((value) => value === true);
  const at = (one: Field) => asNumber(order[fieldName(one)]) ?? Infinity;
  const fields = frame.fields
    .filter((one) => excluded[fieldName(one)] !== true && (!isOnlyIncluded || included[fieldName(one)] === true))
    .map((one, i) => ({ one, i, at: at(one) }))
    .sort((a, b) => (a.at === b.at ? a.i - b.i : a.at - b.at))
    .map(({ one }) => {
      const name = asText(renamed[fieldName(one)]);
      return name === '' ? one : { ...one, display: name };
    });
  return { ...frame, fields };
});

const filterFieldsByName = eachFrame((frame, options) => {
  const matches = (value: unknown, one: Field) => {
    const { names, pattern } = asObject(value);
    const regex = asText(pattern) === '' ? undefined : patternOf(asText(pattern));
    return asTexts(names).includes(fieldName(one)) || (regex?.test(fieldName(one)) ?? false);
  };
  const hasInclude = options.include !== undefined;
  const fields = frame.fields.filter((one) => (!hasInclude || matches(options.include, one)) && !(options.exclude !== undefined && matches(options.exclude, one)));
  return { ...frame, fields };
});

const renameByRegex = eachFrame((frame, options) => {
  const pattern = patternOf(asText(options.regex));
  if (!pattern || asText(options.regex) === '') return frame;
  const rename = (one: Field) => ({ ...one, display: fieldName(one).replace(pattern, asText(options.renamePattern)) });
  return { ...frame, fields: frame.fields.map((one) => (one.type === 'time' ? one : rename(one))) };
});

/** Labels as columns beside the value, or (mode rows) as rows of name and value. */
const labelsToFields: Transform = (frames, options) => {
  const keep = asTexts(options.keepLabels);
  const isKept = (label: string) => keep.length === 0 || keep.includes(label);
  if (asText(options.mode) === 'rows') {
    return frames.map((frame) => {
      const pairs = frame.fields.flatMap(({ labels }) => Object.entries(labels)).filter(([label]) => isKept(label));
      return { ...frame, fields: [field('label', 'string', pairs.map(([label]) => label)), field('value', 'string', pairs.map(([, value]) => value))] };
    });
  }
  const valueLabel = asText(options.valueLabel);
  const tables = frames.map((frame) => {
    const size = lengthOf(frame);
    const fields = frame.fields.filter((one) => one.type === 'time');
    for (const one of frame.fields.filter((candidate) => candidate.type !== 'time')) {
      for (const [label, value] of Object.entries(one.labels)) {
        if (isKept(label) && label !== valueLabel && !fields.some((known) => known.name === label)) fields.push(field(label, 'string', Array.from({ length: size }, () => value)));
      }
      fields.push({ ...one, labels: {}, display: valueLabel === '' ? '' : (one.labels[valueLabel] ?? one.name), name: valueLabel === '' ? one.name : (one.labels[valueLabel] ?? one.name) });
    }
    return { ...frame, fields };
  });
  return mergeFrames(tables);
};

/** One row a field, with the calculations as columns; or (reduceFields) each field as one value. */
const reduceFrames: Transform = (frames, options) => {
  const ids = asTexts(options.reducers);
  const calcs = ids.map((id) => ({ id, calc: calcOf(id) }));
  const numbers = (one: Field) => one.values.map((value) => (typeof value === 'number' ? value : null));
  if (asText(options.mode) === 'reduceFields') {
    return frames.map((frame) => ({
      ...frame,
      fields: frame.fields
        .filter((one) => one.type === 'number')
        .flatMap((one) => calcs.map(({ id, calc }) => ({ ...one, display: calcs.length > 1 ? `${fieldName(one)} ${id}` : fieldName(one), values: [calc ? calc(numbers(one), []) : null] }))),
    }));
  }
  const fields = frames.flatMap((frame) => frame.fields.filter((one) => one.type === 'number'));
  const labels = asFlag(options.labelsToFields) ? [...new Set(fields.flatMap((one) => Object.keys(one.labels)))] : [];
  return [
    {
      refId: frames[0]?.refId ?? '',
      fields: [
        field('Field', 'string', fields.map(fieldName)),
        ...labels.map((label) => field(label, 'string', fields.map((one) => one.labels[label] ?? ''))),
        ...calcs.map(({ id, calc }) => field(calcTitle(id), 'number', fields.map((one) => (calc ? calc(numbers(one), []) : null)))),
      ],
    },
  ];
};

const filterByRefId: Transform = (frames, options) => {
  const include = asText(options.include);
  const pattern = include === '' ? undefined : patternOf(include.startsWith('/') ? include : `^(?:${include})$`);
  return pattern ? frames.filter((frame) => pattern.test(frame.refId)) : frames;
};

const convertFieldType = eachFrame((frame, options) => {
  const wanted = new Map(asObjects(options.conversions).map((one) => [asText(one.targetField), asText(one.destinationType)]));
  const convert = (one: Field): Field => {
    switch (wanted.get(fieldName(one))) {
      case 'number':
        return { ...one, type: 'number', values: one.values.map((value) => (value === null || value === '' ? null : Number(value))) };
      case 'string':
        return { ...one, type: 'string', values: one.values.map((value) => (value === null ? null : String(value))) };
      case 'time':
        return { ...one, type: 'time', values: one.values.map((value) => (typeof value === 'number' ? value : Date.parse(value ?? ''))) };
      default:
        return one;
    }
  };
  return { ...frame, fields: frame.fields.map(convert) };
});

const concatenate: Transform = (frames) => {
  const size = Math.max(0, ...frames.map(lengthOf));
  const padded = frames.flatMap((frame) => frame.fields.map((one) => ({ ...one, values: [...one.values, ...Array.from({ length: size - one.values.length }, () => null)] })));
  return frames.length === 0 ? [] : [{ refId: frames[0]!.refId, fields: padded }];
};

const transforms: Record<string, Transform> = {
  organize,
  merge: (frames) => mergeFrames(frames),
  seriesToColumns: (frames, options) => joinByField(frames, asText(options.byField), 'outer'),
  joinByField: (frames, options) => joinByField(frames, asText(options.byField), asText(options.mode) === 'inner' ? 'inner' : 'outer'),
  seriesToRows: (frames) => seriesToRows(frames),
  filterFieldsByName,
  filterByRefId,
  filterByValue: (frames, options) => filterByValue(frames, options),
  renameByRegex,
  labelsToFields,
  calculateField: (frames, options) => calculateField(frames, options),
  groupBy: (frames, options) => groupBy(frames, asObject(options.fields)),
  sortBy: (frames, options) => sortBy(frames, asObjects(asList(options.sort))),
  limit: (frames, options) => limitRows(frames, asNumber(options.limitField) ?? 10),
  reduce: reduceFrames,
  convertFieldType,
  concatenate,
};

export function isKnownTransformation(id: string): boolean {
  return Object.hasOwn(transforms, id);
}

export function transformFrames(frames: Frame[], steps: Transformation[]): Frame[] {
  return steps.reduce((now, { id, options }) => (isKnownTransformation(id) ? transforms[id]!(now, options) : now), frames);
}
