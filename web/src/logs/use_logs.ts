// Asks for lines and their volume, and follows the log while live.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { logQueryRange, type LogQueryData } from '../api/loki/query_range';
import { followLogs, type TailMode } from '../api/loki/tail';
import type { ChartSeries } from '../charts/chart_data';
import { levelColors, logLevels, type LogLevel } from '../colors';
import { useKept } from '../components/use_kept';
import { gridOf, groupBy, onGrid, sumColumns } from '../red/fold';
import { alignWindow, stepFor, type TimeWindow } from '../time_range';
import { mergeEntries, normalLevel, toEntries, type LogEntry } from './log_entry';
import { isMetricQuery, volumeQuery } from './logql_edit';

const volumeBars = 70;
const metricPoints = 240;

export interface Volume {
  /** Unix seconds: the end of each bar. */
  times: number[];
  window: TimeWindow;
  series: ChartSeries[];
  total: number;
}

export function useLogLines(query: string, window: TimeWindow, limit: number) {
  const stepSeconds = isMetricQuery(query) ? stepFor(window, metricPoints) : undefined;
  const asked = stepSeconds ? alignWindow(window, stepSeconds) : window;
  const answer = useQuery({
    queryKey: ['logs', query, asked.fromMs, asked.toMs, limit],
    queryFn: async ({ signal }) => {
      const data = await logQueryRange({ query, window: asked, limit, ...(stepSeconds ? { stepSeconds } : {}) }, signal);
      return { data, entries: data.resultType === 'streams' ? toEntries(data.result) : [], window: asked, stepSeconds };
    },
    enabled: query.trim() !== '',
    placeholderData: keepPreviousData,
  });
  return useKept(answer, `${query}\n${limit}`);
}

/** How many lines there are, by level; from the server, so it counts lines that are not shown too. */
export function useLogVolume(query: string, window: TimeWindow) {
  const step = stepFor(window, volumeBars);
  const aligned = alignWindow(window, step);
  return useQuery({
    queryKey: ['log-volume', query, aligned.fromMs, aligned.toMs],
    queryFn: async ({ signal }) => {
      const end = { fromMs: aligned.fromMs + step * 1000, toMs: aligned.toMs + step * 1000 };
      const data = await logQueryRange({ query: volumeQuery(query, step), window: end, stepSeconds: step }, signal);
      return foldVolume(data, end, step);
    },
    enabled: query.trim() !== '' && !isMetricQuery(query),
    placeholderData: keepPreviousData,
    retry: false,
  });
}

export function foldVolume(data: LogQueryData, window: TimeWindow, step: number): Volume {
  const times = gridOf(window.fromMs / 1000, window.toMs / 1000, step);
  const entries = data.resultType === 'matrix' ? data.result : [];
  const byLevel = groupBy(entries, ({ metric }) => labelLevel(metric));
  const series = logLevels
    .filter((level) => byLevel.has(level))
    .map((level) => seriesOf(level, sumColumns(byLevel.get(level)!.map((entry) => onGrid(entry, times)), times.length)));
  return { times, window, series, total: totalOf(series) };
}

/** The volume of the loaded lines alone, where the server cannot count. */
export function volumeOfEntries(entries: LogEntry[], window: TimeWindow): Volume {
  const step = stepFor(window, volumeBars);
  const aligned = alignWindow(window, step);
  const end = { fromMs: aligned.fromMs + step * 1000, toMs: aligned.toMs + step * 1000 };
  const times = gridOf(end.fromMs / 1000, end.toMs / 1000, step);
  const series = [...groupBy(entries, (entry) => entry.level)].map(([level, lines]) => {
    const counts = times.map(() => 0);
    for (const line of lines) {
      const bar = Math.floor((line.ms - aligned.fromMs) / (step * 1000));
      if (bar >= 0 && bar < counts.length) counts[bar]! += 1;
    }
    return seriesOf(level as LogLevel, counts);
  });
  const order = (entry: ChartSeries) => logLevels.indexOf(entry.label as LogLevel);
  series.sort((a, b) => order(a) - order(b));
  return { times, window: end, series, total: totalOf(series) };
}

function labelLevel(metric: Record<string, string>): LogLevel {
  const detected = normalLevel(metric.detected_level ?? '');
  return detected === 'unknown' ? normalLevel(metric.level ?? '') : detected;
}

function seriesOf(level: LogLevel, values: (number | null)[]): ChartSeries {
  return { label: level, color: levelColors[level], values };
}

function totalOf(series: ChartSeries[]): number {
  return series.reduce((sum, { values }) => sum + values.reduce<number>((part, value) => part + (value ?? 0), 0), 0);
}

const mostLiveLines = 2000;

export interface LiveTail {
  entries: LogEntry[];
  mode: TailMode;
  error: Error | null;
}

/** The lines since live was switched on; empty while it is off. */
export function useLiveTail(query: string, isLive: boolean): LiveTail {
  const [state, setState] = useState<LiveTail & { query: string }>({ entries: [], mode: 'connecting', error: null, query });
  useEffect(() => {
    if (!isLive || query.trim() === '') return undefined;
    setState({ entries: [], mode: 'connecting', error: null, query });
    return followLogs(query, Date.now() - 5000, {
      onStreams: (streams) =>
        setState((now) => ({ ...now, error: null, entries: mergeEntries(toEntries(streams), now.entries, mostLiveLines) })),
      onMode: (mode) => setState((now) => ({ ...now, mode })),
      onError: (error) => setState((now) => ({ ...now, error })),
    });
  }, [query, isLive]);
  return useMemo(
    () => (isLive && state.query === query ? state : { entries: [], mode: 'connecting', error: null }),
    [isLive, state, query],
  );
}
