// Asks the queries of the page; each has its own answer or error.
import { keepPreviousData, useQueries } from '@tanstack/react-query';
import { queryInstant } from '../../api/prometheus/query';
import { queryRange, type MatrixEntry } from '../../api/prometheus/query_range';
import { gridOf } from '../../red/fold';
import { alignWindow, parseDurationMs, stepFor, type TimeWindow } from '../../time_range';

const chartPoints = 300;
/** Prometheus refuses more points than this in one answer. */
const mostPoints = 11_000;

export interface RangeAnswer {
  entries: MatrixEntry[] | undefined;
  warnings: string[];
  error: Error | null;
  isPending: boolean;
}

export interface RangeResult {
  answers: RangeAnswer[];
  /** Unix seconds. */
  times: number[];
  stepSeconds: number;
}

/** The step that the reader asked for, or one that suits the window. */
export function chosenStep(step: string, window: TimeWindow): number {
  const asked = (parseDurationMs(step) ?? 0) / 1000;
  const least = (window.toMs - window.fromMs) / 1000 / mostPoints;
  return asked > 0 ? Math.max(asked, least) : stepFor(window, chartPoints);
}

export function useRangeQueries(queries: string[], window: TimeWindow, step: string): RangeResult {
  const stepSeconds = chosenStep(step, window);
  const aligned = alignWindow(window, stepSeconds);
  const answers = useQueries({
    queries: queries.map((query) => ({
      queryKey: ['range', query, aligned.fromMs, aligned.toMs, stepSeconds],
      queryFn: ({ signal }: { signal: AbortSignal }) => queryRange(query, aligned, stepSeconds, signal),
      placeholderData: keepPreviousData,
    })),
  });
  return {
    answers: answers.map(({ data, error, isPending }) => ({
      entries: data?.data.result,
      warnings: data?.warnings ?? [],
      error,
      isPending,
    })),
    times: gridOf(aligned.fromMs / 1000, aligned.toMs / 1000, stepSeconds),
    stepSeconds,
  };
}

export function useInstantQueries(queries: string[], timeMs: number) {
  return useQueries({
    queries: queries.map((query) => ({
      queryKey: ['instant', query, timeMs],
      queryFn: ({ signal }: { signal: AbortSignal }) => queryInstant(query, timeMs, signal),
      placeholderData: keepPreviousData,
    })),
  });
}

export type InstantAnswers = ReturnType<typeof useInstantQueries>;
