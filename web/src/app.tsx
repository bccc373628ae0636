// The frame around all pages: theme, query cache, page clock, header, and the page that the URL names.
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { ApiError } from './api/client';
import { ClockProvider } from './clock';
import { PageBoundary } from './components/page_boundary';
import { PageSkeleton } from './components/states';
import { useUrlState } from './navigation';
import { ServicesPage } from './pages/services/services_page';
import { UnknownPage } from './pages/unknown_page';
import { Header } from './shell/header';
import { colorSchemeManager, theme } from './theme';
import type { View } from './url_state';

const ServicePage = lazy(() => import('./pages/service/service_page'));
const MetricsPage = lazy(() => import('./pages/metrics/metrics_page'));
const LogsPage = lazy(() => import('./pages/logs/logs_page'));
const TracesPage = lazy(() => import('./pages/traces/traces_page'));
const TracePage = lazy(() => import('./pages/trace/trace_page'));
const AlertsPage = lazy(() => import('./pages/alerts/alerts_page'));
const SilencesPage = lazy(() => import('./pages/silences/silences_page'));
const SlosPage = lazy(() => import('./pages/slos/slos_page'));
const DashboardsPage = lazy(() => import('./pages/dashboards/dashboards_page'));
const DashboardPage = lazy(() => import('./pages/dashboard/dashboard_page'));
const TargetsPage = lazy(() => import('./pages/targets/targets_page'));

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // The clock decides when to ask again; an answer for given moments stays good.
      staleTime: 60_000,
      gcTime: 120_000,
      refetchOnWindowFocus: false,
      retry: (count, error) => count < 1 && error instanceof ApiError && error.kind === 'unreachable',
      retryDelay: 700,
    },
  },
});

function Page({ view }: { view: View }) {
  switch (view.page) {
    case 'services':
      return <ServicesPage view={view} />;
    case 'service':
      return <ServicePage key={view.name} view={view} />;
    case 'metrics':
      return <MetricsPage view={view} />;
    case 'logs':
      return <LogsPage view={view} />;
    case 'traces':
      return <TracesPage view={view} />;
    case 'trace':
      return <TracePage key={view.id} view={view} />;
    case 'targets':
      return <TargetsPage view={view} />;
    case 'alerts':
      return <AlertsPage view={view} />;
    case 'silences':
      return <SilencesPage view={view} />;
    case 'slos':
      return <SlosPage view={view} />;
    case 'dashboards':
      return <DashboardsPage view={view} />;
    case 'dashboard':
      return <DashboardPage key={view.uid} view={view} />;
    case 'unknown':
      return <UnknownPage path={view.path} />;
  }
}

function CurrentPage() {
  const { view } = useUrlState();
  return (
    <main id="main" tabIndex={-1} style={{ outline: 'none' }}>
      <PageBoundary key={view.page}>
        <Suspense fallback={<PageSkeleton />}>
          <Page view={view} />
        </Suspense>
      </PageBoundary>
    </main>
  );
}

export function App() {
  return (
    <MantineProvider theme={theme} colorSchemeManager={colorSchemeManager} defaultColorScheme="auto">
      <QueryClientProvider client={queryClient}>
        <ClockProvider>
          <Header />
          <CurrentPage />
        </ClockProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}
