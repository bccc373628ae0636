// The traces that a search of the Traces page finds.
import { searchTraces, tracesByIds } from '../api/jaeger/search';
import type { JaegerTrace } from '../api/jaeger/trace';
import { searchTraceIds } from '../api/tempo/search';
import type { TimeWindow } from '../time_range';
import type { TracesView } from '../url_state';
import { parseTags } from './tags';
import { traceQlOf } from './traceql';

/** Jaeger's search wants a service; over all of them TraceQL finds the ids. */
export async function searchView(view: TracesView, window: TimeWindow, signal: AbortSignal): Promise<JaegerTrace[]> {
  if (view.service === '') return tracesByIds(await searchTraceIds(traceQlOf(view), window, view.limit, signal), signal);
  const tags = { ...(parseTags(view.tags) ?? {}), ...(view.errorsOnly ? { error: 'true' } : {}) };
  const { service, operation, minDuration, maxDuration, limit } = view;
  return searchTraces({ service, operation, minDuration, maxDuration, limit, tags, window }, signal);
}
