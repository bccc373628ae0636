"""What a newcomer sees within a minute of `./dev run`: live metrics, logs and traces of the shop."""
import base64
import json
import os
import shutil
import subprocess
import time
import unittest

from stack import ROOT, Stack, get, get_json, wait_until


def instant(port, query):
    answer = get_json(port, '/api/v1/query', {'query': query})
    return {tuple(sorted(r['metric'].items())): float(r['value'][1]) for r in answer['data']['result']}


class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(rate=20)

    @classmethod
    def tearDownClass(cls):
        assert cls.stack.close() == 0, 'run.sh must stop cleanly on SIGTERM'

    def test_1_starts_within_five_seconds(self):
        self.assertLess(self.stack.ready - self.stack.started, 5)

    def test_2_rates_equal_what_was_sent(self):
        """The rate over the window is the load's, route by route, to 5 %."""
        port = self.stack.port(9090)
        t0 = time.time()
        before = self.stack.answered()
        time.sleep(max(0, self.stack.ready + 59 - time.time()))  # "within 60 s of ready"
        after, t1 = self.stack.answered(), time.time()
        sent = {route: (after[route] - before.get(route, 0)) / (t1 - t0) for route in after}
        got = {dict(k)['route']: v for k, v in instant(port, 'sum(rate(http_requests_total{job="sample-app"}[1m])) by (route)').items()}
        total_sent, total_got = sum(sent.values()), sum(got.get(r, 0) for r in sent)
        self.assertAlmostEqual(total_got / total_sent, 1, delta=0.05)
        for route, rate in sent.items():
            if rate * (t1 - t0) > 60:  # enough for 5 % to mean something
                self.assertAlmostEqual(got[route] / rate, 1, delta=0.15, msg=route)

    def test_3_logs_lead_to_traces(self):
        loki, tempo, jaeger = self.stack.port(3100), self.stack.port(3200), self.stack.port(16686)
        answer = wait_until('a checkout line', 30, lambda: get_json(
            loki, '/loki/api/v1/query_range', {'query': '{service_name="sample-app"} |= "checkout"', 'limit': 5})['data']['result'])
        line = json.loads(answer[0]['values'][0][1])
        self.assertTrue({'timestamp', 'level', 'message', 'trace_id', 'span_id', 'request_id'} <= line.keys(), line)
        trace_id = line['trace_id']
        trace = wait_until('the trace at Tempo', 20, lambda: get(tempo, '/api/traces/' + trace_id)[0] == 200 and get_json(tempo, '/api/traces/' + trace_id))
        spans = [s for b in trace['batches'] for ss in b['scopeSpans'] for s in ss['spans']]
        self.assertEqual({base64.b64decode(s['traceId']).hex() for s in spans}, {trace_id})
        self.assertIn('charge', {s['name'] for s in spans})
        data = get_json(jaeger, '/api/traces/' + trace_id)['data'][0]
        self.assertEqual(data['traceID'], trace_id)
        self.assertEqual({p['serviceName'] for p in data['processes'].values()}, {'sample-app', 'inventory'})
        # every span but the root has a parent in the same trace: the context went through both services
        ids = {s['spanID'] for s in data['spans']}
        roots = [s for s in data['spans'] if not s['references']]
        self.assertEqual(len(roots), 1)
        self.assertTrue(all(s['references'][0]['spanID'] in ids for s in data['spans'] if s['references']))

    def test_4_targets_are_up(self):
        up = instant(self.stack.port(9090), 'up')
        self.assertEqual({dict(k)['job']: v for k, v in up.items()}, {'sample-app': 1, 'inventory': 1, 'pharos': 1})

    def test_5_promtool_reads(self):
        url = f'http://127.0.0.1:{self.stack.port(9090)}'
        out = subprocess.run(['promtool', 'query', 'instant', url, 'up{job="sample-app"}'], capture_output=True, text=True, check=True).stdout
        self.assertRegex(out, r'^up\{instance="localhost:\d+", job="sample-app"\} => 1 @\[')
        out = subprocess.run(['promtool', 'query', 'range', '--step=5s', url, 'sum(http_requests_total)'], capture_output=True, text=True, check=True).stdout
        self.assertGreater(out.count(' @['), 3)

    def test_6_the_pages_walk(self):
        if not shutil.which('chromium'):
            self.fail('chromium is missing: ./dev test installs it')
        done = subprocess.run(['node', ROOT / 'test/e2e/web/walk.mjs', f'http://127.0.0.1:{self.stack.port(3000)}'], cwd=ROOT / 'web', capture_output=True, text=True, timeout=180,
                              env=dict(os.environ, NODE_PATH=str(ROOT / 'web/node_modules')))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == '__main__':
    unittest.main(argv=['test_live'])
