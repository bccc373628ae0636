// RED of one service over time and by route.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { queryInstant, type VectorEntry } from '../api/prometheus/query';
import { queryRange, type MatrixEntry } from '../api/prometheus/query_range';
import { useKept } from '../components/use_kept';
import { alignWindow, stepFor, type TimeWindow } from '../time_range';
import { gridOf, groupBy, onGrid, ratioColumn, sumColumns } from './fold';
import {
  isError,
  quantileQuery,
  rateWindow,
  requestRateQuery,
  routeLabels,
  routeOf,
  statusClasses,
  statusClassOf,
  statusLabels,
  type RedSource,
  type StatusClass,
} from './red_source';
import { findSources } from './use_services';

const points = 180;
const quantiles = [0.5, 0.95, 0.99] as const;
type Column = (number | null)[];

export interface RouteRow {
  route: string;
  rate: number;
  errorRatio: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export interface ServiceDetail {
  /** Unix seconds. */
  times: number[];
  window: TimeWindow;
  rates: { status: StatusClass; values: Column }[];
  totalRate: Column;
  errorRatio: Column;
  latency: { name: string; values: Column }[];
  routes: RouteRow[];
  /** The PromQL behind the charts, to go on from. */
  queries: { rate: string; errors: string; latency: string };
}

/** The first source that has requests of the service; null where none has. */
async function askDetail(service: string, window: TimeWindow, signal?: AbortSignal): Promise<ServiceDetail | null> {
  const step = stepFor(window, points);
  const aligned = alignWindow(window, step);
  for (const source of await findSources(window, signal)) {
    const detail = await askSource(source, service, aligned, step, signal);
    if (detail) return detail;
  }
  return null;
}

async function askSource(
  source: RedSource,
  service: string,
  window: TimeWindow,
  step: number,
  signal?: AbortSignal,
): Promise<ServiceDetail | null> {
  const lookBack = rateWindow(step);
  const requests = await queryRange(requestRateQuery(source, service, lookBack, statusLabels), window, step, signal);
  if (requests.data.result.length === 0) return null;
  const byRoute = [...routeLabels, ...statusLabels];
  const [latency, routes, ...routeLatency] = await Promise.all([
    Promise.all(quantiles.map((q) => queryRange(quantileQuery(source, service, lookBack, q, []), window, step, signal))),
    queryInstant(requestRateQuery(source, service, lookBack, byRoute), window.toMs, signal),
    ...quantiles.map((q) => queryInstant(quantileQuery(source, service, lookBack, q, routeLabels), window.toMs, signal)),
  ]);
  const times = gridOf(window.fromMs / 1000, window.toMs / 1000, step);
  const scale = (value: number | null) => (value === null ? null : value / source.unitsPerSecond);
  const rates = foldStatus(requests.data.result, times);
  const totalRate = sumColumns(rates.map((entry) => entry.values), times.length);
  const failed = rates.filter((entry) => entry.status === '5xx').map((entry) => entry.values);
  return {
    times,
    window,
    rates,
    totalRate,
    errorRatio: ratioColumn(sumColumns(failed, times.length), totalRate),
    latency: latency.map((answer, i) => ({
      name: `p${quantiles[i]! * 100}`,
      values: answer.data.result[0] ? onGrid(answer.data.result[0], times).map(scale) : times.map(() => null),
    })),
    routes: foldRoutes(vectorOf(routes.data), routeLatency.map((answer) => vectorOf(answer.data)), scale),
    queries: {
      rate: requestRateQuery(source, service, lookBack, statusLabels.slice(0, 2)),
      errors: requestRateQuery(source, service, lookBack, [routeLabels[0]!, ...statusLabels.slice(0, 2)]),
      latency: quantileQuery(source, service, lookBack, 0.95, [routeLabels[0]!]),
    },
  };
}

function vectorOf(data: { resultType: string; result: unknown }): VectorEntry[] {
  return data.resultType === 'vector' ? (data.result as VectorEntry[]) : [];
}

export function foldStatus(entries: MatrixEntry[], times: number[]): { status: StatusClass; values: Column }[] {
  const groups = groupBy(entries, (entry) => statusClassOf(entry.metric));
  return statusClasses
    .filter((status) => groups.has(status))
    .map((status) => ({ status, values: sumColumns(groups.get(status)!.map((entry) => onGrid(entry, times)), times.length) }));
}

export function foldRoutes(
  requests: VectorEntry[],
  latency: VectorEntry[][],
  scale: (value: number | null) => number | null,
): RouteRow[] {
  const valueOf = (entry: VectorEntry) => Number(entry.value?.[1] ?? NaN) || 0;
  const quantileOf = (entries: VectorEntry[] | undefined, route: string) => {
    const text = entries?.find((entry) => routeOf(entry.metric) === route)?.value?.[1];
    const value = text === undefined ? NaN : Number(text);
    return Number.isNaN(value) ? null : scale(value);
  };
  const rows = [...groupBy(requests, (entry) => routeOf(entry.metric))].map(([route, entries]) => {
    const rate = entries.reduce((sum, entry) => sum + valueOf(entry), 0);
    const errors = entries.filter((entry) => isError(entry.metric)).reduce((sum, entry) => sum + valueOf(entry), 0);
    const [p50, p95, p99] = [0, 1, 2].map((i) => quantileOf(latency[i], route));
    return { route, rate, errorRatio: rate > 0 ? errors / rate : 0, p50: p50!, p95: p95!, p99: p99! };
  });
  return rows.toSorted((a, b) => b.rate - a.rate || a.route.localeCompare(b.route));
}

export function useServiceDetail(service: string, window: TimeWindow) {
  const asked = useQuery({
    queryKey: ['service', service, window.fromMs, window.toMs],
    queryFn: ({ signal }) => askDetail(service, window, signal),
    placeholderData: keepPreviousData,
  });
  return useKept(asked, service);
}
