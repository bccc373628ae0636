"""See it in production: the module that turns on all three pillars, and its milestones."""
import json
import re

from .walk import Document, spans_named, tags, wait_until

doc = Document('taskflow')


@doc.run('a real /metrics endpoint whose latency histogram has a 0.3s bucket and a status label',
         'LATENCY_BUCKETS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, inf)')
def _(w):
    text = w.metrics_of_shop()
    bounds = set(re.findall(r'http_request_duration_seconds_bucket\{[^}]*route="/hello",status="200",le="([^"]+)"', text))
    assert bounds == {'0.05', '0.1', '0.2', '0.3', '0.5', '1', '2', '+Inf'}, bounds


@doc.run('excluded_handlers=["/metrics"]: the scrape is not recorded in the RED metrics')
def _(w):
    assert 'http_requests_total' in w.metrics_of_shop()
    assert not w.promql('http_requests_total{route="/metrics"}')


@doc.run('excluded_urls="/metrics": no server span for the scrape')
def _(w):
    names = w.json(16686, '/api/services/sample-app/operations')['data']
    assert 'GET /hello' in names and not [n for n in names if 'metrics' in n], names


@doc.run('OTLPSpanExporter(): finished spans over OTLP gRPC, the endpoint from an env var')
def _(w):
    found = w.json(16686, '/api/traces', {'service': 'sample-app', 'limit': 5})['data']
    assert len(found) == 5


@doc.run('Prometheus scrapes /metrics on a schedule and stores a time series')
def _(w):
    assert w.value('count_over_time(up{job="sample-app"}[1m])') >= 6
    assert w.value('up{job="sample-app"}') == 1


@doc.run('Grafana shows live RED dashboards: rate')
def _(w):
    assert w.value('sum(rate(http_requests_total{job="sample-app"}[1m]))') > 5


@doc.run('RED: errors')
def _(w):
    share = w.value('sum(rate(http_requests_total{job="sample-app",status=~"5.."}[1m])) / sum(rate(http_requests_total{job="sample-app"}[1m]))')
    assert 0 < share < 0.3, share


@doc.run('RED: duration, real percentiles from the histogram')
def _(w):
    p = [w.value(f'histogram_quantile({q}, sum(rate(http_request_duration_seconds_bucket{{job="sample-app"}}[1m])) by (le))') for q in (0.5, 0.95, 0.99)]
    assert 0 < p[0] <= p[1] <= p[2] <= 2, p


@doc.run('structured JSON logs searchable in Loki by level', 'search by path', 'search by trace_id')
def _(w):
    lines = w.logql('{service_name="sample-app"} | json | level="warning"')
    assert lines and all(json.loads(line)['level'] == 'warning' for _, line in lines)
    trace_id = json.loads(lines[0][1])['trace_id']
    same = w.logql('{service_name="sample-app"} | json | trace_id="%s"' % trace_id)
    assert same and all(json.loads(line)['trace_id'] == trace_id for _, line in same)


@doc.run('a distributed trace links frontend to backend to the database: one waterfall')
def _(w):
    found = w.json(16686, '/api/traces', {'service': 'sample-app', 'operation': 'POST /checkout', 'limit': 1})['data'][0]
    assert {p['serviceName'] for p in found['processes'].values()} == {'sample-app', 'inventory'}
    sql = spans_named(found, 'UPDATE inventory')
    assert tags(sql[0])['db.statement'].startswith('UPDATE inventory SET stock')


@doc.run('SLI: requests that are both fast and non-error, from one metric, in [0,1]')
def _(w):
    sli = w.value('sum(rate(http_request_duration_seconds_bucket{job="sample-app",le="0.3",status!~"5.."}[1m])) / sum(rate(http_request_duration_seconds_count{job="sample-app"}[1m]))')
    assert 0.3 < sli < 1, sli




@doc.run('a multi-window multi-burn-rate alert', 'the 99.5%/300ms SLO', '14.4x threshold: page only when the budget is genuinely burning')
def _(w):
    slo = wait_until('the SLO is measured', 60, lambda: (s := w.json(3000, '/pharos/api/v1/slos')['data'][0]) and s['sli'] is not None and s)
    assert (slo['objective'], slo['latencySeconds'], slo['windowSeconds'], slo['error']) == (0.995, 0.3, 30 * 86400, ''), slo
    assert 0.9 < slo['sli'] <= 1 and slo['budgetRemaining'] <= 1, slo
    assert [(a['severity'], a['longWindow'], a['shortWindow'], a['factor']) for a in slo['alerts']] == [('page', '1h', '5m', 14.4), ('page', '6h', '30m', 6), ('ticket', '1d', '2h', 3), ('ticket', '3d', '6h', 1)], slo
    assert w.rule('ErrorBudgetBurn1h')['state'] == 'inactive'


doc.later('Kubernetes discovery', 'annotation-based discovery: three lines on the service', 'the relabel config consumes the port annotation')
