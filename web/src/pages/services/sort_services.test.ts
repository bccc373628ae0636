import { expect, it } from 'vitest';
import type { ServiceRow } from '../../red/fold';
import { arrangeServices } from './sort_services';

const row = (name: string, rate: number | null, errorRatio: number | null) =>
  ({ name, rate, errorRatio, p50: null, p95: null, p99: null, isOwn: name === 'pharos' }) as ServiceRow;
const rows = [row('Cart', 5, 0), row('api', null, null), row('shop', 50, 0.01), row('auth', 5, 0.5)];
const names = (sorted: ServiceRow[]) => sorted.map((entry) => entry.name);

it('sorts services, unknown values last', () => {
  expect(names(arrangeServices(rows, '', 'rate'))).toEqual(['shop', 'auth', 'Cart', 'api']);
  expect(names(arrangeServices(rows, '', 'errors'))).toEqual(['auth', 'shop', 'Cart', 'api']);
  expect(names(arrangeServices(rows, '', 'name'))).toEqual(['api', 'auth', 'Cart', 'shop']);
});

it('keeps Pharos itself below the applications', () => {
  const withOwn = [row('pharos', 999, 1), ...rows];
  expect(names(arrangeServices(withOwn, '', 'rate')).at(-1)).toBe('pharos');
  expect(names(arrangeServices(withOwn, '', 'name')).at(-1)).toBe('pharos');
});

it('filters by name without regard to case', () => {
  expect(names(arrangeServices(rows, ' A', 'name'))).toEqual(['api', 'auth', 'Cart']);
});
