// What Pharos scrapes: every target with its state, its last scrape and its error.
import { SegmentedControl, TextInput } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { listTargets, type TargetsResponse } from '../../api/prometheus/targets';
import { useClock } from '../../clock';
import { CopyBlock } from '../../components/copy_block';
import { EmptyState, ErrorState, RowsSkeleton, StaleNote } from '../../components/states';
import { useKept } from '../../components/use_kept';
import { plural } from '../../format';
import { SearchIcon, TargetsIcon } from '../../icons';
import { goTo } from '../../navigation';
import type { TargetsView, TargetState } from '../../url_state';
import { arrangeTargets } from './arrange_targets';
import { TargetTable } from './target_table';
import styles from './targets_page.module.css';

/** More rows than this are searched for, not read. */
const mostRows = 500;

export default function TargetsPage({ view }: { view: TargetsView }) {
  const { askedMs, refreshNow } = useClock();
  const asked = useQuery({
    queryKey: ['targets', askedMs],
    queryFn: async ({ signal }) => ({ ...(await listTargets(signal)), askedMs: Date.now() }),
    placeholderData: keepPreviousData,
  });
  const { data, error, isPending } = useKept(asked, 'targets');
  const rows = data ? arrangeTargets(data.activeTargets, view) : [];
  const hasNone = data?.activeTargets.length === 0;
  return (
    <div className="page">
      <div className="page-head">
        <h1>Targets</h1>
        {data && !hasNone && <Summary data={data} />}
        <span className="grow" />
        {!hasNone && <Filters view={view} />}
      </div>
      {data && <StaleNote error={error} />}
      <section className="panel">
        {isPending && <RowsSkeleton rows={5} height={16} />}
        {!data && error && <ErrorState title="The targets could not be read" error={error} onRetry={refreshNow} />}
        {hasNone && <NoTargets />}
        {data && !hasNone && rows.length === 0 && (
          <EmptyState title="No target matches" icon={<TargetsIcon size={22} />}>
            Clear the filter, or show all states, to see all {data.activeTargets.length}.
          </EmptyState>
        )}
        {rows.length > 0 && <TargetTable targets={rows.slice(0, mostRows)} nowMs={data!.askedMs} />}
        {rows.length > mostRows && (
          <p className={`faint ${styles.more}`}>
            The first {mostRows} of {plural(rows.length, 'target')} are shown; the filter finds the others.
          </p>
        )}
      </section>
    </div>
  );
}

function Summary({ data }: { data: TargetsResponse }) {
  const total = data.activeTargets.length;
  const down = data.activeTargets.filter((target) => target.health === 'down').length;
  const dropped = Object.values(data.droppedTargetCounts ?? {}).reduce((sum, count) => sum + count, 0) || data.droppedTargets.length;
  return (
    <span className="faint num" data-testid="target-count" data-value={total}>
      {plural(total, 'target')}
      {down > 0 && <span className="error-text"> · {down} down</span>}
      {dropped > 0 && ` · ${dropped} dropped by relabeling`}
    </span>
  );
}

function Filters({ view }: { view: TargetsView }) {
  return (
    <>
      <SegmentedControl
        size="xs"
        aria-label="State"
        value={view.state}
        onChange={(state) => goTo({ view: { ...view, state: state as TargetState } }, true)}
        data={[
          { value: 'all', label: 'All' },
          { value: 'up', label: 'Up' },
          { value: 'down', label: 'Down' },
        ]}
      />
      <TextInput
        size="xs"
        className={styles.filter}
        placeholder="Filter by label, address, error"
        aria-label="Filter targets"
        leftSection={<SearchIcon size={14} />}
        value={view.filter}
        onChange={(event) => goTo({ view: { ...view, filter: event.currentTarget.value } }, true)}
      />
    </>
  );
}

function NoTargets() {
  return (
    <EmptyState title="Nothing is scraped" icon={<TargetsIcon size={22} />}>
      <p>Start Pharos with your prometheus.yml, and its targets appear here:</p>
      <CopyBlock text="pharos serve --config.prometheus prometheus.yml" />
      <p className="faint">Applications that send by themselves (OTLP, remote write) are no targets; see Services.</p>
    </EmptyState>
  );
}
