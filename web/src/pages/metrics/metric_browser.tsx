// Where a query starts: examples, and the metrics that there are.
import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { labelValues } from '../../api/prometheus/label_values';
import { metadata } from '../../api/prometheus/metadata';
import { useClock } from '../../clock';
import { EmptyState, ErrorState, RowsSkeleton } from '../../components/states';
import { plural } from '../../format';
import { MetricsIcon, SearchIcon } from '../../icons';
import styles from './metrics_page.module.css';

const shownNames = 200;

export function MetricBrowser({ onChoose }: { onChoose: (query: string) => void }) {
  const { window, refreshNow } = useClock();
  const [filter, setFilter] = useState('');
  const names = useQuery({
    queryKey: ['metric-names', window.fromMs, window.toMs],
    queryFn: ({ signal }) => labelValues('__name__', window, signal),
    placeholderData: (previous) => previous,
  });
  const help = useQuery({ queryKey: ['metric-help'], queryFn: ({ signal }) => metadata(signal), retry: false });
  const found = (names.data ?? []).filter((name) => name.toLowerCase().includes(filter.trim().toLowerCase()));
  return (
    <section className="panel">
      <div className="panel-head">
        <span className="num">All metrics</span>
        {names.data && <span className="faint num">{plural(names.data.length, 'name')}</span>}
        <span className="grow" />
        <TextInput
          size="xs"
          style={{ flex: '0 1 200px' }}
          placeholder="Filter metrics"
          aria-label="Filter metrics"
          leftSection={<SearchIcon size={14} />}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
      </div>
      {names.isPending && <RowsSkeleton />}
      {names.error && !names.data && <ErrorState title="The metrics could not be listed" error={names.error} onRetry={refreshNow} />}
      {names.data?.length === 0 && (
        <EmptyState title="No metrics in this time" icon={<MetricsIcon size={22} />}>
          Metrics arrive by scraping (<span className="code">--config.prometheus</span>), by remote write to{' '}
          <span className="code">/api/v1/write</span>, or by OTLP to <span className="code">/v1/metrics</span>.
        </EmptyState>
      )}
      <div className={styles.names}>
        {found.slice(0, shownNames).map((name) => {
          const about = aboutMetric(help.data ?? {}, name);
          return (
            <button key={name} type="button" className={styles.metric} onClick={() => onChoose(startQuery(name, about.type))}>
              <div className="row">
                <span className="code truncate">{name}</span>
                <span className={`faint ${styles.type}`}>{about.type}</span>
              </div>
              <div className={`faint truncate ${styles.help}`}>{about.help || '\u00a0'}</div>
            </button>
          );
        })}
      </div>
    </section>
  );
}

/** Type and help of a metric; the parts of a histogram carry those of the whole. */
function aboutMetric(all: Record<string, { type: string; help: string }[]>, name: string): { type: string; help: string } {
  const whole = name.replace(/_(bucket|sum|count)$/, '');
  const about = all[name]?.[0] ?? all[whole]?.[0] ?? all[name.replace(/_total$/, '')]?.[0];
  return { type: about?.type ?? (name.endsWith('_total') ? 'counter' : ''), help: about?.help ?? '' };
}

/** A counter means something as a rate, a histogram as a quantile. */
export function startQuery(name: string, type: string): string {
  if (name.endsWith('_bucket')) return `histogram_quantile(0.95, sum by (job, le) (rate(${name}[5m])))`;
  const isPart = type === 'histogram' || type === 'summary';
  return type === 'counter' || name.endsWith('_total') || (isPart && /_(sum|count)$/.test(name)) ? `rate(${name}[5m])` : name;
}
