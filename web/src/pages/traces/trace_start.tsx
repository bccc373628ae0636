// Where a trace search starts: the services that send spans.
import { useQuery } from '@tanstack/react-query';
import { traceServices } from '../../api/jaeger/services';
import { useClock } from '../../clock';
import { serviceColor } from '../../colors';
import { CopyBlock } from '../../components/copy_block';
import { EmptyState, ErrorState, RowsSkeleton } from '../../components/states';
import { TracesIcon } from '../../icons';
import { ViewLink } from '../../navigation';
import type { TracesView } from '../../url_state';
import styles from '../logs/logs_page.module.css';

export function TraceStart({ view }: { view: TracesView }) {
  const { refreshNow } = useClock();
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['trace-services'],
    queryFn: ({ signal }) => traceServices(signal),
  });
  const retry = () => {
    refreshNow();
    void refetch();
  };
  return (
    <section className="panel">
      {isPending && <RowsSkeleton rows={6} />}
      {error && !data && <ErrorState title="The services could not be listed" error={error} onRetry={retry} />}
      {data?.length === 0 && (
        <EmptyState title="No service has sent spans" icon={<TracesIcon size={22} />}>
          <p>Point an OpenTelemetry SDK here, and its traces appear:</p>
          <CopyBlock
            text={`export OTEL_EXPORTER_OTLP_ENDPOINT=${window.location.origin}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`}
          />
        </EmptyState>
      )}
      {data && data.length > 0 && (
        <>
          <div className="panel-head">Traces by service</div>
          <div className={styles.services}>
            {data.map((service) => (
              <ViewLink key={service} className={styles.service} to={{ ...view, service }}>
                <span className={styles.dot} style={{ background: serviceColor(service) }} />
                <span className="truncate">{service}</span>
              </ViewLink>
            ))}
          </div>
        </>
      )}
    </section>
  );
}
