// What stands in a panel, by its kind; with loading, empty and error states.
import { Skeleton } from '@mantine/core';
import { useMemo, useState } from 'react';
import { interpolate } from '../../dashboard/interpolate';
import type { Panel } from '../../dashboard/model';
import { logsJson, seriesJson, tableJson, valuesJson } from '../../dashboard/panel_values';
import type { Plan } from '../../dashboard/queries';
import { shownSeries, shownValues } from '../../dashboard/shown';
import { cellText, tableModel } from '../../dashboard/table_model';
import type { PanelData } from '../../dashboard/use_panel_data';
import { BarGaugePanel, GaugePanel } from './gauge_panel';
import { LogsPanel } from './logs_panel';
import { PanelMessage } from './panel_message';
import { StatPanel } from './stat_panel';
import { TablePanel } from './table_panel';
import { TextPanel } from './text_panel';
import { TimeseriesPanel } from './timeseries_panel';
import styles from './panel.module.css';

export interface BodyProps {
  panel: Panel;
  plan: Plan;
  data: PanelData;
}

/** Whatever is no text and no chart yet: why there is nothing to see, or null where there is. */
function stateOf({ panel, plan, data }: BodyProps) {
  const { body } = panel;
  if (body.kind === 'unsupported') return <PanelMessage title="Not supported" text={body.why} />;
  if (plan.asks.length === 0) {
    const text = plan.faults.join(' ') || (panel.targets.length === 0 ? 'This panel has no query.' : 'This panel’s query is not one that Pharos reads.');
    return <PanelMessage title={plan.faults.length > 0 ? 'Not supported' : 'Nothing to ask'} text={text} />;
  }
  if (data.isPending) return <Skeleton style={{ flex: 1 }} />;
  if (data.error && data.answered.length === 0) return <PanelMessage kind="error" title="No answer" text={data.error.message} />;
  return null;
}

function Empty({ data }: { data: PanelData }) {
  if (data.histograms > 0) return <PanelMessage title="Native histograms" text="The answer holds native histograms, which this panel cannot draw. Use histogram_quantile() in its query." />;
  return <PanelMessage title="No data" text="" />;
}

export function PanelBody(props: BodyProps & { syncKey: string }) {
  const { panel, plan, data } = props;
  if (panel.body.kind === 'text') {
    const text = interpolate(panel.body.content, plan.scope, 'plain');
    return (
      <div className={styles.body} data-values={JSON.stringify({ kind: 'text', queries: [], text })}>
        <TextPanel mode={panel.body.mode} content={text} />
      </div>
    );
  }
  const state = stateOf(props);
  if (state) return <div className={styles.body}>{state}</div>;
  if (panel.body.kind === 'logs' && data.streams.length > 0) {
    return (
      <div className={styles.body} data-values={logsJson(plan.asks, data.streams)}>
        <LogsPanel streams={data.streams} wrap={panel.body.wrap} newestFirst={panel.body.newestFirst} query={plan.asks[0]?.expr ?? ''} />
      </div>
    );
  }
  if (panel.body.kind === 'logs') return <NoValues {...props} />;
  if (panel.body.kind === 'timeseries') return <SeriesBody {...props} />;
  return panel.body.kind === 'table' ? <TableBody {...props} /> : <ValuesBody {...props} />;
}

function NoValues({ panel, plan, data }: BodyProps) {
  return (
    <div className={styles.body} data-values={valuesJson(plan.asks, panel.body.kind, [])}>
      <Empty data={data} />
    </div>
  );
}

function SeriesBody(props: BodyProps & { syncKey: string }) {
  const { panel, plan, data } = props;
  const series = useMemo(() => shownSeries(panel, data.frames), [panel, data.frames]);
  const asks = data.answered.map(({ ask }) => ask);
  const json = useMemo(() => seriesJson(data.answered.map(({ ask }) => ask), series), [data.answered, series]);
  if (panel.body.kind !== 'timeseries') return null;
  const hasValue = series.some(({ values }) => values.some((value) => value !== null));
  return (
    <div className={styles.body} data-values={json}>
      {hasValue ? <TimeseriesPanel {...props} plan={{ ...plan, asks }} series={series} legend={panel.body.legend} /> : <Empty data={data} />}
    </div>
  );
}

function ValuesBody(props: BodyProps) {
  const { panel, data } = props;
  const { body } = panel;
  const asks = data.answered.map(({ ask }) => ask);
  const values = useMemo(() => ('reduce' in body ? shownValues(panel, body.reduce, data.frames) : []), [panel, body, data.frames]);
  if (values.length === 0 && panel.defaults.noValue === '') return <NoValues {...props} />;
  return (
    <div className={styles.body} data-values={valuesJson(asks, body.kind, values)}>
      {values.length === 0 && <PanelMessage title={panel.defaults.noValue} text="" />}
      {values.length > 0 && body.kind === 'stat' && <StatPanel body={body} values={values} />}
      {values.length > 0 && body.kind === 'gauge' && <GaugePanel values={values} />}
      {values.length > 0 && body.kind === 'bargauge' && <BarGaugePanel values={values} orientation={body.orientation} />}
    </div>
  );
}

function TableBody(props: BodyProps) {
  const { panel, data } = props;
  const [frame, setFrame] = useState(panel.body.kind === 'table' ? panel.body.frameIndex : 0);
  const model = useMemo(() => tableModel(panel, data.frames, frame), [panel, data.frames, frame]);
  if (panel.body.kind !== 'table' || model.length === 0) return <NoValues {...props} />;
  const rows = Array.from({ length: Math.min(model.length, 1000) }, (_, row) => model.columns.map((column) => cellText(column, column.values[row] ?? null)));
  return (
    <div className={styles.body} data-values={tableJson(data.answered.map(({ ask }) => ask), model.columns.map(({ name }) => name), rows)}>
      <TablePanel model={model} sortBy={panel.body.sortBy} showHeader={panel.body.showHeader} frame={frame} onFrame={setFrame} />
    </div>
  );
}
