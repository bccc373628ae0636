"""The Record Store lesson: its scripts' traffic, its stack's ports, its queries and its traces."""
import json
import re
import socket
import tempfile
import time

from . import data
from .walk import LAB, Document, spans_named, tags, wait_until

doc = Document('record_store')
IDS = {'trace_id': r'[0-9a-f]{32}', 'span_id': r'[0-9a-f]{16}'}


@doc.run('docker-compose --env-file .env.dev up -d')
def _(w):
    assert w.get(3000, '/ready')[0] == 200


@doc.run('./test_traffic.sh (products, orders, errors)')
def _(w):
    assert w.shop('/products')[0] == 200 and w.shop('/products/1')[0] == 200
    assert w.shop('/products/999')[::2] == (404, {'detail': 'Product not found'})


@doc.run('./scripts/generate_logs.sh: Generating logs with trace context', 'curl http://localhost:8000/trace-test')
def _(w):
    status, _, answer = w.shop('/trace-test')
    assert status == 200 and answer['message'] == 'Test spans created'
    assert all(re.fullmatch(pattern, answer[key]) for key, pattern in IDS.items()), answer


@doc.run('Generating error logs', 'curl http://localhost:8000/error-test (trace will include error span)')
def _(w):
    status, _, answer = w.shop('/error-test')
    assert status == 500 and answer['error'] == 'Simulated error'
    span = spans_named(w.trace(answer['trace_id']), 'error-span')[0]
    assert tags(span)['error'] is True and span['spanID'] == answer['span_id']
    assert any(f['value'] == 'Simulated error' for log in span['logs'] for f in log['fields'])


@doc.run('Generating 404 error: {"detail":"Not Found"}')
def _(w):
    assert w.shop('/no-such-page')[::2] == (404, {'detail': 'Not Found'})


@doc.run('Creating a product: {"name":"Vinyl Record","price":19.99,"id":4}')
def _(w):
    status, _, answer = w.shop('/products', 'POST')
    assert status == 200 and answer['name'] == 'Vinyl Record' and answer['price'] == 19.99 and answer['id'] >= 4


@doc.run('Creating an order: {"message":"Order received, processing in the background","order_id":…,"task_id":…}')
def _(w):
    status, _, answer = w.shop('/orders', 'POST')
    assert status == 200 and answer['message'] == 'Order received, processing in the background' and answer['order_id'] > 0 and len(answer['task_id']) == 36


@doc.run('Generating slow operation with nested spans')
def _(w):
    _, headers, _ = w.shop('/slow', headers={'traceparent': '00-4bf92f3577b34da6a3ce929d0e0e4737-00f067aa0ba902b7-01'})
    trace = w.trace('4bf92f3577b34da6a3ce929d0e0e4737')
    child, parent = spans_named(trace, 'downstream-db-query')[0], spans_named(trace, 'slow-operation')[0]
    assert child['references'][0]['spanID'] == parent['spanID'] and child['duration'] >= 500_000


@doc.run('REQUEST_COUNT = Counter("http_requests_total", …)', 'REQUEST_DURATION = Histogram("http_request_duration_seconds", …)',
         'normalize_route(request): /products/{id} instead of /products/123')
def _(w):
    text = w.metrics_of_shop()
    assert re.search(r'^http_requests_total\{method="GET",route="/products/\{id\}",status="200"\} \d', text, re.M)
    assert '/products/2' not in text
    assert '# TYPE http_request_duration_seconds histogram' in text


@doc.run('span.set_attribute("http.status_code", status_code); ERROR from 500 on')
def _(w):
    found = w.json(16686, '/api/traces', {'service': 'sample-app', 'operation': 'GET /error', 'tags': json.dumps({'error': 'true'}), 'limit': 3})['data']
    for trace in found:
        assert tags(spans_named(trace, 'GET /error')[0])['http.response.status_code'] == 500
    assert found


@doc.run('sum(rate(http_requests_total[5m])) by (endpoint)')
def _(w):
    assert w.value('sum(rate(http_requests_total[5m])) by (endpoint)') > 1


@doc.run('histogram_quantile(0.95, rate(http_request_duration_seconds_bucket[5m]))')
def _(w):
    result = w.promql('histogram_quantile(0.95, rate(http_request_duration_seconds_bucket{job="sample-app",route="/slow"}[5m]))')
    assert result and all(0.5 < v <= 2 for _, v in result), result


@doc.run('prometheus.yaml: the consolidated example loads')
def _(w):
    if LAB.exists():
        code, text = w.pharos('check', str(LAB / 'record-store-prometheus.yaml'))
        assert code == 0, text


@doc.run('http://localhost:8000/metrics')
def _(w):
    status, text = w.get(8000, '/metrics')
    assert status == 200 and '# HELP http_requests_total ' in text and '# TYPE http_requests_in_progress gauge' in text


@doc.run('a structured log entry: timestamp, level, message, trace_id, span_id, error_type, status_code')
def _(w):
    line = json.loads(w.logql('{service_name="sample-app"} |= "payment failed"')[0][1])
    assert line['level'] == 'error' and line['status_code'] == 500 and line['error_type'] == 'CardError'
    assert all(re.fullmatch(pattern, line[key]) for key, pattern in IDS.items())


@doc.run('Trace ID: 4fd9662137ced86f5b6f59ab578c (28 digits): the checkout waterfall')
def _(w):
    trace = w.jaeger(data.PRINTED_TRACE)
    durations = {s['operationName']: s['duration'] // 1000 for s in trace['spans']}
    assert durations == {name: ms for name, _, _, ms in data.WATERFALL}, durations


@doc.run('Jaeger: search by service', 'a list of 20 traces for the service')
def _(w):
    assert len(w.json(16686, '/api/traces', {'service': 'sample-app', 'limit': 20})['data']) == 20


@doc.run('Jaeger: search by operation')
def _(w):
    found = w.json(16686, '/api/traces', {'service': 'sample-app', 'operation': 'GET /trace-test', 'limit': 5})['data']
    assert found and all(spans_named(t, 'GET /trace-test') for t in found)


@doc.run('Jaeger: search by tags')
def _(w):
    found = w.json(16686, '/api/traces', {'service': 'sample-app', 'tags': json.dumps({'db.system': 'postgresql'}), 'limit': 5})['data']
    assert found and all(any(tags(s).get('db.system') == 'postgresql' for s in t['spans']) for t in found)


@doc.run('Jaeger: search by trace ID; inspect span timings, tags and process details')
def _(w):
    trace = w.trace(w.shop('/trace-test')[2]['trace_id'])
    span = spans_named(trace, 'test-span')[0]
    assert tags(span)['test.attribute'] == 'test-value' and span['duration'] >= 0
    assert trace['processes'][span['processID']]['serviceName'] == 'sample-app'


@doc.run('Loki (Port 3100)')
def _(w):
    assert w.get(3100, '/ready')[0] == 200


@doc.run('Jaeger UI (16686): deep link to a trace')
def _(w):
    w.page(16686, '/trace/' + data.PRINTED_TRACE.zfill(32))


@doc.run('Prometheus (9090)')
def _(w):
    assert w.get(9090, '/-/ready')[0] == 200


@doc.run('Grafana (3000)')
def _(w):
    w.page(3000)


doc.later('synthetic probes (Blackbox)', './black_box_monitor.sh', 'Blackbox Exporter (9115)', "job 'blackbox-exporter'", "job 'blackbox-health': /probe with module http_2xx")
doc.later('the Pushgateway API', 'Pushgateway (9091)', "job 'pushgateway' with honor_labels")


@doc.run('logging driver fluentd on localhost:24224', 'Fluent Bit (Port 24224)')
def _(w):
    """A message as Docker's fluentd driver sends it: [tag, time, record], in MessagePack."""
    def text(value):
        return (bytes([0xa0 | len(value)]) if len(value) < 32 else b'\xd9' + bytes([len(value)])) + value.encode()
    record = {'container_id': 'c0ffee', 'container_name': '/api', 'source': 'stdout', 'log': 'record 7 saved by the fluentd driver'}
    body = b'\x93' + text('docker.api') + b'\xce' + int(time.time()).to_bytes(4, 'big') + bytes([0x80 | len(record)]) + b''.join(text(k) + text(v) for k, v in record.items())
    with socket.create_connection(('127.0.0.1', w.port(24224)), timeout=5) as connection:
        connection.sendall(body)
        lines = wait_until('the line', 15, lambda: w.logql('{fluent_tag="docker.api"} |= "fluentd driver"'))
    assert lines[0][1] == record['log'] and lines[0][0]['container_name'] == '/api', lines


@doc.run('Alertmanager (9093)')
def _(w):
    assert w.json(9093, '/api/v2/status')['cluster'] is not None
    assert [r['name'] for r in w.json(9093, '/api/v2/receivers')] == ['pager']


@doc.run('Slack, PagerDuty, email channels')
def _(w):
    with tempfile.NamedTemporaryFile('w', suffix='.yml') as f:
        f.write('''
global: {slack_api_url: 'https://hooks.example.org/x', smtp_smarthost: 'mail.example.org:587', smtp_from: 'a@example.org'}
route: {receiver: chat, routes: [{matchers: ['severity="critical"'], receiver: pager}, {matchers: ['severity="warning"'], receiver: mail}]}
receivers:
- {name: chat, slack_configs: [{channel: '#alerts'}]}
- {name: pager, pagerduty_configs: [{routing_key: 'k'}]}
- {name: mail, email_configs: [{to: 'oncall@example.org'}]}
''')
        f.flush()
        code, text = w.pharos('check', f.name)
    assert code == 0, text


doc.later('the lab mode of ./dev run', 'the consolidated example runs: all jobs UP', 'OTEL_SERVICE_NAME: kodekloud-record-store-worker')


@doc.run('Grafana dashboards for latency, throughput, error rate, and availability')
def _(w):
    titles = [p['title'].lower() for p in w.json(3000, '/api/dashboards/uid/shop')['dashboard']['panels']]
    assert all(any(word in t for t in titles) for word in ('latency', 'requests', 'error ratio')), titles
