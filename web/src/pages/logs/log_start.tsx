// Where a log search starts: the services that write logs.
import { useQuery } from '@tanstack/react-query';
import { logLabelValues } from '../../api/loki/label_values';
import { logLabels } from '../../api/loki/labels';
import { useClock } from '../../clock';
import { serviceColor } from '../../colors';
import { CopyBlock } from '../../components/copy_block';
import { EmptyState, ErrorState, RowsSkeleton } from '../../components/states';
import { LogsIcon } from '../../icons';
import { ViewLink } from '../../navigation';
import { quote } from '../../red/red_source';
import type { TimeWindow } from '../../time_range';
import type { LogsView } from '../../url_state';
import styles from './logs_page.module.css';

/** The label that tells applications apart: the first of these that is in use. */
const preferredLabels = ['service_name', 'service', 'app', 'job', 'container', 'filename'];

async function askStart(window: TimeWindow, signal: AbortSignal): Promise<{ label: string; values: string[] }> {
  const names = await logLabels(window, signal);
  const label = preferredLabels.find((name) => names.includes(name)) ?? names[0];
  return label ? { label, values: await logLabelValues(label, window, signal) } : { label: '', values: [] };
}

export function LogStart({ window: time, view }: { window: TimeWindow; view: LogsView }) {
  const { refreshNow } = useClock();
  const { data, error, isPending } = useQuery({
    queryKey: ['log-start', time.fromMs, time.toMs],
    queryFn: ({ signal }) => askStart(time, signal),
  });
  const { origin } = globalThis.location;
  return (
    <section className="panel">
      {isPending && <RowsSkeleton rows={6} />}
      {error && <ErrorState title="The logs could not be listed" error={error} onRetry={refreshNow} />}
      {data && data.values.length === 0 && (
        <EmptyState title="No logs in this time" icon={<LogsIcon size={22} />}>
          <p>Logs arrive by OTLP to /v1/logs, or as Loki’s clients send them:</p>
          <CopyBlock
            text={`curl ${origin}/loki/api/v1/push -H 'Content-Type: application/json' \\\n  -d '{"streams":[{"stream":{"service_name":"hello"},"values":[["'$(date +%s%N)'","first line"]]}]}'`}
          />
        </EmptyState>
      )}
      {data && data.values.length > 0 && (
        <>
          <div className="panel-head">
            Logs by <span className="code">{data.label}</span>
          </div>
          <div className={styles.services}>
            <ViewLink className={styles.service} to={{ ...view, query: `{${data.label}=~".+"}` }}>
              <LogsIcon size={14} /> All
            </ViewLink>
            {data.values.map((value) => (
              <ViewLink key={value} className={styles.service} to={{ ...view, query: `{${data.label}=${quote(value)}}` }}>
                <span className={styles.dot} style={{ background: serviceColor(value) }} />
                <span className="truncate">{value}</span>
              </ViewLink>
            ))}
          </div>
        </>
      )}
    </section>
  );
}
