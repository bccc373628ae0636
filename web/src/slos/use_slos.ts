// Asks for the SLOs, and for how each one's budget was spent.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { orMissing } from '../api/client';
import { listSlos, type Slo } from '../api/pharos/slos';
import { queryRange } from '../api/prometheus/query_range';
import { useClock } from '../clock';
import { useKept } from '../components/use_kept';
import { gridOf, onGrid, sumColumns } from '../red/fold';
import { durationText, stepFor, type TimeWindow } from '../time_range';
import { narrowerWindow } from './burn_down';

/** Null where this server has no SLOs at all. */
export function useSlos() {
  const { askedMs } = useClock();
  const asked = useQuery({
    queryKey: ['slos', askedMs],
    queryFn: ({ signal }) => orMissing(listSlos(signal)),
    placeholderData: keepPreviousData,
  });
  return useKept(asked, 'slos');
}

const chartPoints = 240;
/** Points far apart may all lie before the first data. */
const youngMs = 3600_000;
/** A young budget is looked at closer and closer, so many times. */
const mostLooks = 4;

export interface BudgetHistory {
  window: TimeWindow;
  times: number[];
  errorRatio: (number | null)[];
  total: (number | null)[] | null;
  /** Whether it begins with the first data, later than the SLO's window. */
  isYoung: boolean;
}

/** Between far points, the mean says more than the moment; `>= 0` drops moments without events. */
export function smoothed(query: string, stepSeconds: number): string {
  if (stepSeconds <= 300) return query;
  const resolution = durationText(Math.max(60, Math.ceil(stepSeconds / 12 / 60) * 60) * 1000);
  return `avg_over_time(((${query}) >= 0)[${durationText(stepSeconds * 1000)}:${resolution}])`;
}

async function askOnce(slo: Slo, window: TimeWindow, signal: AbortSignal) {
  const step = stepFor(window, chartPoints);
  const count = Math.max(1, Math.ceil((window.toMs - window.fromMs) / 1000 / step));
  // The last point is now, whatever the step.
  const exact = { fromMs: window.toMs - count * step * 1000, toMs: window.toMs };
  const times = gridOf(exact.fromMs / 1000, exact.toMs / 1000, step);
  const column = async (query: string) => {
    const { data } = await queryRange(smoothed(query, step), exact, step, signal);
    return data.result.length === 0 ? null : sumColumns(data.result.map((entry) => onGrid(entry, times)), times.length);
  };
  const [errorRatio, total] = await Promise.all([column(slo.queries.errorRatio), slo.queries.total ? column(slo.queries.total) : null]);
  return { window: exact, times, errorRatio: errorRatio ?? times.map(() => null), total };
}

async function askHistory(slo: Slo, nowMs: number, signal: AbortSignal): Promise<BudgetHistory> {
  let answer = await askOnce(slo, { fromMs: nowMs - slo.windowSeconds * 1000, toMs: nowMs }, signal);
  let looks = 1;
  if (slo.sli !== null && answer.errorRatio.every((ratio) => ratio === null) && slo.windowSeconds * 1000 > youngMs) {
    answer = await askOnce(slo, { fromMs: nowMs - youngMs, toMs: nowMs }, signal);
    ++looks;
  }
  for (let closer = narrowerWindow(answer.times, answer.errorRatio); closer && looks < mostLooks; ++looks) {
    answer = await askOnce(slo, closer, signal);
    closer = narrowerWindow(answer.times, answer.errorRatio);
  }
  return { ...answer, isYoung: looks > 1 };
}

/** Asked for once a minute at most: the whole window is read. */
export function useBudgetHistory(slo: Slo) {
  const { askedMs } = useClock();
  return useQuery({
    queryKey: ['budget-history', slo.name, slo.queries.errorRatio, slo.windowSeconds, Math.floor(askedMs / 60_000)],
    queryFn: ({ signal }) => askHistory(slo, askedMs, signal),
    enabled: slo.error === '' && slo.queries.errorRatio !== '',
    placeholderData: keepPreviousData,
  });
}
