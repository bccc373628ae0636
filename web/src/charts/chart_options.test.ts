import { expect, it } from 'vitest';
import { axisLabels, chartOptions, withAlpha, type ChartRequest } from './chart_options';

const request: ChartRequest = {
  series: [
    { label: 'a', color: 'red', values: [1] },
    { label: 'b', color: 'blue', values: [2] },
  ],
  hidden: new Set(['b']),
  kind: 'line',
  stacked: false,
  unit: 'seconds',
  width: 300,
  height: 100,
  range: [10, 20],
  look: { text: '#000', grid: '#eee', font: '11px x' },
  colorOf: () => '#102030',
};

it('keeps the time axis on the asked range', () => {
  const scale = chartOptions(request).scales!.x!;
  expect((scale.range as unknown as () => number[])()).toEqual([10, 20]);
});

it('hides what the legend hides and fills what is stacked', () => {
  const [, a, b] = chartOptions(request).series;
  expect([a!.show, b!.show]).toEqual([true, false]);
  expect(a!.fill).toBeUndefined();
  expect(chartOptions({ ...request, stacked: true }).series[1]!.fill).toBe('#1020308c');
});

it('dashes thresholds and fills none of them', () => {
  const series = [...request.series, { label: 'limit', color: 'red', values: [3], isThreshold: true }, { label: 'other', color: 'grey', values: [1], isFaint: true }];
  const options = chartOptions({ ...request, series, kind: 'area' }).series;
  expect(options.map(({ dash, fill, width }) => [dash?.length ?? 0, fill !== undefined, width])).toEqual([
    [0, false, undefined],
    [0, true, 1.5],
    [0, true, 1.5],
    [2, false, 1.2],
    [0, false, 1],
  ]);
});

it('joins crosshairs only when asked', () => {
  expect(chartOptions(request).cursor!.sync).toBeUndefined();
  expect(chartOptions({ ...request, syncKey: 'red' }).cursor!.sync!.key).toBe('red');
});

it('labels axes with units', () => {
  expect(axisLabels([0, 0.05, 1.5], 'seconds')).toEqual(['0 s', '50 ms', '1.5 s']);
  expect(axisLabels([0, 0.1], 'percent')).toEqual(['0 %', '10 %']);
  expect(withAlpha('var(--x)', 0.5)).toBe('var(--x)');
});
