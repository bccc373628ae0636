// What to do while no service has sent a span.
import { CopyBlock } from '../../components/copy_block';
import { EmptyState } from '../../components/states';
import { TracesIcon } from '../../icons';

export function NoSpans() {
  return (
    <EmptyState title="No service has sent spans" icon={<TracesIcon size={22} />}>
      <p>Point an OpenTelemetry SDK here, and its traces appear:</p>
      <CopyBlock
        text={`export OTEL_EXPORTER_OTLP_ENDPOINT=${window.location.origin}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`}
      />
    </EmptyState>
  );
}
