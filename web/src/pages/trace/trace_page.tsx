// One trace: what it was, where its time went, and every span of it.
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { ApiError } from '../../api/client';
import { traceById } from '../../api/jaeger/trace';
import { EmptyState, ErrorState, RowsSkeleton } from '../../components/states';
import { TracesIcon } from '../../icons';
import { ViewLink } from '../../navigation';
import { criticalPath } from '../../trace/critical_path';
import { summarize } from '../../trace/summary';
import { buildTree } from '../../trace/tree';
import { emptyViews, type TraceView } from '../../url_state';
import { TraceHead } from './trace_head';
import { TraceSummaryPanel } from './trace_summary';
import { Waterfall } from './waterfall';

const lookAgainMs = 2500;
const lookAgainTimes = 8;

function isNotFound(error: Error | null): boolean {
  return error instanceof ApiError && error.kind === 'not_found';
}

export default function TracePage({ view }: { view: TraceView }) {
  const { data, error, isPending, refetch, errorUpdateCount } = useQuery({
    queryKey: ['trace', view.id],
    queryFn: ({ signal }) => traceById(view.id, signal),
    retry: false,
    // A trace that is not here yet is often on its way: look again a few times.
    refetchInterval: ({ state }) => (isNotFound(state.error) && state.errorUpdateCount <= lookAgainTimes ? lookAgainMs : false),
  });
  const shown = useMemo(() => {
    if (!data) return null;
    const tree = buildTree(data);
    return { tree, summary: summarize(data), critical: criticalPath(tree), warnings: data.warnings ?? [] };
  }, [data]);
  const isMissing = isNotFound(error);

  return (
    <div className="page">
      <TraceHead id={view.id} summary={shown?.summary ?? null} />
      {isPending && (
        <>
          <Skeleton h={76} />
          <section className="panel">
            <RowsSkeleton rows={14} />
          </section>
        </>
      )}
      {error && !data && (
        <section className="panel">
          {isMissing ? (
            <EmptyState title="This trace is not here" icon={<TracesIcon size={22} />}>
              <p className="code">{view.id}</p>
              <p>
                {errorUpdateCount <= lookAgainTimes && 'Looking again… '}
                It may still be on its way (SDKs send in batches of a few seconds), be older than the retention, or not have been
                sampled. <ViewLink to={emptyViews.traces}>Search for traces</ViewLink>
              </p>
            </EmptyState>
          ) : (
            <ErrorState title="The trace could not be read" error={error} onRetry={() => void refetch()} />
          )}
        </section>
      )}
      {shown && (
        <>
          <TraceSummaryPanel tree={shown.tree} summary={shown.summary} critical={shown.critical} />
          <Waterfall tree={shown.tree} critical={shown.critical} view={view} />
        </>
      )}
    </div>
  );
}
