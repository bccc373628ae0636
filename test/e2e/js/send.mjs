// Sends one trace, two metrics and one log record with the real SDK: send.mjs grpc|proto|http ENDPOINT.
// Prints the trace id. Exits non-zero when an export was refused.
import { SpanStatusCode, context, diag, DiagLogLevel, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';

const [protocol, endpoint] = process.argv.slice(2);
const load = async (signal, name) => (await import(`@opentelemetry/exporter-${signal}-otlp-${protocol}`))[name];
const url = (path) => (protocol === 'grpc' ? endpoint : `${endpoint}/v1/${path}`);

let refused = 0;
diag.setLogger({ error: (...a) => { refused++; console.error(...a); }, warn: console.error, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN);

const resource = resourceFromAttributes({ 'service.name': `js-${protocol}`, 'service.instance.id': 'one', 'deployment.environment': 'test' });

const TraceExporter = await load('trace', 'OTLPTraceExporter');
const traces = new BasicTracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(new TraceExporter({ url: url('traces') }))] });
const tracer = traces.getTracer('e2e', '1.2.3');
const parent = tracer.startSpan('parent', { kind: 1, attributes: { text: 'grüße', number: 42, real: 2.5, flag: true, list: ['a', 'b'] } });
const child = tracer.startSpan('child', {}, trace.setSpan(context.active(), parent));
child.addEvent('checkpoint', { processed: 7 });
child.setStatus({ code: SpanStatusCode.ERROR, message: 'it broke' });
child.end();
parent.end();

const MetricExporter = await load('metrics', 'OTLPMetricExporter');
const reader = new PeriodicExportingMetricReader({ exporter: new MetricExporter({ url: url('metrics') }), exportIntervalMillis: 60_000 });
const metrics = new MeterProvider({ resource, readers: [reader] });
const meter = metrics.getMeter('e2e');
meter.createCounter('js.requests', { unit: '1' }).add(5, { route: '/a' });
const histogram = meter.createHistogram('js.latency', { unit: 's', advice: { explicitBucketBoundaries: [0.1, 0.3, 1] } });
[0.05, 0.2, 0.2, 0.7, 3].forEach((v) => histogram.record(v));

const LogExporter = await load('logs', 'OTLPLogExporter');
const logs = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor(new LogExporter({ url: url('logs') }))] });
logs.getLogger('e2e').emit({ body: `hello over ${protocol}`, severityNumber: 13, severityText: 'WARN', attributes: { key: 'value' }, context: trace.setSpan(context.active(), parent) });

await traces.forceFlush();
await metrics.forceFlush();
await logs.forceFlush();
await Promise.all([traces.shutdown(), metrics.shutdown(), logs.shutdown()]);
console.log(parent.spanContext().traceId);
process.exit(refused ? 1 : 0);
