"""Real clients deliver: the JavaScript OpenTelemetry SDK over its three protocols, Debian's Prometheus by remote write."""
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from stack import ROOT, Pharos, free_port, get_json, request, wait_until

JS = ROOT / 'test/e2e/js'


class JavaScriptSdk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not (JS / 'node_modules').exists():
            subprocess.run(['npm', 'ci', '--loglevel=error', '--no-fund', '--no-audit'], cwd=JS, check=True)
        cls.pharos = Pharos()

    @classmethod
    def tearDownClass(cls):
        cls.pharos.close()

    def send(self, protocol, endpoint):
        done = subprocess.run(['node', 'send.mjs', protocol, endpoint], cwd=JS, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check(protocol, done.stdout.strip())

    def check(self, protocol, trace_id):
        ports, service = self.pharos.ports, f'js-{protocol}'
        trace = get_json(ports['jaeger'], '/api/traces/' + trace_id)['data'][0]
        spans = {s['operationName']: s for s in trace['spans']}
        tags = {t['key']: t['value'] for t in spans['parent']['tags']}
        self.assertEqual({k: tags[k] for k in ('text', 'number', 'real', 'flag', 'list')}, {'text': 'grüße', 'number': 42, 'real': 2.5, 'flag': True, 'list': '["a","b"]'})
        self.assertEqual(spans['child']['references'][0]['spanID'], spans['parent']['spanID'])
        child = {t['key']: t['value'] for t in spans['child']['tags']}
        self.assertEqual((child['error'], child['otel.status_description']), (True, 'it broke'))
        self.assertIn({'key': 'processed', 'type': 'int64', 'value': 7}, spans['child']['logs'][0]['fields'])

        def value(query):
            result = get_json(ports['prometheus'], '/api/v1/query', {'query': query})['data']['result']
            self.assertEqual(len(result), 1, query)
            return float(result[0]['value'][1])
        self.assertEqual(value(f'js_requests_total{{job="{service}",instance="one",route="/a"}}'), 5)
        self.assertEqual(value(f'js_latency_seconds_bucket{{job="{service}",le="0.3"}}'), 3)
        self.assertEqual(value(f'js_latency_seconds_count{{job="{service}"}}'), 5)
        self.assertAlmostEqual(value(f'js_latency_seconds_sum{{job="{service}"}}'), 4.15)
        self.assertEqual(value(f'target_info{{job="{service}",deployment_environment="test"}}'), 1)

        streams = get_json(ports['loki'], '/loki/api/v1/query_range', {'query': f'{{service_name="{service}"}}'})['data']['result']
        self.assertEqual([v[1] for s in streams for v in s['values']], [f'hello over {protocol}'])
        self.assertEqual((streams[0]['stream']['trace_id'], streams[0]['stream']['key']), (trace_id, 'value'))

    def test_grpc(self):
        self.send('grpc', f'http://127.0.0.1:{self.pharos.ports["otlp-grpc"]}')

    def test_http_protobuf(self):
        self.send('proto', f'http://127.0.0.1:{self.pharos.ports["otlp-http"]}')

    def test_http_json(self):
        self.send('http', f'http://127.0.0.1:{self.pharos.ports["otlp-http"]}')


class RemoteWrite(unittest.TestCase):
    """Debian's Prometheus scrapes itself and writes to Pharos; both must then answer alike."""

    def test_prometheus_writes(self):
        folder, port = tempfile.mkdtemp(prefix='pharos-prom-'), free_port()
        self.addCleanup(shutil.rmtree, folder, True)
        with Pharos() as pharos:
            with open(os.path.join(folder, 'prometheus.yml'), 'w') as f:
                f.write(f'global: {{scrape_interval: 1s}}\nscrape_configs: [{{job_name: self, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}]\n'
                        f'remote_write: [{{url: "http://127.0.0.1:{pharos.port}/api/v1/write", queue_config: {{batch_send_deadline: 1s}}}}]\n')
            process = subprocess.Popen(['prometheus', '--config.file', os.path.join(folder, 'prometheus.yml'), '--storage.tsdb.path', os.path.join(folder, 'data'),
                                        f'--web.listen-address=127.0.0.1:{port}'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                query = 'count_over_time(prometheus_http_requests_total{handler="/metrics"}[1m])'
                wait_until('eight samples', 40, lambda: float(get_json(pharos.port, '/api/v1/query', {'query': query})['data']['result'][0]['value'][1]) >= 8)
                at = time.time() - 3
                for q in ('up', 'prometheus_http_requests_total', 'sum by (code) (prometheus_http_requests_total)', 'sum(prometheus_tsdb_head_samples_appended_total)', 'count({job="self"})'):
                    ours = get_json(pharos.port, '/api/v1/query', {'query': q, 'time': at})['data']['result']
                    theirs = get_json(port, '/api/v1/query', {'query': q, 'time': at})['data']['result']
                    key = lambda r: sorted(r['metric'].items())
                    self.assertEqual(sorted(ours, key=key), sorted(theirs, key=key), q)
                    self.assertTrue(ours)
                wait_until('metadata', 70, lambda: get_json(pharos.port, '/api/v1/metadata', {'metric': 'prometheus_build_info'})['data']['prometheus_build_info'][0]['type'] == 'gauge')
            finally:
                process.terminate()
                process.wait()


if __name__ == '__main__':
    unittest.main(argv=['test_clients'])
