import { describe, expect, it } from 'vitest';
import { cssColor, scaleColor } from './colors';
import { configOf, emptyFieldConfig, parseFieldConfig, parseOverrides } from './field_config';
import { calcOf } from './reduce';
import { spanOf, thresholdColor, valueColor, valueText } from './thresholds';

const red = parseFieldConfig({ unit: 'percent', thresholds: { steps: [{ color: 'green', value: null }, { color: 'yellow', value: 1 }, { color: 'red', value: 5 }] } });
const span = { min: 0, max: 100 };

describe('thresholds', () => {
  it.each([[-3, 'green'], [0.99, 'green'], [1, 'yellow'], [4.999, 'yellow'], [5, 'red'], [Infinity, 'red']])('%d is %s', (value, color) => {
    expect(valueColor(value, red, span, 'none')).toBe(cssColor(color));
  });
  it('takes percentages between min and max', () => {
    const half = { mode: 'percentage' as const, steps: [{ value: -Infinity, color: 'green' }, { value: 50, color: 'red' }] };
    expect(thresholdColor(149, half, 100, 200)).toBe(cssColor('green'));
    expect(thresholdColor(150, half, 100, 200)).toBe(cssColor('red'));
  });
  it('has green and red at 80 where nothing is said', () => {
    expect(valueColor(80, emptyFieldConfig, span, 'none')).toBe(cssColor('red'));
    expect(valueColor(79, emptyFieldConfig, span, 'none')).toBe(cssColor('green'));
  });
  it('knows continuous scales and fixed colours', () => {
    const fixed = parseFieldConfig({ color: { mode: 'fixed', fixedColor: '#123456' } });
    expect(valueColor(5, fixed, span, 'none')).toBe('#123456');
    expect(scaleColor('continuous-GrYlRd', 0)).toBe(cssColor('green'));
    expect(scaleColor('continuous-GrYlRd', 1)).toBe(cssColor('red'));
    expect(scaleColor('continuous-GrYlRd', 0.75)).toContain('50%');
  });
  it('gives percentages their natural ends', () => {
    expect(spanOf(red, { min: 3, max: 4 })).toEqual({ min: 0, max: 100 });
    expect(spanOf(parseFieldConfig({ min: 0, max: 7 }), { min: 3, max: 4 })).toEqual({ min: 0, max: 7 });
  });
  it('takes no colour that is none', () => expect(cssColor('url(javascript:x)')).toBeUndefined());
});

describe('mappings', () => {
  const config = parseFieldConfig({
    noValue: '–',
    mappings: [
      { type: 'value', options: { 0: { text: 'Down', color: 'red' }, ok: { text: 'Fine' } } },
      { type: 'range', options: { from: 10, to: 20, result: { text: 'Some' } } },
      { type: 'regex', options: { pattern: '^v(\\d+)$', result: { text: 'version $1' } } },
      { type: 'special', options: { match: 'nan', result: { text: 'Not a number' } } },
    ],
  });
  it.each([[0, 'Down'], ['ok', 'Fine'], [15, 'Some'], ['v3', 'version 3'], [NaN, 'Not a number'], [null, '–'], [5, '5']])('%s reads %s', (value, want) => {
    expect(valueText(value, config)).toBe(want);
  });
  it('colours what it maps', () => expect(valueColor(0, config, span, 'none')).toBe(cssColor('red')));
  it('reads those of Grafana 7', () => {
    const old = parseFieldConfig({ mappings: [{ type: 1, value: '1', text: 'Yes' }, { type: 2, from: '2', to: '4', text: 'Few' }, { type: 1, value: 'null', text: 'None' }] });
    expect([1, 3, null].map((value) => valueText(value, old))).toEqual(['Yes', 'Few', 'None']);
  });
});

describe('overrides', () => {
  const overrides = parseOverrides([
    { matcher: { id: 'byName', options: 'p99' }, properties: [{ id: 'unit', value: 's' }, { id: 'displayName', value: 'worst' }] },
    { matcher: { id: 'byRegexp', options: '/^p9/' }, properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: 'red' } }, { id: 'custom.stacking', value: { mode: 'normal' } }] },
    { matcher: { id: 'byRegexp', options: '/(/' }, properties: [{ id: 'unit', value: 'broken' }] },
    { matcher: { id: 'byFrameRefID', options: 'B' }, properties: [{ id: 'custom.hideFrom.legend', value: true }] },
  ]);
  const of = (displayName: string, refId = 'A') => configOf(red, overrides, { name: 'Value', displayName, refId, type: 'number' });
  it('are put on in order, on the fields that they name', () => {
    expect(of('p99')).toMatchObject({ unit: 's', displayName: 'worst', color: { fixed: 'red' }, custom: { stacking: { mode: 'normal' } } });
    expect(of('p50')).toMatchObject({ unit: 'percent', displayName: '', color: undefined });
    expect(of('x', 'B').custom).toEqual({ hideFrom: { legend: true } });
  });
});

describe('calculations', () => {
  const values = [1, null, 3, 2, null];
  it.each([
    ['lastNotNull', 2], ['last', null], ['firstNotNull', 1], ['first', 1], ['min', 1], ['max', 3], ['mean', 2], ['sum', 6], ['count', 5],
    ['range', 2], ['diff', 1], ['median', 2], ['p90', 3], ['stdDev', Math.sqrt(2 / 3)], ['current', 2], ['avg', 2], ['total', 6], ['distinctCount', 3], ['changeCount', 2],
  ])('%s', (id, want) => expect(calcOf(id)?.(values, [])).toEqual(want));
  it('of nothing is nothing', () => expect(['mean', 'sum', 'lastNotNull'].map((id) => calcOf(id)!([null], []))).toEqual([null, null, null]));
  it('does not know what is none', () => expect(calcOf('toString')).toBeUndefined());
});
