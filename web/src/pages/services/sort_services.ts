import type { ServiceRow } from '../../red/fold';
import type { ServiceSort } from '../../url_state';

const columnOf: Record<Exclude<ServiceSort, 'name'>, keyof ServiceRow> = {
  rate: 'rate',
  errors: 'errorRatio',
  p50: 'p50',
  p95: 'p95',
  p99: 'p99',
};

/** Filtered by name, then highest first; services without the number come last, by name, and Pharos itself at the very end. */
export function arrangeServices(rows: ServiceRow[], filter: string, sort: ServiceSort): ServiceRow[] {
  const wanted = filter.trim().toLowerCase();
  const kept = rows.filter((row) => row.name.toLowerCase().includes(wanted));
  const byName = (a: ServiceRow, b: ServiceRow) => a.name.localeCompare(b.name);
  const ownLast = (a: ServiceRow, b: ServiceRow) => Number(a.isOwn) - Number(b.isOwn);
  if (sort === 'name') return kept.toSorted((a, b) => ownLast(a, b) || byName(a, b));
  const valueOf = (row: ServiceRow) => (row[columnOf[sort]] as number | null) ?? -1;
  return kept.toSorted((a, b) => ownLast(a, b) || valueOf(b) - valueOf(a) || byName(a, b));
}
