import { expect, it } from 'vitest';
import { foldRoutes, foldStatus } from './use_service_detail';

it('sums series by status class, in order', () => {
  const entry = (status: string, value: string) => ({ metric: { status }, values: [[10, value]] as [number, string][] });
  expect(foldStatus([entry('503', '1'), entry('200', '4'), entry('204', '2'), entry('500', '2')], [10])).toEqual([
    { status: '2xx', values: [6] },
    { status: '5xx', values: [3] },
  ]);
});

it('makes a row a route, busiest first', () => {
  const count = (route: string, status: string, value: string) => ({ metric: { route, status }, value: [1, value] as [number, string] });
  const latency = [[{ metric: { route: '/b' }, value: [1, '200'] as [number, string] }], [], []];
  const rows = foldRoutes([count('/a', '200', '1'), count('/b', '200', '3'), count('/b', '500', '1')], latency, (v) => v && v / 1000);
  expect(rows).toEqual([
    { route: '/b', rate: 4, errorRatio: 0.25, p50: 0.2, p95: null, p99: null },
    { route: '/a', rate: 1, errorRatio: 0, p50: null, p95: null, p99: null },
  ]);
});
