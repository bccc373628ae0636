"""The data that the documents' cheat sheets ask for: known values, sent as any OTLP or Loki client would."""
import json
import pathlib
import re
import shutil
import subprocess
import time


def _attributes(labels):
    return [{'key': k, 'value': {'stringValue': v}} for k, v in labels.items()]


def _point(value, ns, labels, start=None):
    point = {'timeUnixNano': str(ns), 'asDouble': value, 'attributes': _attributes(labels)}
    return dict(point, startTimeUnixNano=str(start)) if start else point


def push_metrics(walk):
    """Gauges and counters by their printed names; counters rise by a known rate from five minutes ago
    to five minutes ahead (times up to ten minutes ahead are taken), so that a window of five minutes is full all along."""
    now = time.time_ns()
    minute = 60 * 10**9
    gauges = {
        'metric_name': [({'label': 'value'}, 3), ({'label': 'val1'}, 4)],
        'metric_a': [({'service': 'x'}, 10)], 'metric_b': [({'service': 'x'}, 4)],
        'gauge': [({}, 7)], 'total': [({}, 100)], 'available': [({}, 25)],
        'metric': [({'label': 'l', 'pod': 'p1', 'status': '500'}, 1), ({'label': 'l', 'pod': 'p2', 'status': '200'}, 5)],
        'sql_table_age_seconds': [({'table_name': 'events'}, 4000)],
        'airflow_dag_last_run_timestamp': [({'dag_id': 'daily_etl'}, time.time() - 6000)],
        'kminion_kafka_consumer_group_topic_partition_lag': [({'consumer_group': 'order-processor', 'topic': 't', 'partition': str(i)}, 6000) for i in range(2)],
    }
    counters = {'counter': [({}, 2)], 'req': [({'svc': 'a', 'status': '200'}, 9), ({'svc': 'a', 'status': '503'}, 1)]}
    buckets = {'hist': 'bounds'}
    metrics = []
    for name, points in gauges.items():
        metrics.append({'name': name, 'gauge': {'dataPoints': [_point(v, now - 5 * 10**9, l) for l, v in points]}})
    for name, points in counters.items():
        # as gauges, because OTLP's counters would get the suffix _total and the sheet prints bare names
        data = [_point(rate * 15.0 * i, now - 305 * 10**9 + i * 15 * 10**9, l) for l, rate in points for i in range(41)]
        metrics.append({'name': name, 'gauge': {'dataPoints': data}})
    for name in buckets:
        data = [{'timeUnixNano': str(now - 305 * 10**9 + i * 15 * 10**9), 'startTimeUnixNano': str(now - 10 * minute), 'count': str(10 * i), 'sum': 2.0 * i,
                 'explicitBounds': [0.3, 1.2], 'bucketCounts': [str(8 * i), str(i), str(i)]} for i in range(41)]
        metrics.append({'name': name, 'histogram': {'aggregationTemporality': 2, 'dataPoints': data}})
    body = {'resourceMetrics': [{'resource': {'attributes': _attributes({'service.name': 'cheat-sheet'})}, 'scopeMetrics': [{'metrics': metrics}]}]}
    status, _, text = walk.post(9090, '/api/v1/otlp/v1/metrics', json.dumps(body).encode(), {'Content-Type': 'application/json'})
    assert status == 200 and 'partialSuccess' not in text, (status, text)


LINES = [
    {'level': 'error', 'msg': 'exception in handler', 'latency_ms': 120, 'status_code': 500},
    {'level': 'info', 'msg': 'health ok', 'latency_ms': 3, 'status_code': 200},
    {'level': 'warning', 'msg': 'slow', 'latency_ms': 900, 'status_code': 200},
]


def push_logs(walk):
    """Three JSON lines, one logfmt, one access line under {app="myapp", env="prod"}, and {app="api"}."""
    now = time.time_ns() - 10 * 10**9
    lines = [json.dumps(line) for line in LINES] + ['level=error msg="exception thrown" status_code=503 duration=2.5s', 'GET /cart 200', 'peer 10.1.2.3 closed']
    streams = [{'stream': {'app': app, 'env': 'prod', 'service': 'web'}, 'values': [[str(now + i), line] for i, line in enumerate(lines)]} for app in ('myapp', 'api')]
    status, _, text = walk.post(3100, '/loki/api/v1/push', json.dumps({'streams': streams}).encode(), {'Content-Type': 'application/json'})
    assert status == 204, (status, text)


# The lesson prints a trace id of 28 digits; whoever sends it as 16 bytes pads it on the left.
PRINTED_TRACE = '4fd9662137ced86f5b6f59ab578c'
WATERFALL = [('POST /checkout', None, 0, 1347), ('verify_product', 0, 5, 134), ('database-query', 1, 8, 128), ('processing_delay', 0, 150, 800), ('create_order_record', 0, 960, 89),
             ('database-insert', 4, 970, 67), ('queue_background_processing', 0, 1100, 22), ('send_order_confirmation', 0, 1200, 45)]


def push_trace(walk):
    """The checkout trace as the lesson draws it."""
    start = time.time_ns() - 20 * 10**9
    spans = [{'traceId': PRINTED_TRACE.zfill(32), 'spanId': f'{i + 1:016x}', 'parentSpanId': f'{parent + 1:016x}' if parent is not None else '', 'name': name, 'kind': 1,
              'startTimeUnixNano': str(start + at * 10**6), 'endTimeUnixNano': str(start + (at + ms) * 10**6)} for i, (name, parent, at, ms) in enumerate(WATERFALL)]
    body = {'resourceSpans': [{'resource': {'attributes': _attributes({'service.name': 'kodekloud-record-store-api-dev'})}, 'scopeSpans': [{'spans': spans}]}]}
    status, _, text = walk.post(4318, '/v1/traces', json.dumps(body).encode(), {'Content-Type': 'application/json'})
    assert status == 200 and 'partialSuccess' not in text, (status, text)


# The alerts that the lessons print one by one, which the lab's files do not hold.
PRINTED_ALERTS = ('AirflowDAGFailed', 'AirflowDAGNotRunning', 'KafkaConsumerLagHigh', 'DataFreshnessViolation', 'SchemaDriftDetected', 'PodCrashLooping')


def copy_lab(lab, folder):
    """The lab's files with one change: its rule_files also name the recording rules, its SLO fragments and the printed alerts."""
    shutil.copytree(lab, folder)
    subprocess.run(['chmod', '-R', 'u+w', folder], check=True)
    lesson = next((lab.parent / 'seeds').glob('003_*')).read_text()
    blocks = [re.search(rf'^- alert: {name}\n(?:  .*\n)+', lesson, re.M)[0] for name in PRINTED_ALERTS]
    blocks += [path.read_text() for path in sorted((lab / 'slo').glob('*.yml'))]
    rules = ''.join('    ' + line + '\n' for block in blocks for line in block.splitlines())
    config = pathlib.Path(folder, 'config')
    (config / 'printed.yml').write_text('groups:\n- name: printed\n  interval: 5s\n  rules:\n' + rules)
    prometheus = config / 'prometheus.yml'
    prometheus.write_text(prometheus.read_text().replace('- "alerts.yml"', '- "alerts.yml"\n  - "recording_rules.yml"\n  - "printed.yml"'))


def push_alert_data(lab):
    """What makes each printed alert true."""
    now = time.time_ns()
    minute = 60 * 10**9
    rising = {
        'airflow_dagrun_duration_failed_total': ({'dag_id': 'daily_etl'}, 1), 'sql_table_column_count': ({'table': 'events'}, 1),
        'kube_pod_container_status_restarts_total': ({'pod': 'api-1'}, 2)}
    level = {
        'airflow_dag_last_run_timestamp': ({'dag_id': 'daily_etl'}, time.time() - 6000), 'sql_table_age_seconds': ({'table_name': 'events'}, 4000),
        'kminion_kafka_consumer_group_topic_partition_lag': ({'consumer_group': 'order-processor', 'topic': 't'}, 12000)}
    metrics = [{'name': n, 'gauge': {'dataPoints': [_point(10.0 + by * i, now + (i - 10) * minute, l) for i in range(11)]}} for n, (l, by) in rising.items()]
    metrics += [{'name': n, 'gauge': {'dataPoints': [_point(v, now + (i - 1) * minute, l) for i in range(9)]}} for n, (l, v) in level.items()]
    body = {'resourceMetrics': [{'resource': {'attributes': _attributes({'service.name': 'printed'})}, 'scopeMetrics': [{'metrics': metrics}]}]}
    status, _, text = lab.post(9090, '/api/v1/otlp/v1/metrics', json.dumps(body).encode(), {'Content-Type': 'application/json'})
    assert status == 200 and 'partialSuccess' not in text, (status, text)
