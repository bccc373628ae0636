// Search for traces: of one service or all, by operation, duration, tags, errors; the finds as points and as rows.
import { SegmentedControl } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { traceServices } from '../../api/jaeger/services';
import { useClock } from '../../clock';
import { EmptyState, ErrorState, RowsSkeleton, StaleNote } from '../../components/states';
import { useKept } from '../../components/use_kept';
import { plural } from '../../format';
import { TracesIcon } from '../../icons';
import type { TimeWindow } from '../../time_range';
import { searchView } from '../../trace/search';
import { summarize, type TraceSummary } from '../../trace/summary';
import type { TracesView } from '../../url_state';
import { DurationScatter } from './duration_scatter';
import { SearchForm } from './search_form';
import { NoSpans } from './no_spans';
import { TraceList } from './trace_list';

type Order = 'newest' | 'longest';

function useTraceSearch(view: TracesView, window: TimeWindow) {
  const asked = useQuery({
    queryKey: ['traces', { ...view }, window.fromMs, window.toMs],
    queryFn: async ({ signal }) => (await searchView(view, window, signal)).map(summarize),
    placeholderData: keepPreviousData,
  });
  return useKept(asked, JSON.stringify(view));
}

export default function TracesPage({ view }: { view: TracesView }) {
  const { window, refreshNow } = useClock();
  const { data, error, isPending } = useTraceSearch(view, window);
  return (
    <div className="page">
      <h1 className="visually-hidden">Traces</h1>
      <SearchForm view={view} />
      <section className="panel">
        {isPending && <RowsSkeleton rows={12} />}
        {!data && error && <ErrorState title="The search failed" error={error} onRetry={refreshNow} />}
        {data && <StaleNote error={error} />}
        {data?.length === 0 && <NoFinds />}
        {data && data.length > 0 && <Finds traces={data} window={window} limit={view.limit} />}
      </section>
    </div>
  );
}

function NoFinds() {
  const services = useQuery({ queryKey: ['trace-services'], queryFn: ({ signal }) => traceServices(signal) });
  if (services.data?.length === 0) return <NoSpans />;
  return (
    <EmptyState title="No traces match" icon={<TracesIcon size={22} />}>
      Choose a longer time, or loosen the search: duration, tags and “errors only” all narrow it.
    </EmptyState>
  );
}

function Finds({ traces, window, limit }: { traces: TraceSummary[]; window: TimeWindow; limit: number }) {
  const [order, setOrder] = useState<Order>('newest');
  const [pointed, setPointed] = useState<string | null>(null);
  const ordered = useMemo(
    () =>
      traces.toSorted((a, b) =>
        order === 'newest' ? b.startMicros - a.startMicros : b.durationMicros - a.durationMicros,
      ),
    [traces, order],
  );
  return (
    <>
      <div className="panel-head">
        <span className="num" data-testid="trace-count" data-value={traces.length}>
          {plural(traces.length, 'trace')}
        </span>
        {traces.length >= limit && <span className="faint">more may match</span>}
        <span className="grow" />
        <SegmentedControl
          size="xs"
          aria-label="Order"
          value={order}
          onChange={(value) => setOrder(value as Order)}
          data={[
            { value: 'newest', label: 'Newest' },
            { value: 'longest', label: 'Longest' },
          ]}
        />
      </div>
      <DurationScatter traces={traces} window={window} onPoint={setPointed} />
      <TraceList traces={ordered} highlighted={pointed} />
    </>
  );
}
