// The newest traces of a service: the step from its numbers to one request.
import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { searchTraces } from '../../api/jaeger/search';
import { RowsSkeleton } from '../../components/states';
import { goTo } from '../../navigation';
import type { TimeWindow } from '../../time_range';
import { summarize } from '../../trace/summary';
import { emptyViews } from '../../url_state';
import { TraceList } from '../traces/trace_list';

const count = 8;

export function LatestTraces({ service, window }: { service: string; window: TimeWindow }) {
  const { data, isPending } = useQuery({
    queryKey: ['latest-traces', service, window.fromMs, window.toMs],
    queryFn: ({ signal }) => searchTraces({ service, window, limit: count }, signal),
    placeholderData: keepPreviousData,
  });
  if (!isPending && !data?.length) return null;
  const traces = (data ?? []).map(summarize).toSorted((a, b) => b.startMicros - a.startMicros);
  return (
    <section className="panel">
      <div className="panel-head">
        Latest traces
        <span className="grow" />
        <Button size="compact-xs" variant="subtle" onClick={() => goTo({ view: { ...emptyViews.traces, service } })}>
          All traces
        </Button>
      </div>
      {isPending ? <RowsSkeleton rows={4} /> : <TraceList traces={traces} />}
    </section>
  );
}
