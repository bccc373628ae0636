// One service: its rate, errors and duration over time, by route, and its latest traces.
import { Button, Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { Chart } from '../../charts/chart';
import { useClock } from '../../clock';
import { serviceColor } from '../../colors';
import { EmptyState, ErrorState, StaleNote } from '../../components/states';
import { formatPercent, formatRate, formatSeconds } from '../../format';
import { AlertIcon, ArrowLeftIcon, LogsIcon, MetricsIcon, TracesIcon } from '../../icons';
import { goTo, setRange, ViewLink } from '../../navigation';
import { lastValue } from '../../red/fold';
import { noRoute, quote } from '../../red/red_source';
import { statusColors } from '../../red/status_colors';
import { useServiceDetail, type ServiceDetail } from '../../red/use_service_detail';
import { absoluteRange, type TimeWindow } from '../../time_range';
import { emptyViews, type ServiceView } from '../../url_state';
import { LatestTraces } from './latest_traces';
import { RouteTable } from './route_table';
import styles from './service_page.module.css';

const latencyColors = ['var(--series-5)', 'var(--series-2)', 'var(--series-4)'];

export default function ServicePage({ view }: { view: ServiceView }) {
  const { window, refreshNow } = useClock();
  const { data, error, isPending } = useServiceDetail(view.name, window);
  return (
    <div className="page">
      <Heading name={view.name} window={window} />
      {data && <StaleNote error={error} />}
      {isPending && <DetailSkeleton />}
      {data === undefined && error && (
        <div className="panel">
          <ErrorState title={`${view.name} could not be read`} error={error} onRetry={refreshNow} />
        </div>
      )}
      {data === null && (
        <div className="panel">
          <EmptyState title={`No request metrics of ${view.name} in this time`} icon={<MetricsIcon size={22} />}>
            Rate, errors and duration come from a counter like <span className="code">http_requests_total</span> and a
            histogram like <span className="code">http_request_duration_seconds</span> with{' '}
            <span className="code">job=&quot;{view.name}&quot;</span>. Look at a longer time, or at its traces and logs.
          </EmptyState>
        </div>
      )}
      {data && <Detail detail={data} window={window} />}
      <LatestTraces service={view.name} window={window} />
    </div>
  );
}

function Heading({ name, window }: { name: string; window: TimeWindow }) {
  // "Of those minutes": the moments that are shown now, also when the clock moves on.
  const range = absoluteRange(window.fromMs, window.toMs);
  return (
    <div className="page-head">
      <ViewLink to={emptyViews.services} aria-label="Back to all services" className={styles.back}>
        <ArrowLeftIcon />
      </ViewLink>
      <span className={styles.dot} style={{ background: serviceColor(name) }} />
      <h1>{name}</h1>
      <span className="grow" />
      <div className="row">
        <Button
          size="xs"
          variant="default"
          leftSection={<TracesIcon />}
          onClick={() => goTo({ view: { ...emptyViews.traces, service: name }, range })}
        >
          Traces
        </Button>
        <Button
          size="xs"
          variant="default"
          leftSection={<LogsIcon />}
          onClick={() => goTo({ view: { ...emptyViews.logs, query: `{service_name=${quote(name)}}` }, range })}
        >
          Logs
        </Button>
      </div>
    </div>
  );
}

function Detail({ detail, window }: { detail: ServiceDetail; window: TimeWindow }) {
  const shared = { times: detail.times, window, height: 190, syncKey: 'red', onZoom: zoomTo };
  const rate = lastValue(detail.totalRate);
  const errors = lastValue(detail.errorRatio);
  const p95 = lastValue(detail.latency[1]!.values);
  return (
    <>
      <div className={styles.charts}>
        <Panel title="Rate" value={rate === null ? '–' : formatRate(rate)} testId="rate" number={rate} query={detail.queries.rate}>
          <Chart
            {...shared}
            label="Requests a second by status"
            unit="rate"
            stacked
            kind="area"
            series={detail.rates.toReversed().map(({ status, values }) => ({ label: status, color: statusColors[status], values }))}
          />
        </Panel>
        <Panel
          title="Errors"
          value={errors === null ? '–' : formatPercent(errors)}
          isBad={(errors ?? 0) >= 0.01}
          testId="errors"
          number={errors}
          query={detail.queries.errors}
        >
          <Chart
            {...shared}
            label="Failed share of the requests"
            unit="percent"
            kind="area"
            series={[{ label: 'failed requests (5xx)', color: 'var(--error)', values: detail.errorRatio }]}
          />
        </Panel>
        <Panel title="Duration" value={p95 === null ? '–' : `${formatSeconds(p95)} p95`} testId="p95" number={p95} query={detail.queries.latency}>
          <Chart
            {...shared}
            label="Duration of requests: p50, p95, p99"
            unit="seconds"
            series={detail.latency.map(({ name, values }, i) => ({ label: name, color: latencyColors[i]!, values }))}
          />
        </Panel>
      </div>
      {detail.routes.some((row) => row.route !== noRoute) && <RouteTable routes={detail.routes} />}
    </>
  );
}

function zoomTo(fromMs: number, toMs: number): void {
  setRange(absoluteRange(fromMs, toMs));
}

interface PanelProps {
  title: string;
  value: string;
  number: number | null;
  testId: string;
  query: string;
  isBad?: boolean;
  children: ReactNode;
}

function Panel({ title, value, number, testId, query, isBad = false, children }: PanelProps) {
  return (
    <section className="panel">
      <div className="panel-head">
        <span>{title}</span>
        <span className={`num ${isBad ? 'error-text' : 'dim'} ${styles.value}`} data-testid={`now-${testId}`} data-value={number ?? ''}>
          {isBad && <AlertIcon size={14} />} {value}
        </span>
        <span className="grow" />
        <ViewLink to={{ ...emptyViews.metrics, queries: [query] }} className={styles.query} title="Open the query in Metrics">
          <MetricsIcon size={14} /> Query
        </ViewLink>
      </div>
      <div className="panel-body">{children}</div>
    </section>
  );
}

function DetailSkeleton() {
  return (
    <div className={styles.charts} aria-busy="true" aria-label="Loading">
      {['Rate', 'Errors', 'Duration'].map((title) => (
        <section key={title} className="panel">
          <div className="panel-head">{title}</div>
          <div className="panel-body">
            <Skeleton h={220} />
          </div>
        </section>
      ))}
    </div>
  );
}
