// One panel of a dashboard's JSON, of today's kinds; those of older releases go through old_panels.ts.
import { emptyFieldConfig, knownMatchers, knownProperties, parseFieldConfig, parseOverrides } from './field_config';
import { asFlag, asList, asNumber, asObject, asObjects, asText, asTexts, type JsonObject } from './json';
import type { Grid, LegendOptions, Panel, PanelBody, ReduceOptions, SourceRef, Target } from './model';
import { modernPanel } from './old_panels';
import { calcOf } from './reduce';
import { isAsked } from './sources';
import { isKnownTransformation } from './transform';

/** A source by its object, or, before Grafana 8.3, by its name. */
export function parseSource(value: unknown): SourceRef {
  if (typeof value === 'string') return { type: '', uid: value };
  const source = asObject(value);
  return { type: asText(source.type), uid: asText(source.uid) };
}

function parseTargets(json: JsonObject, notes: string[]): Target[] {
  const own = parseSource(json.datasource);
  const isMixed = own.uid.includes('-- Mixed --');
  return asObjects(json.targets).flatMap((target, i): Target[] => {
    if (asFlag(target.hide)) return [];
    const source = parseSource(target.datasource);
    const refId = asText(target.refId) || asText(target.refID) || String.fromCharCode(65 + (i % 26));
    const expr = typeof target.expr === 'string' ? target.expr : '';
    if (asFlag(target.exemplar)) note(notes, 'exemplars');
    const kind = source.type || own.type;
    if (kind !== '' && kind !== 'datasource' && !kind.startsWith('$') && !isAsked(kind)) note(notes, kind === '__expr__' ? 'server-side expressions' : `data source “${kind}”`);
    const instant = asFlag(target.instant) || target.queryType === 'instant';
    return [
      {
        refId,
        source: (source.type !== '' || source.uid !== '') && source.uid !== '-- Mixed --' ? source : isMixed ? { type: '', uid: '' } : own,
        expr,
        legend: asText(target.legendFormat),
        format: asText(target.format, 'time_series') || 'time_series',
        instant,
        range: asFlag(target.range) || !instant,
        minInterval: asText(target.interval) || (typeof target.step === 'number' && target.step > 0 ? `${target.step}s` : ''),
        intervalFactor: asNumber(target.intervalFactor) ?? 1,
        maxLines: asNumber(target.maxLines),
      },
    ];
  });
}

export function note(notes: string[], text: string): void {
  if (!notes.includes(text)) notes.push(text);
}

export function parseReduce(value: unknown, notes: string[]): ReduceOptions {
  const options = asObject(value);
  const calcs = asTexts(options.calcs).filter((calc) => calc !== '');
  for (const calc of calcs) {
    if (!calcOf(calc)) note(notes, `calculation “${calc}”`);
  }
  return {
    calcs: calcs.length > 0 ? calcs : ['lastNotNull'],
    values: asFlag(options.values),
    limit: asNumber(options.limit),
    fields: asText(options.fields),
  };
}

function parseLegend(value: unknown): LegendOptions {
  const legend = asObject(value);
  const mode = asText(legend.displayMode, 'list');
  const show = typeof legend.showLegend === 'boolean' ? legend.showLegend : mode !== 'hidden';
  return { show: show && mode !== 'hidden', asTable: mode === 'table', onRight: legend.placement === 'right', calcs: asTexts(legend.calcs) };
}

/** Kinds of panels that are drawn; the others say that they are not. */
function parseBody(json: JsonObject, type: string, notes: string[]): PanelBody {
  const options = asObject(json.options);
  switch (type) {
    case 'stat':
      if (asFlag(options.showPercentChange)) note(notes, 'percent change');
      return {
        kind: 'stat',
        reduce: parseReduce(options.reduceOptions, notes),
        colorMode: asText(options.colorMode, 'value'),
        graphMode: asText(options.graphMode, 'area'),
        textMode: asText(options.textMode, 'auto'),
        prefix: asText(options.prefix),
        postfix: asText(options.postfix),
      };
    case 'gauge':
    case 'bargauge':
      return {
        kind: type,
        reduce: parseReduce(options.reduceOptions, notes),
        orientation: asText(options.orientation, 'auto'),
        displayMode: asText(options.displayMode, 'gradient'),
      };
    case 'timeseries':
      return { kind: 'timeseries', legend: parseLegend(options.legend) };
    case 'table': {
      const sort = asObjects(options.sortBy)[0];
      const footer = asObject(options.footer);
      if (asFlag(footer.show)) note(notes, 'table footer');
      return {
        kind: 'table',
        sortBy: sort ? { field: asText(sort.displayName), desc: asFlag(sort.desc) } : undefined,
        showHeader: asFlag(options.showHeader, true),
        frameIndex: asNumber(options.frameIndex) ?? 0,
      };
    }
    case 'text':
      return { kind: 'text', mode: asText(options.mode) || asText(json.mode, 'markdown'), content: asText(options.content) || asText(json.content) };
    case 'logs':
      return { kind: 'logs', wrap: asFlag(options.wrapLogMessage, true), newestFirst: options.sortOrder !== 'Ascending' };
    default:
      return { kind: 'unsupported', why: `Panels of type “${type || 'unknown'}” are not supported.` };
  }
}

export function parseGrid(value: unknown): Grid {
  const grid = asObject(value);
  const clamp = (number: number | undefined, low: number, high: number, otherwise: number) =>
    Math.min(high, Math.max(low, Math.floor(number ?? otherwise)));
  const w = clamp(asNumber(grid.w), 1, 24, 12);
  return { x: clamp(asNumber(grid.x), 0, 24 - w, 0), y: clamp(asNumber(grid.y), 0, 100_000, 0), w, h: clamp(asNumber(grid.h), 1, 200, 8) };
}

/** Cells that show more than a value. */
const otherCells = new Set(['sparkline', 'json-view', 'image', 'pill', 'markdown', 'data-links', 'actions', 'custom']);

/** Settings of drawing that change what one sees, and are not done. */
function noteCustom(custom: JsonObject, notes: string[]): void {
  if (asObject(custom.scaleDistribution).type === 'symlog') note(notes, 'symlog scale');
  if (asFlag(custom.axisCenteredZero)) note(notes, 'axis centred on zero');
  if (typeof custom.insertNulls === 'number') note(notes, 'gaps after a time without values');
  if (custom.fillBelowTo !== undefined) note(notes, 'fill between two series');
  if (asObject(custom.thresholdsStyle).mode === 'series') note(notes, 'thresholds style “series”');
  const cell = asText(asObject(custom.cellOptions).type);
  if (otherCells.has(cell)) note(notes, `cells of type “${cell}”`);
}

function noteFields(panel: Pick<Panel, 'overrides' | 'transformations' | 'defaults'>, json: JsonObject, notes: string[]): void {
  for (const { matcher, properties } of panel.overrides) {
    if (!knownMatchers.includes(matcher.id)) note(notes, `overrides ${matcher.id}`);
    for (const { id } of properties) {
      if (!knownProperties.test(id)) note(notes, `override of ${id}`);
    }
  }
  for (const { id } of panel.transformations) {
    if (!isKnownTransformation(id)) note(notes, `transformation “${id}”`);
  }
  for (const transformation of asObjects(json.transformations)) {
    if (transformation.filter !== undefined && !asFlag(transformation.disabled)) note(notes, `filter of transformation “${asText(transformation.id)}”`);
  }
  noteCustom(panel.defaults.custom, notes);
  for (const { properties } of panel.overrides) {
    for (const { id, value } of properties) if (id.startsWith('custom.')) noteCustom({ [id.slice(7)]: value }, notes);
  }
  if (asList(asObject(asObject(json.fieldConfig).defaults).links).length > 0) note(notes, 'data links');
  if (asList(json.links).length > 0) note(notes, 'panel links');
  if (json.alert !== undefined) note(notes, 'the panel’s own alert: write it as a rule');
  if (asText(asObject(json.libraryPanel).uid) !== '') note(notes, 'library panel');
}

export function parsePanel(given: JsonObject, place: Grid, key: string): Panel {
  const notes: string[] = [];
  const json = modernPanel(given, notes);
  const type = asText(json.type);
  const fieldConfig = asObject(json.fieldConfig);
  const made = {
    defaults: fieldConfig.defaults === undefined ? emptyFieldConfig : parseFieldConfig(fieldConfig.defaults),
    overrides: parseOverrides(fieldConfig.overrides),
    transformations: asObjects(json.transformations)
      .filter((item) => !asFlag(item.disabled))
      .map((item) => ({ id: asText(item.id), options: asObject(item.options) })),
  };
  const body = parseBody(json, type, notes);
  noteFields(made, json, notes);
  const repeat = asText(json.repeat);
  return {
    ...made,
    key,
    id: asNumber(json.id) ?? 0,
    type,
    title: asText(json.title),
    description: asText(json.description),
    grid: place,
    repeat: repeat === '' ? undefined : { variable: repeat, direction: json.repeatDirection === 'v' ? 'v' : 'h', maxPerRow: asNumber(json.maxPerRow) ?? 4 },
    source: parseSource(json.datasource),
    targets: parseTargets(json, notes),
    timeFrom: asText(json.timeFrom),
    timeShift: asText(json.timeShift),
    interval: asText(json.interval),
    maxDataPoints: asNumber(json.maxDataPoints),
    body,
    notes,
  };
}
