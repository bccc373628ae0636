// One dashboard, live: its variables, its rows and panels, in the page's time.
import { Button, Popover } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo } from 'react';
import { ApiError } from '../../api/client';
import { getDashboard } from '../../api/grafana/dashboards';
import { listDatasources } from '../../api/grafana/datasources';
import { useClock } from '../../clock';
import { EmptyState, ErrorState, PageSkeleton } from '../../components/states';
import { placeDashboard } from '../../dashboard/layout';
import type { Dashboard } from '../../dashboard/model';
import { parseDashboard, unsupportedIn } from '../../dashboard/parse_dashboard';
import { ownDatasources } from '../../dashboard/sources';
import { useVariables } from '../../dashboard/use_variables';
import { plural } from '../../format';
import { DashboardsIcon, InfoIcon } from '../../icons';
import { currentState, goTo, useUrlState, ViewLink } from '../../navigation';
import { defaultRange } from '../../time_range';
import { emptyViews, refreshChoices, type DashboardView } from '../../url_state';
import { Sections } from './sections';
import styles from './dashboard_page.module.css';
import { VariableBar } from './variable_bar';
import '../../dashboard/viz_colors.css';

export default function DashboardPage({ view }: { view: DashboardView }) {
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['dashboard', view.uid],
    queryFn: ({ signal }) => getDashboard(view.uid, signal),
  });
  const dashboard = useMemo(() => (data ? parseDashboard(data.dashboard) : undefined), [data]);
  useOwnTime(dashboard, view);
  useEffect(() => {
    if (!dashboard) return undefined;
    document.title = `${dashboard.title} · Pharos`;
    return () => {
      document.title = 'Pharos';
    };
  }, [dashboard]);
  if (isPending) return <PageSkeleton />;
  if (!dashboard) return <Missing error={error!} uid={view.uid} onRetry={() => void refetch()} />;
  if (!view.timed) return <PageSkeleton />;
  return <Shown dashboard={dashboard} view={view} />;
}

/** Where the address names no time, the dashboard's own holds, and its refresh. */
function useOwnTime(dashboard: Dashboard | undefined, view: DashboardView): void {
  useEffect(() => {
    if (!dashboard || view.timed) return;
    const isAsked = new URLSearchParams(window.location.search).has('refresh');
    const own = dashboard.refreshSeconds;
    const refresh = own === 0 || own === null ? 0 : (refreshChoices.find((choice) => choice >= own) ?? refreshChoices.at(-1)!);
    const state = currentState();
    goTo({ ...state, view: { ...view, timed: true }, range: dashboard.time ?? defaultRange, ...(isAsked || own === null ? {} : { refresh }) }, true);
  }, [dashboard, view]);
}

function Missing({ error, uid, onRetry }: { error: Error; uid: string; onRetry: () => void }) {
  const isGone = error instanceof ApiError && error.kind === 'not_found';
  return (
    <div className="page">
      <section className="panel">
        {isGone ? (
          <EmptyState title="There is no such dashboard" icon={<DashboardsIcon size={22} />}>
            No dashboard has the uid “{uid}”. <ViewLink to={emptyViews.dashboards}>See all dashboards</ViewLink>.
          </EmptyState>
        ) : (
          <ErrorState title="The dashboard could not be read" error={error} onRetry={onRetry} />
        )}
      </section>
    </div>
  );
}

function Shown({ dashboard, view }: { dashboard: Dashboard; view: DashboardView }) {
  const { window: page } = useClock();
  const { range } = useUrlState();
  const sources = useQuery({ queryKey: ['datasources'], queryFn: ({ signal }) => listDatasources(signal), staleTime: Infinity, retry: false });
  const known = useMemo(() => sources.data ?? ownDatasources, [sources.data]);
  const { resolved, values } = useVariables(dashboard, view.vars, range, page, known);
  const placed = useMemo(() => placeDashboard(dashboard, values), [dashboard, values]);
  const isReady = resolved !== undefined && !sources.isPending;
  const onAlone = useCallback((panel: string) => {
    const now = currentState().view;
    if (now.page === 'dashboard') goTo({ view: { ...now, panel } });
  }, []);
  const change = (name: string, chosen: string[]) => goTo({ view: { ...view, vars: { ...view.vars, [name]: chosen } } });
  const missing = useMemo(() => unsupportedIn(dashboard), [dashboard]);
  return (
    <div className={`page ${styles.page}`} data-testid="dashboard" data-uid={dashboard.uid}>
      <div className="page-head">
        <h1>{dashboard.title}</h1>
        {dashboard.tags.map((tag) => (
          <ViewLink key={tag} to={{ ...emptyViews.dashboards, tag }} className={styles.tag}>
            {tag}
          </ViewLink>
        ))}
        <span className="grow" />
        {missing.length > 0 && <Missings missing={missing} />}
      </div>
      {resolved && <VariableBar variables={resolved} onChange={change} />}
      {isReady ? (
        <Sections sections={placed} variables={values} known={known} page={page} syncKey={`dashboard ${dashboard.uid}`} alone={view.panel} onAlone={onAlone} />
      ) : (
        <PageSkeleton />
      )}
      {isReady && placed.length === 0 && (
        <section className="panel">
          <EmptyState title="This dashboard has no panels" icon={<DashboardsIcon size={22} />} />
        </section>
      )}
    </div>
  );
}

function Missings({ missing }: { missing: { what: string; panels: number }[] }) {
  return (
    <Popover position="bottom-end" width={380} shadow="md">
      <Popover.Target>
        <Button variant="default" size="compact-sm" leftSection={<InfoIcon size={14} />} data-testid="unsupported" data-value={missing.length}>
          {plural(missing.length, 'thing')} not supported
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="dim">Not shown as in Grafana:</div>
        <ul className={styles.missing}>
          {missing.map(({ what, panels }) => (
            <li key={what}>
              {what}
              {panels > 0 && <span className="faint"> · {plural(panels, 'panel')}</span>}
            </li>
          ))}
        </ul>
      </Popover.Dropdown>
    </Popover>
  );
}
