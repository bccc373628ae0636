import { describe, expect, it } from 'vitest';
import { guessUnit, seriesName, shortNames, tableColumns, toChartSeries, toTableRows } from './metric_series';

describe('names', () => {
  it('are written as Prometheus does', () => {
    expect(seriesName({ __name__: 'up', job: 'a "b"' })).toBe('up{job="a \\"b\\""}');
    expect(seriesName({ __name__: 'up' })).toBe('up');
    expect(seriesName({})).toBe('{}');
  });

  it('leave out what all share', () => {
    expect(shortNames([{ __name__: 'x', job: 'a', route: '/1' }, { __name__: 'x', job: 'a', route: '/2' }])).toEqual([
      '{route="/1"}', '{route="/2"}',
    ]);
    expect(shortNames([{ a: '1' }])).toEqual(['{a="1"}']);
    expect(shortNames([{ a: '1' }, { a: '1', b: '2' }])).toEqual(['{a="1"}', '{a="1", b="2"}']);
  });
});

describe('answers', () => {
  it('become columns on the grid', () => {
    const series = toChartSeries([{ metric: { job: 'a' }, values: [[20, '2']] }], [10, 20], 3);
    expect(series).toEqual([{ label: '{job="a"}', color: 'var(--series-4)', values: [null, 2] }]);
  });

  it('become rows', () => {
    const rows = toTableRows({ resultType: 'vector', result: [{ metric: { b: '1', __name__: 'x' }, value: [1, '5'] }] });
    expect(rows).toEqual([{ metric: { b: '1', __name__: 'x' }, value: '5' }]);
    expect(tableColumns(rows)).toEqual(['__name__', 'b']);
    expect(toTableRows({ resultType: 'scalar', result: [1, '42'] })[0]!.value).toBe('42');
  });
});

it('guesses units from names', () => {
  expect(guessUnit('sum by (job) (rate(http_requests_total[1m]))')).toBe('rate');
  expect(guessUnit('histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))')).toBe('seconds');
  expect(guessUnit('process_resident_memory_bytes')).toBe('bytes');
  expect(guessUnit('a_bytes / b_bytes')).toBe('none');
  expect(guessUnit('http_requests_total')).toBe('none');
  expect(guessUnit('up')).toBe('none');
});
