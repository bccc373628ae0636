// PromQL: one or more queries, drawn over time or listed at one moment.
import { Button, SegmentedControl, Switch, TextInput } from '@mantine/core';
import { useClock } from '../../clock';
import { useDraft } from '../../components/use_draft';
import { QueryEditor } from '../../editor/query_editor';
import { CloseIcon, PlayIcon, PlusIcon } from '../../icons';
import { goTo } from '../../navigation';
import { parseDurationMs } from '../../time_range';
import type { MetricsTab, MetricsView } from '../../url_state';
import { MetricBrowser } from './metric_browser';
import { ChartPanel, TablePanel } from './result_panels';
import styles from './metrics_page.module.css';
import { useInstantQueries, useRangeQueries } from './use_metrics';

export default function MetricsPage({ view }: { view: MetricsView }) {
  const asked = view.queries.filter((query) => query.trim() !== '');
  const { window } = useClock();
  const isChart = view.tab === 'chart';
  const ranges = useRangeQueries(isChart ? asked : [], window, view.step);
  const instants = useInstantQueries(isChart ? [] : asked, window.toMs);
  const errors = (isChart ? ranges.answers : instants).map((answer) => answer.error);

  return (
    <div className="page">
      <h1 className="visually-hidden">Metrics</h1>
      <QueryForm view={view} errors={errors} />
      {asked.length > 0 && isChart && <ChartPanel queries={asked} result={ranges} window={window} view={view} />}
      {asked.length > 0 && !isChart && <TablePanel queries={asked} answers={instants} />}
      {asked.length === 0 && <MetricBrowser onChoose={(query) => goTo({ view: { ...view, queries: [query] } })} />}
    </div>
  );
}

function QueryForm({ view, errors }: { view: MetricsView; errors: (Error | null)[] }) {
  const { refreshNow } = useClock();
  const [drafts, setDrafts] = useDraft(view.queries, view.queries.join('\n'));
  const change = (index: number, text: string) => setDrafts((now) => now.map((draft, i) => (i === index ? text : draft)));
  const run = () => {
    const queries = drafts.filter((draft) => draft.trim() !== '');
    if (queries.join('\n') === view.queries.join('\n')) refreshNow();
    goTo({ view: { ...view, queries: queries.length > 0 ? queries : [''] } });
  };
  const remove = (index: number) => {
    const rest = drafts.filter((_, i) => i !== index);
    goTo({ view: { ...view, queries: rest.some(Boolean) ? rest.filter(Boolean) : [''] } });
    setDrafts(rest.length > 0 ? rest : ['']);
  };
  return (
    <div className={styles.form}>
      {drafts.map((draft, index) => (
        <div key={index} className={styles.query}>
          {drafts.length > 1 && <span className={`code ${styles.letter}`}>{String.fromCharCode(65 + index)}</span>}
          <QueryEditor
            language="promql"
            label={`PromQL query ${index + 1}`}
            placeholder="sum by (job) (rate(http_requests_total[1m]))"
            value={draft}
            error={draft === view.queries[index] ? (errors[index] ?? null) : null}
            autoFocus={index === drafts.length - 1 && draft === ''}
            onChange={(text) => change(index, text)}
            onSubmit={run}
          />
          {drafts.length > 1 && (
            <Button variant="subtle" color="gray" px={8} h={34} aria-label={`Remove query ${index + 1}`} onClick={() => remove(index)}>
              <CloseIcon />
            </Button>
          )}
        </div>
      ))}
      <div className={styles.controls}>
        <Button size="xs" leftSection={<PlayIcon size={14} />} onClick={run}>
          Run
        </Button>
        <Button
          size="xs"
          variant="default"
          leftSection={<PlusIcon size={14} />}
          disabled={drafts.length >= 8 || drafts.includes('')}
          onClick={() => setDrafts([...drafts, ''])}
        >
          Add query
        </Button>
        <span className="grow" />
        {view.tab === 'chart' && <ChartControls view={view} />}
        <SegmentedControl
          size="xs"
          aria-label="Show as"
          value={view.tab}
          onChange={(tab) => goTo({ view: { ...view, tab: tab as MetricsTab } }, true)}
          data={[
            { value: 'chart', label: 'Chart' },
            { value: 'table', label: 'Table' },
          ]}
        />
      </div>
    </div>
  );
}

function ChartControls({ view }: { view: MetricsView }) {
  const [step, setStep] = useDraft(view.step, view.step);
  const isValid = step === '' || (parseDurationMs(step) ?? 0) >= 1;
  const apply = () => {
    if (isValid) goTo({ view: { ...view, step } }, true);
  };
  return (
    <>
      <Switch
        size="xs"
        label="Stacked"
        checked={view.stacked}
        onChange={(event) => goTo({ view: { ...view, stacked: event.currentTarget.checked } }, true)}
      />
      <TextInput
        size="xs"
        w={104}
        aria-label="Step"
        placeholder="Step: auto"
        value={step}
        error={!isValid}
        onChange={(event) => setStep(event.currentTarget.value.trim())}
        onBlur={apply}
        onKeyDown={(event) => event.key === 'Enter' && apply()}
      />
    </>
  );
}
