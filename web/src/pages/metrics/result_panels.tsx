// What the queries gave: a chart over time, or tables of the values at the end of the range.
import { Skeleton } from '@mantine/core';
import { Chart } from '../../charts/chart';
import table from '../../components/table.module.css';
import { EmptyState, RowsSkeleton } from '../../components/states';
import { durationText, absoluteRange, type TimeWindow } from '../../time_range';
import { formatDateTime, formatNumber, plural } from '../../format';
import { AlertIcon, MetricsIcon } from '../../icons';
import { setRange } from '../../navigation';
import type { MetricsView } from '../../url_state';
import { guessUnit, mostChartSeries, tableColumns, toChartSeries, toTableRows, type TableRow } from './metric_series';
import styles from './metrics_page.module.css';
import type { InstantAnswers, RangeResult } from './use_metrics';

const chartHeight = 380;
const mostTableRows = 1000;

interface ChartPanelProps {
  queries: string[];
  result: RangeResult;
  window: TimeWindow;
  view: MetricsView;
}

export function ChartPanel({ queries, result, window, view }: ChartPanelProps) {
  const { answers, times, stepSeconds } = result;
  const isPending = answers.some((answer) => answer.isPending);
  const total = answers.reduce((sum, answer) => sum + (answer.entries?.length ?? 0), 0);
  const units = new Set(queries.map(guessUnit));
  let color = 0;
  const series = answers.flatMap(({ entries = [] }, i) => {
    const made = toChartSeries(entries, times, color).map((entry) =>
      queries.length > 1 ? { ...entry, label: `${String.fromCharCode(65 + i)} ${entry.label}` } : entry,
    );
    color += made.length;
    return made;
  });
  const hasFailed = total === 0 && answers.some((answer) => answer.error);
  return (
    <section className="panel">
      <div className="panel-head">
        <span className="num" data-testid="series-count" data-value={total}>
          {isPending ? 'Asking…' : plural(total, 'series', 'series')}
        </span>
        <span className="faint num" style={{ fontWeight: 400 }}>
          step {durationText(stepSeconds * 1000)}
        </span>
        {total > mostChartSeries && <span className="faint">the first {mostChartSeries} of each query are drawn</span>}
      </div>
      <Warnings texts={answers.flatMap((answer) => answer.warnings)} />
      <div className="panel-body">
        {isPending && total === 0 && <Skeleton h={chartHeight} />}
        {total > 0 && (
          <Chart
            label="Result over time"
            times={times}
            series={series}
            window={window}
            unit={units.size === 1 ? [...units][0]! : 'none'}
            height={chartHeight}
            kind={view.stacked ? 'area' : 'line'}
            stacked={view.stacked}
            onZoom={(fromMs, toMs) => setRange(absoluteRange(fromMs, toMs))}
          />
        )}
        {!isPending && total === 0 && (hasFailed ? <Unanswered /> : <NoSeries window={window} />)}
      </div>
    </section>
  );
}

function Unanswered() {
  return (
    <EmptyState title="No result" icon={<MetricsIcon size={22} />}>
      The query was not answered. The reason stands above, at the query.
    </EmptyState>
  );
}

function NoSeries({ window }: { window: TimeWindow }) {
  return (
    <EmptyState title="No series match" icon={<MetricsIcon size={22} />}>
      Between {formatDateTime(window.fromMs)} and {formatDateTime(window.toMs)} there is nothing. Check the metric’s name and
      labels (the field completes them), or choose a longer time.
    </EmptyState>
  );
}

function Warnings({ texts }: { texts: string[] }) {
  if (texts.length === 0) return null;
  return (
    <div className="row" style={{ padding: '0 14px', color: 'var(--warn)' }}>
      <AlertIcon size={14} /> {texts.join('; ')}
    </div>
  );
}

export function TablePanel({ queries, answers }: { queries: string[]; answers: InstantAnswers }) {
  return (
    <>
      {queries.map((query, i) => {
        const { data, isPending, error } = answers[i]!;
        const rows = data ? toTableRows(data.data) : [];
        return (
          <section key={query} className="panel">
            <div className="panel-head">
              {queries.length > 1 && <span className="code">{String.fromCharCode(65 + i)}</span>}
              <span className="num" data-testid="series-count" data-value={rows.length}>
                {isPending ? 'Asking…' : plural(rows.length, 'row')}
              </span>
              {rows.length > mostTableRows && <span className="faint">the first {mostTableRows} are shown</span>}
            </div>
            {isPending && <RowsSkeleton />}
            {error && !data && <Unanswered />}
            {data && rows.length === 0 && (
              <EmptyState title="No series match at this moment" icon={<MetricsIcon size={22} />}>
                A series counts for five minutes after its last sample. Choose another end of the range, or look at the chart.
              </EmptyState>
            )}
            {rows.length > 0 && <ValueTable rows={rows.slice(0, mostTableRows)} />}
          </section>
        );
      })}
    </>
  );
}

function ValueTable({ rows }: { rows: TableRow[] }) {
  const columns = tableColumns(rows);
  return (
    <div className={table.scroll}>
      <table className={table.table} data-testid="values">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column}>{column === '__name__' ? 'metric' : column}</th>
            ))}
            <th className={table.number}>value</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {columns.map((column) => (
                <td key={column} className="code">
                  {row.metric[column] ?? ''}
                </td>
              ))}
              <td className={`${table.number} ${styles.value}`} title={row.value}>
                {readable(row.value)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Whole numbers in full, fractions in short; the title holds what was sent. */
function readable(text: string): string {
  const value = Number(text);
  if (text.trim() === '' || (Number.isNaN(value) && text !== 'NaN')) return text;
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? value.toLocaleString('en-US') : formatNumber(value);
}
