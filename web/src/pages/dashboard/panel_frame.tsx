// A panel: its title, what is to know about it, and its body. Asks when it comes near the screen.
import { ActionIcon, Popover, Tooltip } from '@mantine/core';
import { memo, useMemo, useRef } from 'react';
import type { Datasource } from '../../api/grafana/datasources';
import { interpolate, type VariableValue } from '../../dashboard/interpolate';
import type { PlacedPanel } from '../../dashboard/layout';
import { planPanel, type Plan } from '../../dashboard/queries';
import { usePanelData, type PanelData } from '../../dashboard/use_panel_data';
import { AlertIcon, CloseIcon, FullscreenIcon, InfoIcon, LogsIcon, MetricsIcon } from '../../icons';
import { ViewLink } from '../../navigation';
import type { TimeWindow } from '../../time_range';
import { emptyViews } from '../../url_state';
import { PanelBody } from './panel_body';
import { PanelBoundary } from './panel_boundary';
import { TextPanel } from './text_panel';
import styles from './panel.module.css';
import { useSeen } from './use_size';

export interface PanelFrameProps {
  placed: PlacedPanel;
  variables: ReadonlyMap<string, VariableValue>;
  known: Datasource[];
  page: TimeWindow;
  syncKey: string;
  isAlone: boolean;
  onAlone: (key: string) => void;
}

export const PanelFrame = memo(function PanelFrame({ placed, variables, known, page, syncKey, isAlone, onAlone }: PanelFrameProps) {
  const { panel, fixed, grid, key } = placed;
  const host = useRef<HTMLElement>(null);
  const isSeen = useSeen(host);
  const plan = useMemo(
    () => planPanel(panel, { variables, fixed, page, known, width: isAlone ? 24 : grid.w }),
    [panel, variables, fixed, page, known, isAlone, grid.w],
  );
  const data = usePanelData(panel, plan, isSeen);
  const title = interpolate(panel.title, plan.scope, 'title');
  const place = isAlone ? undefined : { gridColumn: `${grid.x + 1} / span ${grid.w}`, gridRow: `${grid.y + 1} / span ${grid.h}`, '--h': grid.h };
  return (
    <section
      ref={host}
      className={`panel ${styles.panel}`}
      style={place}
      data-alone={isAlone || undefined}
      data-testid="panel"
      data-panel-id={panel.id}
      data-panel-type={panel.type}
      data-panel-kind={panel.body.kind}
      data-panel-title={title}
      data-state={stateName(panel.body.kind, plan, data)}
      aria-label={title || panel.type}
    >
      <header className={styles.head} data-untitled={title === '' || undefined}>
        <h3 className="truncate" title={title}>
          {title}
        </h3>
        {panel.timeFrom !== '' && <span className={styles.tag}>last {panel.timeFrom.replace(/^now-/, '')}</span>}
        {panel.timeShift !== '' && <span className={styles.tag}>{panel.timeShift} earlier</span>}
        <span className="grow" />
        <Actions plan={plan} isAlone={isAlone} onAlone={() => onAlone(isAlone ? '' : key)} />
        <Notes placed={placed} plan={plan} data={data} />
      </header>
      <PanelBoundary>{isSeen ? <PanelBody panel={panel} plan={plan} data={data} syncKey={syncKey} /> : <div className={styles.body} />}</PanelBoundary>
    </section>
  );
});

function stateName(kind: string, plan: Plan, data: PanelData): string {
  if (kind === 'unsupported') return 'unsupported';
  if (kind === 'text') return 'ready';
  if (plan.asks.length === 0) return 'nothing';
  if (data.isPending) return 'loading';
  return data.error ? 'error' : 'ready';
}

function Notes({ placed: { panel }, plan, data }: { placed: PlacedPanel; plan: Plan; data: PanelData }) {
  const missing = [...panel.notes, ...plan.notes];
  const isStale = data.error !== null && data.answered.length > 0;
  const troubles = [...(isStale ? [`These are the last values. The refresh failed: ${data.error!.message}`] : []), ...(plan.asks.length > 0 ? plan.faults : []), ...data.warnings];
  return (
    <>
      {troubles.length > 0 && (
        <Tooltip label={troubles.join(' ')} multiline maw={380}>
          <span className={styles.trouble} role="alert" aria-label={troubles.join(' ')}>
            <AlertIcon size={14} />
          </span>
        </Tooltip>
      )}
      {(panel.description !== '' || missing.length > 0) && (
        <Popover position="bottom-end" width={320} shadow="md" withinPortal>
          <Popover.Target>
            <ActionIcon variant="subtle" color="gray" size={22} aria-label="About this panel" className={styles.info}>
              <InfoIcon size={14} />
            </ActionIcon>
          </Popover.Target>
          <Popover.Dropdown>
            {panel.description !== '' && <TextPanel mode="markdown" content={panel.description} />}
            {missing.length > 0 && (
              <div className="dim">
                Not shown as in Grafana:
                <ul className={styles.list}>
                  {missing.map((what) => (
                    <li key={what}>{what}</li>
                  ))}
                </ul>
              </div>
            )}
          </Popover.Dropdown>
        </Popover>
      )}
    </>
  );
}

function Actions({ plan, isAlone, onAlone }: { plan: Plan; isAlone: boolean; onAlone: () => void }) {
  const metrics = plan.asks.filter((ask) => ask.api === 'prometheus').map(({ expr }) => expr).slice(0, 8);
  const logs = plan.asks.find((ask) => ask.api === 'loki')?.expr;
  return (
    <span className={styles.actions} data-alone={isAlone || undefined}>
      {metrics.length > 0 && (
        <ViewLink to={{ ...emptyViews.metrics, queries: metrics }} aria-label="Open in Metrics" title="Open in Metrics" className={styles.action}>
          <MetricsIcon size={14} />
        </ViewLink>
      )}
      {logs !== undefined && (
        <ViewLink to={{ ...emptyViews.logs, query: logs }} aria-label="Open in Logs" title="Open in Logs" className={styles.action}>
          <LogsIcon size={14} />
        </ViewLink>
      )}
      <button type="button" className={styles.action} aria-label={isAlone ? 'Show all panels' : 'Show this panel alone'} title={isAlone ? 'Show all panels' : 'Show this panel alone'} onClick={onAlone}>
        {isAlone ? <CloseIcon size={14} /> : <FullscreenIcon size={14} />}
      </button>
    </span>
  );
}
