// Asks all three signals who is there and how each service does.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { traceServices } from '../api/jaeger/services';
import { logLabelValues } from '../api/loki/label_values';
import { labelValues } from '../api/prometheus/label_values';
import { queryInstant, type VectorEntry } from '../api/prometheus/query';
import { queryRange } from '../api/prometheus/query_range';
import { useKept } from '../components/use_kept';
import { alignWindow, stepFor, type TimeWindow } from '../time_range';
import { foldServices, gridOf, type ServiceRow, type SourceAnswer } from './fold';
import {
  isOwn,
  quantileQuery,
  rateWindow,
  redSourcesOf,
  requestCounterMatcher,
  requestRateQuery,
  statusLabels,
  type RedSource,
} from './red_source';

const trendPoints = 60;

export async function findSources(window: TimeWindow, signal?: AbortSignal): Promise<RedSource[]> {
  const names = await labelValues('__name__', { ...window, matches: [requestCounterMatcher] }, signal);
  return redSourcesOf(names);
}

async function vectorOf(query: string, timeMs: number, signal?: AbortSignal): Promise<VectorEntry[]> {
  const { data } = await queryInstant(query, timeMs, signal);
  return data.resultType === 'vector' ? data.result : [];
}

async function askSource(source: RedSource, window: TimeWindow, step: number, signal?: AbortSignal): Promise<SourceAnswer> {
  const lookBack = rateWindow(step);
  const quantile = (q: number) => quantileQuery(source, null, lookBack, q, ['job']);
  const [requests, p95, p50Now, p99Now] = await Promise.all([
    queryRange(requestRateQuery(source, null, lookBack, ['job', ...statusLabels]), window, step, signal),
    queryRange(quantile(0.95), window, step, signal),
    vectorOf(quantile(0.5), window.toMs, signal),
    vectorOf(quantile(0.99), window.toMs, signal),
  ]);
  return {
    requests: requests.data.result,
    p95: p95.data.result,
    p50Now,
    p99Now,
    unitsPerSecond: source.unitsPerSecond,
    isOwn: isOwn(source),
  };
}

export interface ServicesAnswer {
  rows: ServiceRow[];
  grid: number[];
}

async function askServices(window: TimeWindow, signal?: AbortSignal): Promise<ServicesAnswer> {
  const step = stepFor(window, trendPoints);
  const aligned = alignWindow(window, Math.min(step, 5));
  const empty = () => [] as string[];
  // Traces and logs add to the table; the table stands without them.
  const names = Promise.all([
    traceServices(signal).catch(empty),
    logLabelValues('service_name', window, signal).catch(empty),
  ]);
  const sources = await findSources(window, signal);
  const answers = await Promise.all(sources.map((source) => askSource(source, aligned, step, signal)));
  const grid = gridOf(aligned.fromMs / 1000, aligned.toMs / 1000, step);
  const [traces, logs] = await names;
  return { rows: foldServices(answers, grid, { traces, logs }), grid };
}

export function useServices(window: TimeWindow) {
  const asked = useQuery({
    queryKey: ['services', window.fromMs, window.toMs],
    queryFn: ({ signal }) => askServices(window, signal),
    placeholderData: keepPreviousData,
  });
  return useKept(asked, 'services');
}
