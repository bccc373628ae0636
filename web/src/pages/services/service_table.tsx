// The table of services; on a phone each row becomes a card.
import { Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { Sparkline } from '../../charts/sparkline';
import { serviceColor } from '../../colors';
import { formatNumber, formatPercent, formatSeconds } from '../../format';
import { AlertIcon, LogsIcon, TracesIcon } from '../../icons';
import { goTo, ViewLink } from '../../navigation';
import { quote } from '../../red/red_source';
import type { ServiceRow } from '../../red/fold';
import { emptyViews, type ServiceSort, type ServicesView } from '../../url_state';
import styles from './service_table.module.css';

const columns: { sort: ServiceSort | null; title: string; unit?: string }[] = [
  { sort: 'name', title: 'Service' },
  { sort: 'rate', title: 'Rate', unit: 'req/s' },
  { sort: 'errors', title: 'Errors' },
  { sort: 'p50', title: 'p50' },
  { sort: 'p95', title: 'p95' },
  { sort: 'p99', title: 'p99' },
  { sort: null, title: '' },
];

/** From this share of failed requests on, a service is marked. */
const markedErrorRatio = 0.01;

export function ServiceTable({ rows, view }: { rows: ServiceRow[]; view: ServicesView }) {
  return (
    <table className={styles.table} data-testid="services">
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.title} aria-sort={column.sort === view.sort ? 'descending' : undefined}>
              {column.sort && (
                <button type="button" onClick={() => goTo({ view: { ...view, sort: column.sort! } }, true)}>
                  {column.title} {column.unit && <span className="faint">{column.unit}</span>}
                </button>
              )}
              {!column.sort && <span className="visually-hidden">Other signals</span>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.name} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row }: { row: ServiceRow }) {
  const open = () => goTo({ view: { page: 'service', name: row.name } });
  const hasErrors = (row.errorRatio ?? 0) >= markedErrorRatio;
  return (
    <tr onClick={open} data-service={row.name}>
      <td className={styles.name}>
        <span className={styles.dot} style={{ background: serviceColor(row.name) }} />
        <ViewLink to={{ page: 'service', name: row.name }} onClick={(event) => event.stopPropagation()} className="truncate">
          {row.name}
        </ViewLink>
        {row.isOwn && (
          <span className={styles.own} title="The requests that Pharos itself answers">
            this server
          </span>
        )}
      </td>
      <Cell label="Rate" value={row.rate} testId="rate" text={row.rate === null ? '' : formatNumber(row.rate)}>
        <Sparkline values={row.rateTrend} color="var(--series-1)" />
      </Cell>
      <Cell label="Errors" value={row.errorRatio} testId="errors" isBad={hasErrors} text={formatPercent(row.errorRatio ?? NaN)}>
        <Sparkline values={row.errorTrend} color={hasErrors ? 'var(--error)' : 'var(--series-8)'} ceiling={0.05} />
      </Cell>
      <Cell label="p50" value={row.p50} testId="p50" text={formatSeconds(row.p50 ?? NaN)} />
      <Cell label="p95" value={row.p95} testId="p95" text={formatSeconds(row.p95 ?? NaN)}>
        <Sparkline values={row.p95Trend} color="var(--series-2)" />
      </Cell>
      <Cell label="p99" value={row.p99} testId="p99" text={formatSeconds(row.p99 ?? NaN)} />
      <td className={styles.links} onClick={(event) => event.stopPropagation()}>
        <SignalLink isThere={row.hasTraces} title={`Traces of ${row.name}`} to={{ ...emptyViews.traces, service: row.name }}>
          <TracesIcon /> <span>Traces</span>
        </SignalLink>
        <SignalLink isThere={row.hasLogs} title={`Logs of ${row.name}`} to={{ ...emptyViews.logs, query: `{service_name=${quote(row.name)}}` }}>
          <LogsIcon /> <span>Logs</span>
        </SignalLink>
      </td>
    </tr>
  );
}

interface CellProps {
  label: string;
  value: number | null;
  text: string;
  testId: string;
  isBad?: boolean;
  children?: ReactNode;
}

function Cell({ label, value, text, testId, isBad = false, children }: CellProps) {
  return (
    <td data-label={label}>
      <div className={styles.cell}>
        {children && <span className={styles.trend}>{children}</span>}
        {label === 'Errors' && <span className={styles.mark}>{isBad && <AlertIcon size={14} className="error-text" />}</span>}
        <span className={`num ${styles.value} ${isBad ? 'error-text' : ''}`} data-testid={testId} data-value={value ?? ''}>
          {value === null ? <span className="faint">–</span> : text}
        </span>
      </div>
    </td>
  );
}

function SignalLink({ isThere, to, title, children }: { isThere: boolean; to: ServicesLinkTarget; title: string; children: ReactNode }) {
  if (!isThere) return <span className={styles.missing}>{children}</span>;
  return (
    <ViewLink to={to} title={title}>
      {children}
    </ViewLink>
  );
}
type ServicesLinkTarget = typeof emptyViews.traces | typeof emptyViews.logs;

export function ServiceTableSkeleton() {
  return (
    <div aria-busy="true" aria-label="Loading the services">
      {Array.from({ length: 6 }, (_, row) => (
        <div key={row} className={styles.ghost}>
          <Skeleton h={14} w={120 + ((row * 53) % 60)} />
          <Skeleton h={14} w="14%" />
          <Skeleton h={14} w="14%" />
          <Skeleton h={14} w="6%" />
          <Skeleton h={14} w="14%" />
          <Skeleton h={14} w="6%" />
        </div>
      ))}
    </div>
  );
}
