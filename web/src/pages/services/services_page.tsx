// Home: what fires, what is left of the budgets, and every service that any signal knows with its rate,
// errors and duration, live.
import { TextInput } from '@mantine/core';
import { useClock } from '../../clock';
import { EmptyState, ErrorState, StaleNote } from '../../components/states';
import { plural } from '../../format';
import { SearchIcon, ServicesIcon } from '../../icons';
import { goTo } from '../../navigation';
import { useServices } from '../../red/use_services';
import type { ServicesView } from '../../url_state';
import { FiringStrip } from './firing_strip';
import { FirstSteps } from './first_steps';
import { ServiceTable, ServiceTableSkeleton } from './service_table';
import { SloStrip } from './slo_strip';
import { arrangeServices } from './sort_services';

export function ServicesPage({ view }: { view: ServicesView }) {
  const { window, refreshNow } = useClock();
  const { data, error, isPending } = useServices(window);
  const rows = data ? arrangeServices(data.rows, view.filter, view.sort) : [];
  const hasNone = data !== undefined && data.rows.length === 0;
  // Pharos alone is no application: the way in stays on the page.
  const isWaiting = data !== undefined && data.rows.every((row) => row.isOwn);

  return (
    <div className="page">
      <FiringStrip isQuietHidden={isWaiting} />
      <SloStrip />
      <div className="page-head">
        <h1>Services</h1>
        {data && !isWaiting && <span className="faint num">{plural(data.rows.length, 'service')}</span>}
        <span style={{ flex: 1 }} />
        {!isWaiting && (
          <TextInput
            size="xs"
            style={{ flex: '0 1 220px' }}
            placeholder="Filter by name"
            aria-label="Filter services by name"
            leftSection={<SearchIcon size={14} />}
            value={view.filter}
            onChange={(event) => goTo({ view: { ...view, filter: event.currentTarget.value } }, true)}
          />
        )}
      </div>
      {data && <StaleNote error={error} />}
      <div className="panel">
        {isPending && <ServiceTableSkeleton />}
        {!data && error && <ErrorState title="The services could not be read" error={error} onRetry={refreshNow} />}
        {isWaiting && <FirstSteps />}
        {data && !hasNone && rows.length === 0 && (
          <EmptyState title={`No service is named like “${view.filter}”`} icon={<ServicesIcon size={22} />}>
            Clear the filter to see all {data.rows.length}.
          </EmptyState>
        )}
        {rows.length > 0 && <ServiceTable rows={rows} view={view} />}
      </div>
    </div>
  );
}
