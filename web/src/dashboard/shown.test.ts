import { describe, expect, it } from 'vitest';
import type { MatrixEntry } from '../api/prometheus/query_range';
import { framesOf, type TargetAnswer } from './frames';
import { legendNames } from './legend';
import type { PanelBody } from './model';
import { parsePanel } from './parse_panel';
import { cssColor } from './colors';
import { seriesJson, valuesJson } from './panel_values';
import { shownSeries, shownValues } from './shown';
import { cellText, sortedRows, tableModel } from './table_model';

const panelOf = (json: object) => parsePanel({ type: 'timeseries', ...json }, { x: 0, y: 0, w: 12, h: 8 }, 'p');
const matrix = (result: MatrixEntry[]) => ({ resultType: 'matrix' as const, result });
const answer = (panel: ReturnType<typeof panelOf>, i: number, data: TargetAnswer['data']): TargetAnswer => ({ target: panel.targets[i]!, expr: panel.targets[i]!.expr, instant: false, data });

/** The lab's two kinds of panel. */
const stat = panelOf({
  type: 'stat',
  targets: [{ expr: 'sum(rate(app_http_requests_total[5m]))', legendFormat: 'req/s' }],
  fieldConfig: { defaults: { unit: 'reqps', thresholds: { steps: [{ color: 'green', value: null }, { color: 'yellow', value: 50 }, { color: 'red', value: 200 }] } } },
});
const reduceOf = (body: PanelBody) => ('reduce' in body ? body.reduce : { calcs: [], values: false, limit: undefined, fields: '' });

describe('a stat', () => {
  it('shows the last value with its unit and colour', () => {
    const { frames } = framesOf([answer(stat, 0, matrix([{ metric: {}, values: [[1700000000, '12'], [1700000015, '61.5'], [1700000030, 'NaN']] }]))]);
    const [value] = shownValues(stat, reduceOf(stat.body), frames);
    expect(value).toMatchObject({ name: 'req/s', value: 61.5, text: '61.5 req/s', color: cssColor('yellow') });
    expect(value!.times).toEqual([1700000000000, 1700000015000, 1700000030000]);
  });
  it('has no value where there is no series', () => expect(shownValues(stat, reduceOf(stat.body), framesOf([answer(stat, 0, matrix([]))]).frames)).toEqual([]));
  it('of rows shows each', () => {
    const rows = panelOf({ type: 'bargauge', options: { reduceOptions: { values: true, calcs: [] } }, targets: [{ refId: 'A', expr: 'x', format: 'table', instant: true }] });
    const { frames } = framesOf([answer(rows, 0, { resultType: 'vector', result: [{ metric: { job: 'a' }, value: [1, '3'] }, { metric: { job: 'b' }, value: [1, '+Inf'] }] })]);
    expect(shownValues(rows, reduceOf(rows.body), frames).map(({ name, value }) => [name, value])).toEqual([['a', 3], ['b', Infinity]]);
    expect(JSON.parse(valuesJson([], 'bargauge', shownValues(rows, reduceOf(rows.body), frames))).values[1].value).toBe('+Inf');
  });
});

describe('legends', () => {
  it.each([
    ['{{job}} {{ code }}!', [{ job: 'a', code: '200' }], ['a 200!']],
    ['{{none}}x', [{ job: 'a' }], ['x']],
    ['__auto', [{ job: 'a', env: 'p' }, { job: 'b', env: 'p' }], ['a', 'b']],
    ['__auto', [{ job: 'a', env: 'p' }, { job: 'b', env: 'q' }], ['{job="a", env="p"}', '{job="b", env="q"}']],
    ['__auto', [{}], ['sum(x)']],
    ['', [{ __name__: 'up', job: 'a' }], ['up{job="a"}']],
    ['', [{}], ['sum(x)']],
  ])('%s', (format, metrics, want) => expect(legendNames(format, metrics as Record<string, string>[], 'sum(x)')).toEqual(want));
});

describe('series', () => {
  const panel = panelOf({
    targets: [{ expr: 'a', legendFormat: '{{q}}' }],
    fieldConfig: { defaults: { unit: 's' }, overrides: [{ matcher: { id: 'byName', options: 'p99' }, properties: [{ id: 'displayName', value: 'slowest' }, { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } }] }] },
  });
  const { frames } = framesOf([answer(panel, 0, matrix([{ metric: { q: 'p50' }, values: [[10, '0.1'], [25, '0.2']] }, { metric: { q: 'p99' }, values: [[10, '1'], [25, '+Inf']] }, { metric: { q: 'p50' }, values: [[10, '7']] }]))]);
  const series = shownSeries(panel, frames);
  it('keep every value, their names and colours', () => {
    expect(series.map(({ name, values }) => [name, values])).toEqual([['p50', [0.1, 0.2]], ['slowest', [1, Infinity]], ['p50 2', [7]]]);
    expect(series[1]!.color).toBe(cssColor('red'));
    expect(series[0]!.color).toBe('var(--series-1)');
  });
  it('are written for tests as they came', () => {
    const written = JSON.parse(seriesJson([], series));
    expect(written.series[0]).toMatchObject({ name: 'p50', labels: { q: 'p50' }, points: [[10, 0.1], [25, 0.2]] });
    expect(written.series[1].points[1]).toEqual([25, '+Inf']);
  });
  it('of native histograms are counted, not drawn', () => {
    const histogram = { metric: {}, histograms: [[1, { count: '1', sum: '2' }]] as [number, { count: string; sum: string }][] };
    expect(framesOf([answer(panel, 0, matrix([histogram]))])).toEqual({ frames: [], histograms: 1 });
  });
});

describe('tables', () => {
  const panel = panelOf({
    type: 'table',
    targets: [{ refId: 'A', expr: 'a', format: 'table', instant: true }, { refId: 'B', expr: 'b', format: 'table', instant: true }],
    transformations: [],
    fieldConfig: { defaults: {}, overrides: [{ matcher: { id: 'byName', options: 'Value' }, properties: [{ id: 'unit', value: 'ms' }] }, { matcher: { id: 'byName', options: 'Time' }, properties: [{ id: 'custom.hidden', value: true }] }] },
  });
  const vector = (pairs: [string, string][]) => ({ resultType: 'vector' as const, result: pairs.map(([job, value]) => ({ metric: { job }, value: [1700000000, value] as [number, string] })) });
  it('have labels and value as columns, and hide what is hidden', () => {
    const { frames } = framesOf([answer(panel, 0, vector([['a', '2'], ['b', '1500'], ['c', 'NaN']]))]);
    const model = tableModel(panel, frames, 0);
    expect(model.columns.map(({ name }) => name)).toEqual(['job', 'Value']);
    expect(model.columns[1]!.values.map((value) => cellText(model.columns[1]!, value))).toEqual(['2 ms', '1.5 s', 'NaN']);
    expect(sortedRows(model, { field: 'Value', desc: true })).toEqual([1, 0, 2]);
    expect(sortedRows(model, { field: 'Value', desc: false })).toEqual([0, 1, 2]);
  });
  it('of several queries are chosen from until they are merged', () => {
    const { frames } = framesOf([answer(panel, 0, vector([['a', '2']])), answer(panel, 1, vector([['a', '3']]))]);
    expect(tableModel(panel, frames, 0).frames).toBe(2);
    expect(tableModel(panel, frames, 1).columns.at(-1)!.name).toBe('Value #B');
  });
});
