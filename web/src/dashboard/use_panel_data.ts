// Asks what a panel shows, and keeps the last good answer when a refresh fails.
import { keepPreviousData, useQueries, type UseQueryResult } from '@tanstack/react-query';
import { useMemo } from 'react';
import { logQueryInstant } from '../api/loki/query';
import { logQueryRange, type LogQueryData, type LogStream } from '../api/loki/query_range';
import { queryInstant } from '../api/prometheus/query';
import { queryRange } from '../api/prometheus/query_range';
import { useKept } from '../components/use_kept';
import { framesOf, type Frame, type TargetAnswer } from './frames';
import type { Panel } from './model';
import type { Ask, Plan } from './queries';
import { transformFrames } from './transform';

interface Answered {
  ask: Ask;
  answer: TargetAnswer;
  streams: LogStream[];
  warnings: string[];
}

async function askOne(ask: Ask, signal: AbortSignal): Promise<Answered> {
  const { target, expr, instant, window } = ask;
  const made = (data: TargetAnswer['data'], warnings: string[] = [], streams: LogStream[] = []): Answered => ({
    ask,
    answer: { target, expr, instant, data },
    streams,
    warnings,
  });
  if (ask.api === 'prometheus') {
    const envelope = instant ? await queryInstant(expr, window.toMs, signal) : await queryRange(expr, window, ask.stepMs / 1000, signal);
    return made(envelope.data, envelope.warnings);
  }
  const data: LogQueryData = instant
    ? await logQueryInstant(expr, window.toMs, signal)
    : await logQueryRange({ query: expr, window, stepSeconds: ask.stepMs / 1000, limit: ask.maxLines }, signal);
  return data.resultType === 'streams' ? made(undefined, [], data.result) : made(data);
}

export interface PanelData {
  answered: Answered[];
  frames: Frame[];
  streams: LogStream[];
  /** The first failure; `answered` may still hold what came before or beside it. */
  error: Error | null;
  isPending: boolean;
  warnings: string[];
  histograms: number;
}

/** One function for all renders: the result stays the same object until an answer changes. */
function combineAnswers(results: UseQueryResult<Answered>[]) {
  return {
    answered: results.map((result) => result.data).filter((data) => data !== undefined),
    errors: results.map((result) => result.error).filter((error) => error !== null),
    isPending: results.some((result) => result.isPending),
    isPlaceholderData: results.some((result) => result.isPlaceholderData),
  };
}

export function usePanelData(panel: Panel, plan: Plan, isSeen: boolean): PanelData {
  const asked = useQueries({
    queries: plan.asks.map((ask) => ({
      queryKey: ['panel', ask.api, ask.expr, ask.instant, ask.window.fromMs, ask.window.toMs, ask.stepMs, ask.target],
      queryFn: ({ signal }: { signal: AbortSignal }) => askOne(ask, signal),
      placeholderData: keepPreviousData,
      enabled: isSeen,
    })),
    combine: combineAnswers,
  });
  const subject = plan.asks.map((ask) => `${ask.api}\n${ask.expr}\n${ask.instant}`).join('\n\n');
  const error = asked.errors[0] ?? null;
  const isWhole = plan.asks.length > 0 && asked.answered.length === plan.asks.length;
  const kept = useKept(
    { data: isWhole || (error && asked.answered.length > 0) ? asked.answered : undefined, error, isPending: asked.isPending, isPlaceholderData: asked.isPlaceholderData },
    subject,
  );
  const answered = useMemo(() => kept.data ?? [], [kept.data]);
  const { frames, histograms } = useMemo(() => {
    const read = framesOf(answered.map(({ answer }) => answer));
    return { frames: transformFrames(read.frames, panel.transformations), histograms: read.histograms };
  }, [answered, panel.transformations]);
  const streams = useMemo(() => answered.flatMap((one) => one.streams), [answered]);
  return {
    answered,
    frames,
    streams,
    histograms,
    error: kept.error,
    isPending: plan.asks.length > 0 && kept.isPending,
    warnings: [...new Set(answered.flatMap(({ warnings }) => warnings))],
  };
}
