// What to do while nothing has been sent: the ways in, each to copy.
import { EmptyState } from '../../components/states';
import { CopyBlock } from '../../components/copy_block';
import { ServicesIcon } from '../../icons';
import styles from './first_steps.module.css';

export function FirstSteps() {
  const { origin, host, hostname } = window.location;
  const pushLine =
    `curl ${origin}/loki/api/v1/push -H 'Content-Type: application/json' \\\n` +
    `  -d '{"streams":[{"stream":{"service_name":"hello"},"values":[["'$(date +%s%N)'","first line"]]}]}'`;
  return (
    <EmptyState title="No application has sent data yet" icon={<ServicesIcon size={22} />}>
      <p>This page fills by itself as soon as something arrives. Point an application here:</p>
      <div className={styles.ways}>
        <section>
          <h3>OpenTelemetry SDK, any language</h3>
          <CopyBlock
            text={`export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nexport OTEL_SERVICE_NAME=my-app`}
          />
          <p className="faint">gRPC is on port 4317 of {hostname}.</p>
        </section>
        <section>
          <h3>Prometheus, to be scraped or sending</h3>
          <CopyBlock text={`remote_write:\n  - url: ${origin}/api/v1/write`} />
          <p className="faint">
            Or start Pharos with your own file, and it scrapes: <span className="code">pharos serve --config.prometheus prometheus.yml</span>
          </p>
        </section>
        <section>
          <h3>A first log line by hand</h3>
          <CopyBlock text={pushLine} />
          <p className="faint">Loki’s clients send to {host} as well.</p>
        </section>
      </div>
    </EmptyState>
  );
}
