// The bar on top: where you are, which time you look at, light or dark. On a phone the pages'
// names move to the bottom edge.
import { ActionIcon, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import type { ReactNode } from 'react';
import { nowPages } from '../clock';
import { BellIcon, BudgetIcon, DashboardsIcon, LogsIcon, MetricsIcon, MoonIcon, ServicesIcon, SunIcon, TargetsIcon, TracesIcon } from '../icons';
import { useUrlState, ViewLink } from '../navigation';
import { emptyViews, type PageName, type View } from '../url_state';
import { AlertBadge } from './alert_badge';
import { RefreshControl } from './refresh_control';
import { TimeRangePicker } from './time_range_picker';
import styles from './header.module.css';

const entries: { name: string; to: View; pages: PageName[]; icon: ReactNode; badge?: ReactNode }[] = [
  { name: 'Services', to: emptyViews.services, pages: ['services', 'service'], icon: <ServicesIcon /> },
  { name: 'Alerts', to: emptyViews.alerts, pages: ['alerts', 'silences'], icon: <BellIcon />, badge: <AlertBadge /> },
  { name: 'SLOs', to: emptyViews.slos, pages: ['slos'], icon: <BudgetIcon /> },
  { name: 'Dashboards', to: emptyViews.dashboards, pages: ['dashboards', 'dashboard'], icon: <DashboardsIcon /> },
  { name: 'Metrics', to: emptyViews.metrics, pages: ['metrics'], icon: <MetricsIcon /> },
  { name: 'Logs', to: emptyViews.logs, pages: ['logs'], icon: <LogsIcon /> },
  { name: 'Traces', to: emptyViews.traces, pages: ['traces', 'trace'], icon: <TracesIcon /> },
  { name: 'Targets', to: emptyViews.targets, pages: ['targets'], icon: <TargetsIcon /> },
];

export function Header() {
  const { view } = useUrlState();
  return (
    <header className={styles.header}>
      <a className={styles.skip} href="#main">
        Skip to content
      </a>
      <ViewLink to={emptyViews.services} className={styles.brand} aria-label="Pharos, to the services">
        <img src="/pharos.svg" width={24} height={24} alt="" />
        <span>Pharos</span>
      </ViewLink>
      <nav className={styles.nav} aria-label="Pages">
        {entries.map((entry) => (
          <ViewLink
            key={entry.name}
            to={entry.to}
            className={styles.link}
            aria-current={entry.pages.includes(view.page) ? 'page' : undefined}
          >
            {entry.icon}
            <span>{entry.name}</span>
            {entry.badge}
          </ViewLink>
        ))}
      </nav>
      <div className={styles.tools}>
        {!nowPages.has(view.page) && <TimeRangePicker />}
        <RefreshControl />
        <SchemeToggle />
      </div>
    </header>
  );
}

function SchemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const current = useComputedColorScheme('light');
  const other = current === 'dark' ? 'light' : 'dark';
  return (
    <Tooltip label={`Switch to ${other}`}>
      <ActionIcon variant="default" size={32} aria-label={`Switch to ${other}`} onClick={() => setColorScheme(other)}>
        {current === 'dark' ? <SunIcon /> : <MoonIcon />}
      </ActionIcon>
    </Tooltip>
  );
}
