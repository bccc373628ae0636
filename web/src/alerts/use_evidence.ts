// What an alert's minutes hold: failed or slow traces, lines that tell of failures, and its graph.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { JaegerTrace } from '../api/jaeger/trace';
import { logQueryRange } from '../api/loki/query_range';
import { queryRange } from '../api/prometheus/query_range';
import { toEntries } from '../logs/log_entry';
import { gridOf } from '../red/fold';
import { alignWindow, stepFor, type TimeWindow } from '../time_range';
import { failureOf, type TraceFailure } from '../trace/failure';
import { searchView } from '../trace/search';
import { summarize, type TraceSummary } from '../trace/summary';
import type { Evidence } from './alert_links';
import type { PartAnswer } from './alert_chart';
import { groupLines } from './line_groups';
import { splitThreshold } from './threshold';

const shown = 5;
/** Among so many traces the slowest are looked for. */
const mostTraces = 100;
/** Among so many lines those that say the same are counted. */
const mostLines = 200;
const chartPoints = 240;
/** A graph of more parts than this says nothing. */
const mostParts = 6;

export interface TraceFinds {
  /** Whether they are what was asked for; else the slowest of the minutes stand in. */
  isExact: boolean;
  traces: FoundTrace[];
}

export interface FoundTrace extends TraceSummary {
  failure: TraceFailure | null;
}

const describe = (trace: JaegerTrace): FoundTrace => ({ ...summarize(trace), failure: failureOf(trace) });

async function findTraces({ traces: view, window }: Evidence, most: number, signal: AbortSignal): Promise<TraceFinds> {
  const exact = (await searchView({ ...view, limit: most }, window, signal)).map(describe);
  if (exact.length > 0) return { isExact: true, traces: exact.toSorted(bySlowness).slice(0, shown) };
  const any = (await searchView({ ...view, errorsOnly: false, minDuration: '', limit: most }, window, signal)).map(describe);
  return { isExact: false, traces: any.toSorted(bySlowness).slice(0, shown) };
}

const bySlowness = (a: TraceSummary, b: TraceSummary) => b.errorCount - a.errorCount || b.durationMicros - a.durationMicros;

/** The window's end moves while the onset is young; it is asked for again every half minute. */
function keyOf({ window, traces, logs }: Evidence) {
  return [traces.service, traces.errorsOnly, traces.minDuration, logs.query, window.fromMs, Math.floor(window.toMs / 30_000)];
}

/** The traces of an alert's minutes, chosen among the `most` that the search gives. */
export function useTraceEvidence(evidence: Evidence, most = mostTraces) {
  return useQuery({
    queryKey: ['evidence-traces', most, ...keyOf(evidence)],
    queryFn: ({ signal }) => findTraces(evidence, most, signal),
    placeholderData: keepPreviousData,
  });
}

export function useLogEvidence(evidence: Evidence) {
  return useQuery({
    queryKey: ['evidence-logs', ...keyOf(evidence)],
    queryFn: async ({ signal }) => {
      const data = await logQueryRange({ query: evidence.logs.query, window: evidence.window, limit: mostLines }, signal);
      const entries = data.resultType === 'streams' ? toEntries(data.result) : [];
      return { groups: groupLines(entries, shown), isCut: entries.length >= mostLines };
    },
    placeholderData: keepPreviousData,
  });
}

export interface AlertGraph {
  answers: PartAnswer[];
  times: number[];
  window: TimeWindow;
}

async function askGraph(query: string, window: TimeWindow, step: number, signal: AbortSignal): Promise<AlertGraph> {
  const ask = async (expr: string) => (await queryRange(expr, window, step, signal)).data.result;
  const parts = splitThreshold(query).slice(0, mostParts);
  const answers = await Promise.all(
    parts.map(async (part) => {
      const [entries, against] = await Promise.all([ask(part.expr), part.against ? ask(part.against) : []]);
      return { part, entries, against };
    }),
  );
  return { answers, times: gridOf(window.fromMs / 1000, window.toMs / 1000, step), window };
}

export function useAlertGraph(query: string, window: TimeWindow) {
  const step = stepFor(window, chartPoints);
  const aligned = alignWindow(window, step);
  return useQuery({
    queryKey: ['alert-graph', query, aligned.fromMs, aligned.toMs],
    queryFn: ({ signal }) => askGraph(query, aligned, step, signal),
    enabled: query !== '',
    placeholderData: keepPreviousData,
  });
}
