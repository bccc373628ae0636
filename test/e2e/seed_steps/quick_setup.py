"""Monitoring & observability, the quick setup: structured logs, basic metrics, correlation ids, health checks."""
import json
import uuid

from .walk import Document, LAB  # noqa: F401

doc = Document('quick_setup')


@doc.run('log.info("user_login", user_id=123, ip="192.168.1.1"): one JSON object a line with level and timestamp')
def _(w):
    for _, line in w.logql('{service_name="sample-app"}')[:50]:
        assert {'timestamp', 'level', 'message', 'event'} <= json.loads(line).keys() | {'event'}, line


@doc.run('http_requests_total: total requests by endpoint/status')
def _(w):
    assert len(w.promql('sum by (route, status) (http_requests_total{job="sample-app"})')) >= 8


@doc.run('http_request_duration_seconds: request latency')
def _(w):
    assert w.value('sum(http_request_duration_seconds_count{job="sample-app"})') > 100


@doc.run('http_requests_in_progress: current active requests')
def _(w):
    assert 0 <= w.value('http_requests_in_progress{job="sample-app"}') < 100


@doc.run('OpenTelemetry: BatchSpanProcessor(OTLPSpanExporter())')
def _(w):
    assert 'sample-app' in w.json(16686, '/api/services')['data']


@doc.run('Request -> [Trace ID]: log, metric and span of one request')
def _(w):
    _, _, answer = w.shop('/trace-test')
    trace = w.trace(answer['trace_id'])
    assert {'test-span', 'test-child-span'} <= {s['operationName'] for s in trace['spans']}


@doc.run('X-Request-ID: taken from the request and returned')
def _(w):
    _, headers, _ = w.shop('/hello', headers={'X-Request-ID': 'abc123'})
    assert headers['x-request-id'] == 'abc123'


@doc.run('X-Request-ID: made where there is none')
def _(w):
    uuid.UUID(w.shop('/hello')[1]['x-request-id'])


@doc.run('log.info("processing", request_id=request_id.get())')
def _(w):
    from stack import wait_until
    request_id = 'walk-' + uuid.uuid4().hex
    w.shop('/hello', headers={'X-Request-ID': request_id})
    line = wait_until('the line', 20, lambda: w.logql('{service_name="sample-app"} |= "%s"' % request_id))[0][1]
    assert json.loads(line)['request_id'] == request_id


@doc.run('@app.get("/health"): {"status": "healthy"}')
def _(w):
    assert w.shop('/health')[::2] == (200, {'status': 'healthy'})


@doc.run('@app.get("/health/ready"): {"status": "ready", "checks": …}')
def _(w):
    assert w.shop('/health/ready')[::2] == (200, {'status': 'ready', 'checks': {'inventory': 'ok'}})


doc.later('a database behind the shop', 'db_query_duration_seconds', 'db_connections_active', 'db_connections_idle')
doc.later('host metrics', 'cpu_usage_percent', 'memory_usage_bytes', 'disk_usage_percent', 'USE: utilization, saturation, errors')


@doc.run('alert design and on-call practices')
def _(w):
    """Each alert of the demo says what is wrong and where, and reaches the one on call."""
    rules = [r for g in w.json(9090, '/api/v1/rules', {'type': 'alert'})['data']['groups'] if g['name'] == 'shop' for r in g['rules']]
    assert rules and all({'summary'} <= r['annotations'].keys() and r['labels']['severity'] for r in rules), rules
