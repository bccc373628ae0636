// What an alert's minutes hold: failed or slow traces, lines that tell of failures, and its graph.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { logQueryRange } from '../api/loki/query_range';
import { queryRange } from '../api/prometheus/query_range';
import { toEntries } from '../logs/log_entry';
import { gridOf } from '../red/fold';
import { alignWindow, stepFor, type TimeWindow } from '../time_range';
import { searchView } from '../trace/search';
import type { TracesView } from '../url_state';
import type { Evidence } from './alert_links';
import type { PartAnswer } from './alert_chart';
import { groupLines } from './line_groups';
import { splitThreshold } from './threshold';
import { groupTraces, slowestTraces, type TraceGroup } from './trace_groups';

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
  groups: TraceGroup[];
  /** There are more traces than were counted. */
  isCut: boolean;
  /** The search that found them. */
  view: TracesView;
}

async function findTraces({ traces: view, window }: Evidence, most: number, signal: AbortSignal): Promise<TraceFinds> {
  // Spans may name a route otherwise than the metrics do: then the whole service is looked at.
  const wanted = view.tags === '' ? [view] : [view, { ...view, tags: '' }];
  for (const exact of wanted) {
    const traces = await searchView({ ...exact, limit: most }, window, signal);
    const groups = (view.errorsOnly ? groupTraces : slowestTraces)(traces, shown);
    if (groups.length > 0) return { isExact: true, groups, isCut: traces.length >= most, view: exact };
  }
  const any = { ...view, tags: '', errorsOnly: false, minDuration: '' };
  const traces = await searchView({ ...any, limit: most }, window, signal);
  return { isExact: false, groups: slowestTraces(traces, shown), isCut: traces.length >= most, view: any };
}

/** The window's end moves while the onset is young; it is asked for again every half minute. */
function keyOf({ window, traces, logs }: Evidence) {
  return [traces.service, traces.tags, traces.errorsOnly, traces.minDuration, logs.query, window.fromMs, Math.floor(window.toMs / 30_000)];
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
