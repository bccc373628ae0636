import { describe, expect, it } from 'vitest';
import { autoRange, drawnColumns, type PanelLine } from '../charts/panel_options';
import { chartLines } from './chart_lines';
import { roundInterval, stepOf } from './interval';
import { ownDatasources, chooseSource } from './sources';
import { parsePanel } from './parse_panel';
import { panelWindow, planPanel } from './queries';
import { shownSeries } from './shown';
import { framesOf } from './frames';
import type { VariableValue } from './interpolate';

const page = { fromMs: 1_700_000_000_000 - 900_000, toMs: 1_700_000_007_000 };
const panelOf = (json: object) => parsePanel({ type: 'timeseries', ...json }, { x: 0, y: 0, w: 12, h: 8 }, 'p');
const plan = (json: object, variables: Record<string, VariableValue> = {}) => planPanel(panelOf(json), { variables: new Map(Object.entries(variables)), fixed: new Map(), page, known: ownDatasources, width: 12 });

describe('steps', () => {
  it.each([[9, 1], [1_234, 1_000], [14_000, 15_000], [31_000, 30_000], [100_000, 120_000], [5e6, 3.6e6], [1e12, 31_536_000_000]])('%d becomes %d', (ms, want) => expect(roundInterval(ms)).toBe(want));
  it('are no shorter than a scrape, and give few enough points', () => {
    expect(stepOf(page, 720, 15_000)).toEqual({ stepMs: 15_000, rateIntervalMs: 60_000 });
    expect(stepOf({ fromMs: 0, toMs: 86400e3 * 7 }, 720, 15_000)).toEqual({ stepMs: 900_000, rateIntervalMs: 915_000 });
    expect(stepOf({ fromMs: 0, toMs: 86400e3 * 30 }, 100_000, 15_000).stepMs * 11_000).toBeGreaterThanOrEqual(86400e3 * 30);
  });
});

describe('plans', () => {
  it('put in the interval, and line up with the step', () => {
    const { asks } = plan({ targets: [{ expr: 'rate(x[$__rate_interval]) > $__interval_ms or y[$__range]' }] });
    expect(asks[0]).toMatchObject({ expr: 'rate(x[1m]) > 15000 or y[907s]', instant: false, stepMs: 15_000 });
    expect(asks[0]!.window.fromMs % 15_000).toBe(0);
  });
  it('take the panel’s own least interval, also from a variable', () => {
    const interval: VariableValue = { values: ['2m'], texts: ['2m'], allValue: '', isAll: false, multi: false };
    expect(plan({ targets: [{ expr: 'x[$__interval]', interval: '$w' }] }, { w: interval }).asks[0]).toMatchObject({ expr: 'x[2m]', stepMs: 120_000 });
    expect(plan({ interval: '1m', targets: [{ expr: 'x', intervalFactor: 2 }] }).asks[0]!.stepMs).toBe(60_000);
  });
  it('ask for one moment where one is wanted', () => {
    expect(plan({ type: 'table', targets: [{ expr: 'x', instant: true, range: true }] }).asks[0]!.instant).toBe(true);
    expect(plan({ targets: [{ expr: 'x', instant: true, range: true }] }).asks[0]!.instant).toBe(false);
    expect(plan({ targets: [{ expr: 'x', instant: true }] }).asks[0]!.instant).toBe(true);
  });
  it('leave out hidden targets, and name what cannot be asked', () => {
    const { asks, faults } = plan({ targets: [{ expr: 'x', hide: true }, { datasource: { type: 'mysql', uid: 'm' }, rawSql: 'select 1' }, { datasource: { type: '__expr__', uid: '__expr__' }, expression: '$A' }] });
    expect(asks).toEqual([]);
    expect(faults.join(' ')).toMatch(/“mysql”.*expressions/);
  });
  it('follow timeFrom and timeShift', () => {
    expect(panelWindow(panelOf({ timeFrom: '1h', timeShift: '1d' }), page)).toEqual({ fromMs: page.toMs - 3600e3 - 86400e3, toMs: page.toMs - 86400e3 });
  });
});

describe('sources', () => {
  const of = (type: string, uid: string, variables: [string, string][] = []) => chooseSource({ type, uid }, new Map(variables.map(([name, value]) => [name, { values: [value], texts: [value], allValue: '', isAll: false, multi: false }])), ownDatasources).api;
  it.each<[string, string, string | undefined]>([
    ['', '', 'prometheus'], ['prometheus', 'any', 'prometheus'], ['loki', 'x', 'loki'], ['', 'Loki', 'loki'], ['', 'my-loki', 'loki'], ['', 'default', 'prometheus'],
    ['', '$DS_PROMETHEUS', 'prometheus'], ['', '${DS_LOKI}', 'loki'], ['tempo', 't', undefined], ['', 'Tempo', undefined], ['datasource', '-- Dashboard --', undefined], ['datasource', 'grafana', undefined],
  ])('%s %s', (type, uid, want) => expect(of(type, uid)).toBe(want));
  it('come from variables', () => {
    expect(of('', '$ds', [['ds', 'loki']])).toBe('loki');
    expect(of('prometheus', '${ds}', [['ds', 'prometheus']])).toBe('prometheus');
  });
});

describe('lines', () => {
  const line = (values: (number | null)[], more: Partial<PanelLine> = {}): PanelLine => ({
    label: '', color: '', values, draw: 'line', shape: 'linear', width: 1, fill: 0, points: false, dash: undefined, stack: '', percent: false, negative: false, spanGaps: false, scale: 'y', ...more,
  });
  it('are stacked, turned over, and made shares', () => {
    expect(drawnColumns([line([1, 2, null], { stack: 'A' }), line([3, null, null], { stack: 'A' }), line([1, 1, 1])])).toEqual([[1, 2, null], [4, 2, null], [1, 1, 1]]);
    expect(drawnColumns([line([1], { stack: 'A' }), line([5], { stack: 'A', negative: true }), line([2], { stack: 'A', negative: true })])).toEqual([[1], [-5], [-7]]);
    expect(drawnColumns([line([1], { stack: 'A', percent: true }), line([3], { stack: 'A', percent: true })])).toEqual([[0.25], [1]]);
  });
  it('keep gaps as gaps on the whole grid', () => {
    const panel = panelOf({ targets: [{ expr: 'x' }] });
    const { asks } = planPanel(panel, { variables: new Map(), fixed: new Map(), page: { fromMs: 0, toMs: 60_000 }, known: ownDatasources, width: 12 });
    const { frames } = framesOf([{ target: panel.targets[0]!, expr: 'x', instant: false, data: { resultType: 'matrix', result: [{ metric: {}, values: [[0, '1'], [30, '3'], [45, '4']] }] } }]);
    const made = chartLines(shownSeries(panel, frames), asks);
    expect(made.times).toEqual([0, 15, 30, 45, 60]);
    expect(made.lines[0]!.values).toEqual([1, null, 3, 4, null]);
  });
  it('get one axis a unit', () => {
    const panel = panelOf({ targets: [{ expr: 'x', legendFormat: '{{a}}' }], fieldConfig: { defaults: { unit: 's' }, overrides: [{ matcher: { id: 'byName', options: '2' }, properties: [{ id: 'unit', value: 'bytes' }] }] } });
    const { frames } = framesOf([{ target: panel.targets[0]!, expr: 'x', instant: false, data: { resultType: 'matrix', result: ['1', '2', '3'].map((a) => ({ metric: { a }, values: [[0, a]] as [number, string][] })) } }]);
    expect(chartLines(shownSeries(panel, frames), []).scales.map(({ side, isBinary }) => [side, isBinary])).toEqual([['left', false], ['right', true]]);
  });
  it('have room around them', () => {
    const free = { min: undefined, max: undefined, softMin: undefined, softMax: undefined };
    expect(autoRange(2, 10, free, false)[0]).toBe(0);
    expect(autoRange(90, 100, free, false)[0]).toBeGreaterThan(80);
    expect(autoRange(90, 100, free, true)[0]).toBe(0);
    expect(autoRange(5, 5, { ...free, min: 0, max: 1 }, false)).toEqual([0, 1]);
    expect(autoRange(null, null, free, false)).toEqual([0, 1.06]);
    expect(autoRange(0, 0, { ...free, min: 9 }, false)).toEqual([9, 10]);
  });
});
