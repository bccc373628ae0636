"""The checkout API of the article: its code's metrics, its answers, its compose file."""
from .walk import LAB, Document

doc = Document('checkout')


@doc.run('docker-compose up', 'docker build -t my-observable-api:latest .', 'pip install -r requirements.txt')
def _(w):
    assert w.shop('/health')[0] == 200
    assert w.pharos('version')[1].startswith('pharos ')


@doc.run('POST /checkout: {"status": "success", "message": "Checkout complete"} or 500 "Payment gateway timeout"')
def _(w):
    answers = [w.shop('/checkout', 'POST')[::2] for _ in range(10)]
    assert all(a in ((200, {'status': 'success', 'message': 'Checkout complete'}), (500, {'detail': 'Payment gateway timeout'})) for a in answers), answers
    assert (200, {'status': 'success', 'message': 'Checkout complete'}) in answers


@doc.run("Counter('checkout_requests_total', ['method', 'endpoint', 'status'])")
def _(w):
    metric, value = w.promql('checkout_requests_total{status="200"}')[0]
    assert metric['method'] == 'POST' and metric['endpoint'] == '/checkout' and value > 0


@doc.run("Histogram('checkout_request_latency_seconds', ['endpoint'])")
def _(w):
    p50 = w.value('histogram_quantile(0.5, sum by (le) (rate(checkout_request_latency_seconds_bucket{endpoint="/checkout"}[1m])))')
    assert 0.1 < p50 < 0.6, p50


@doc.run('20% failure rate')
def _(w):
    share = w.value('sum(checkout_requests_total{status="500"}) / sum(checkout_requests_total)')
    assert 0.02 < share < 0.5, share


@doc.run('Rate', 'Errors', 'Duration')
def _(w):
    assert w.value('sum(rate(checkout_requests_total[1m]))') > 0.5
    assert w.value('sum(rate(checkout_requests_total{status="500"}[1m]))') >= 0
    assert w.value('sum(rate(checkout_request_latency_seconds_sum[1m])) / sum(rate(checkout_request_latency_seconds_count[1m]))') > 0.1


@doc.run('prometheus.yml (its indentation is lost in the article): refused with file and line')
def _(w):
    if not LAB.exists():
        return
    code, text = w.pharos('check', str(LAB / 'checkout-prometheus.yml'))
    assert code == 1 and 'checkout-prometheus.yml' in text, text


@doc.run('http://api:8000/metrics every 5 seconds')
def _(w):
    assert w.value('count_over_time(up{job="sample-app"}[1m])') >= 11 or w.value('count_over_time(up{job="sample-app"}[30s])') >= 5


@doc.run('Grafana (http://localhost:3000): exact error rates and latency')
def _(w):
    w.page(3000)


@doc.run('ports: 8000, 9090, 3000')
def _(w):
    for port, path in ((8000, '/health'), (9090, '/-/healthy'), (3000, '/ready')):
        assert w.get(port, path)[0] == 200, port
