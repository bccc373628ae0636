// LogQL: how many lines, and the lines, newest first; live on demand.
import { Button } from '@mantine/core';
import { useMemo } from 'react';
import { Chart } from '../../charts/chart';
import { useClock } from '../../clock';
import { EmptyState, ErrorState, RowsSkeleton, StaleNote } from '../../components/states';
import { useDraft } from '../../components/use_draft';
import { QueryEditor } from '../../editor/query_editor';
import { LogsIcon, PlayIcon } from '../../icons';
import { useHeldLines } from '../../logs/held_lines';
import { mergeEntries } from '../../logs/log_entry';
import { isMetricQuery, traceFilterInFields } from '../../logs/logql_edit';
import { useLiveTail, useLogLines } from '../../logs/use_logs';
import { goTo, setRange, ViewLink } from '../../navigation';
import { gridOf } from '../../red/fold';
import { absoluteRange } from '../../time_range';
import type { LogsView } from '../../url_state';
import { toChartSeries } from '../metrics/metric_series';
import { LogLines } from './log_lines';
import { LogStart } from './log_start';
import { LogToolbar } from './log_toolbar';
import styles from './logs_page.module.css';
import { NewLinesPill } from './new_lines_pill';
import { VolumePanel } from './volume_panel';

const mostLines = 10_000;

export default function LogsPage({ view }: { view: LogsView }) {
  const { window, refreshNow } = useClock();
  const lines = useLogLines(view.query, window, view.limit);
  const isNumbers = isMetricQuery(view.query);
  const tail = useLiveTail(view.query, view.live && !isNumbers);
  const loaded = lines.data?.entries;
  const entries = useMemo(() => mergeEntries(tail.entries, loaded ?? [], mostLines), [tail.entries, loaded]);
  const { shown, newer } = useHeldLines(entries, view.live && !isNumbers, `${view.query}\n${view.limit}`);
  const hasQuery = view.query.trim() !== '';
  const queryError = lines.error && isAboutQuery(lines.error) ? lines.error : null;
  const otherError = lines.error && !queryError ? lines.error : null;

  return (
    <div className="page">
      <h1 className="visually-hidden">Logs</h1>
      <QueryForm view={view} error={queryError} />
      {!hasQuery && <LogStart window={window} view={view} />}
      {hasQuery && !isNumbers && (lines.data || !lines.error) && <VolumePanel query={view.query} window={window} entries={loaded} />}
      {hasQuery && !queryError && (
        <section className="panel">
          {!isNumbers && <LogToolbar view={view} shown={lines.data ? entries.length : null} tail={tail} hasMore={(loaded?.length ?? 0) >= view.limit} />}
          {lines.data && <StaleNote error={otherError} />}
          {lines.isPending && <RowsSkeleton rows={14} />}
          {!lines.data && otherError && <ErrorState title="The logs could not be read" error={otherError} onRetry={refreshNow} />}
          {isNumbers && lines.data && <NumbersChart answer={lines.data} />}
          {!isNumbers && lines.data && entries.length === 0 && <NoLines view={view} />}
          <NewLinesPill count={newer} />
          {!isNumbers && shown.length > 0 && <LogLines entries={shown} view={view} />}
        </section>
      )}
    </div>
  );
}

function isAboutQuery(error: Error): boolean {
  return 'kind' in error && error.kind === 'bad_request';
}

function QueryForm({ view, error }: { view: LogsView; error: Error | null }) {
  const { refreshNow } = useClock();
  const [draft, setDraft] = useDraft(view.query, view.query);
  const run = () => {
    if (draft.trim() === view.query.trim()) refreshNow();
    else goTo({ view: { ...view, query: draft.trim() } });
  };
  return (
    <div className={styles.form}>
      <QueryEditor
        language="logql"
        label="LogQL query"
        placeholder={'{service_name="my-app"} |= "error"'}
        value={draft}
        error={draft.trim() === view.query.trim() ? error : null}
        autoFocus={view.query === ''}
        onChange={setDraft}
        onSubmit={run}
      />
      <Button h={34} size="xs" leftSection={<PlayIcon size={14} />} onClick={run}>
        Run
      </Button>
    </div>
  );
}

/** Nothing found; a trace id may stand in the fields of the lines instead of in their text. */
function NoLines({ view }: { view: LogsView | null }) {
  const isLive = view?.live ?? false;
  const inFields = view ? traceFilterInFields(view.query) : null;
  return (
    <EmptyState title={isLive ? 'Waiting for lines' : 'No lines match'} icon={<LogsIcon size={22} />}>
      {isLive
        ? 'New lines that match appear here as they arrive.'
        : 'Choose a longer time, or take a filter out of the query. Line filters (|= "text") care about case; (?i) in |~ does not.'}
      {view && inFields && !isLive && (
        <p>
          The id may stand in a field and not in the text:{' '}
          <ViewLink to={{ ...view, query: inFields }}>look for it in the fields</ViewLink>
        </p>
      )}
    </EmptyState>
  );
}

type LinesAnswer = NonNullable<ReturnType<typeof useLogLines>['data']>;

function NumbersChart({ answer }: { answer: LinesAnswer }) {
  const { data, window, stepSeconds = 1 } = answer;
  const times = gridOf(window.fromMs / 1000, window.toMs / 1000, stepSeconds);
  const series = data.resultType === 'matrix' ? toChartSeries(data.result, times, 0) : [];
  if (series.length === 0) return <NoLines view={null} />;
  return (
    <div className="panel-body" style={{ paddingTop: 12 }}>
      <Chart
        label="Result over time"
        times={times}
        series={series}
        window={window}
        unit="none"
        height={340}
        onZoom={(fromMs, toMs) => setRange(absoluteRange(fromMs, toMs))}
      />
    </div>
  );
}
