"""`./dev run --lab`: the lab's own files, unchanged but for time (every duration divided by fifteen) and for the pager's addresses.

The load is made here, request by request, so that every count is known.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from pager import Mailbox, Webhook
from stack import BINARY, ROOT, Stack, get_json, request, wait_until

LAB = ROOT.parent / 'shared/lab'
SHORTER = 15
SECONDS = {'s': 1, 'm': 60, 'h': 3600, 'd': 86400}


def shorten(text):
    """Durations of a rule or scrape file, divided; never below a second."""
    def one(match):
        return match[1] + str(max(1, int(match[2]) * SECONDS[match[3]] // SHORTER)) + 's'
    return re.sub(r'((?:interval|for): |\[)(\d+)([smhd])\b', one, text)


ALERTMANAGER = '''
global: {{resolve_timeout: 10s, smtp_smarthost: '127.0.0.1:{mail}', smtp_from: 'lab@example.org', smtp_require_tls: false}}
route: {{receiver: people, group_by: [alertname], group_wait: 1s, group_interval: 2s, repeat_interval: 1h}}
receivers:
- name: people
  webhook_configs: [{{url: 'http://127.0.0.1:{hook}/', send_resolved: true}}]
  email_configs: [{{to: 'oncall@example.org', send_resolved: true}}]
'''


@unittest.skipUnless(LAB.exists(), '../shared/lab is not here')
class Lab(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='pharos-lab-')
        cls.hook, cls.mail = Webhook(), Mailbox()
        lab = pathlib.Path(cls.folder, 'lab')
        shutil.copytree(LAB, lab)
        subprocess.run(['chmod', '-R', 'u+w', lab], check=True)
        config = lab / 'config'
        for name in ('prometheus.yml', 'alerts.yml', 'recording_rules.yml'):
            (config / name).write_text(shorten((config / name).read_text()))
        prometheus = (config / 'prometheus.yml').read_text()
        (config / 'prometheus.yml').write_text(prometheus.replace('- "alerts.yml"', '- "alerts.yml"\n  - "recording_rules.yml"\n  - "burn.yml"'))
        burn = shorten((lab / 'slo/burn_rate_multiwindow.yml').read_text())
        (config / 'burn.yml').write_text('groups:\n- name: burn\n  interval: 1s\n  rules:\n' + ''.join('  ' + line + '\n' for line in burn.splitlines()))
        (config / 'alertmanager.yml').write_text(ALERTMANAGER.format(mail=cls.mail.port, hook=cls.hook.port))
        cls.lab, cls.data = lab, os.path.join(cls.folder, 'run')
        cls.sent = {}
        cls.start()

    @classmethod
    def start(cls):
        cls.stack = Stack(rate=0, lab=str(cls.lab), data_dir=cls.data, env={'OTEL_METRIC_EXPORT_INTERVAL': '500'})

    @classmethod
    def tearDownClass(cls):
        code = cls.stack.close()
        cls.hook.close()
        cls.mail.close()
        shutil.rmtree(cls.folder, ignore_errors=True)
        assert code == 0, 'run.sh must stop cleanly on SIGTERM'

    # -- short ways ---------------------------------------------------------------------------------

    def call(self, path, method='GET', times=1):
        status = body = None
        for _ in range(times):
            status, _, body = request(self.stack.port(8000), method, path, b'')
            self.sent[path] = self.sent.get(path, 0) + 1
        return status, body

    def promql(self, query):
        answer = get_json(self.stack.port(9090), '/api/v1/query', {'query': query})
        return {tuple(sorted(r['metric'].items())): float(r['value'][1]) for r in answer['data']['result']}

    def value(self, query):
        (value,) = self.promql(query).values()
        return value

    def lines(self, query):
        answer = get_json(self.stack.port(3100), '/loki/api/v1/query_range', {'query': query, 'limit': 5000})
        return [line for s in answer['data']['result'] for _, line, *_ in s['values']]

    def alerts(self, name):
        alerts = get_json(self.stack.port(9090), '/api/v1/alerts')['data']['alerts']
        return [a['state'] for a in alerts if a['labels']['alertname'] == name]

    def pages_of(self, name, status):
        return [b for b in self.hook.bodies if b['status'] == status and b['groupLabels']['alertname'] == name]

    # -- the seeds' own words -------------------------------------------------------------------------

    def test_1_all_targets_are_up(self):
        self.call('/hello')
        targets = wait_until('every target scraped', 20, lambda: all(t['health'] != 'unknown' for t in self.targets()) and self.targets())
        self.assertEqual({t['labels']['job']: t['health'] for t in targets},
                         {'prometheus': 'up', 'otel-collector': 'up', 'sample-app': 'up', 'grafana': 'up'})
        self.assertEqual({t['labels']['instance'] for t in targets},
                         {'localhost:9090', 'otel-collector:8888', 'otel-collector:8889', 'grafana:3000'})
        for metric in ('prometheus_build_info{job="prometheus"}', 'otelcol_receiver_accepted_metric_points{job="otel-collector"}'):
            wait_until(metric, 10, lambda m=metric: self.promql(m))

    def targets(self):
        return get_json(self.stack.port(9090), '/api/v1/targets')['data']['activeTargets']

    def test_2_requests_are_counted_once(self):
        """What was sent = what the Collector's exporter shows = what is stored = the log lines = the traces."""
        self.call('/hello', times=20)
        self.call('/error', times=10)
        self.call('/slow', times=2)
        sent = self.sent
        for path in ('/hello', '/error', '/slow'):
            wait_until(path + ' counted', 15, lambda p=path: self.value(f'sum(app_http_requests_total{{job="sample-app",route="{p}"}})') == sent[p])
        _, _, page = request(self.stack.port(8889), 'GET', '/metrics')
        counted = [float(line.rsplit(' ', 1)[1]) for line in page.decode().splitlines() if line.startswith('app_http_requests_total{') and 'route="/hello"' in line]
        self.assertEqual(sum(counted), sent['/hello'])
        wait_until('a line a request', 15, lambda: len(self.lines('{service="sample-app"} |= "hello request processed"')) == sent['/hello'])
        self.assertEqual(len(self.lines('{container="/sample-app"} |= "slow request detected"')), sent['/slow'])
        self.assertEqual(self.lines('{container="sample-app"}'), [], 'the slash that the lab forgets')
        traces = wait_until('a trace a slow request', 15, lambda: (found := get_json(
            self.stack.port(3200), '/api/search', {'q': '{ name = "slow-operation" }', 'limit': 100})['traces']) and len(found) == sent['/slow'] and found)
        line = json.loads(self.lines('{service="sample-app"} |= "slow request detected"')[0])
        self.assertIn(line['trace_id'].lstrip('0'), {t['traceID'].lstrip('0') for t in traces})
        accepted = self.value('sum(otelcol_receiver_accepted_spans)')
        self.assertEqual(accepted, self.value('sum(otelcol_exporter_sent_spans)'))

    def serve(self, until, seconds, errors):
        """Five good requests and some bad ones, again and again, until it is so."""
        end = time.time() + seconds
        while not (done := until()) and time.time() < end:
            self.call('/hello', times=5)
            self.call('/error-test', times=errors)
            time.sleep(0.3)
        return done

    def test_3_high_error_rate_pages(self):
        seen = set()
        self.serve(lambda: seen.update(self.alerts('HighErrorRate')) or self.pages_of('HighErrorRate', 'firing'), 90, errors=2)
        page = self.pages_of('HighErrorRate', 'firing')[0]
        self.assertEqual(seen | {'firing'}, {'pending', 'firing'})
        self.assertEqual(page['receiver'], 'people')
        alert, = page['alerts']
        self.assertEqual({k: alert['labels'][k] for k in ('severity', 'team')}, {'severity': 'warning', 'team': 'backend'})
        self.assertRegex(alert['annotations']['description'], r'Error rate is [\d.]+% \(threshold: 1%\)')
        self.assertEqual(alert['annotations']['summary'], 'High error rate on ', 'sum() without by has no job')
        wait_until('the mail', 10, lambda: any('HighErrorRate' in text for _, text in self.mail.mails))
        shown = subprocess.run(['amtool', f'--alertmanager.url=http://127.0.0.1:{self.stack.port(9093)}', 'alert', 'query', '-o', 'json'], capture_output=True, text=True, check=True).stdout
        self.assertIn('HighErrorRate', {a['labels']['alertname'] for a in json.loads(shown)})
        rules = get_json(self.stack.port(9090), '/api/v1/rules')['data']['groups']
        self.assertTrue(all(r['health'] == 'ok' for g in rules for r in g['rules']), rules)
        self.assertGreater(self.value('sum(job:http_requests:rate5m)'), 0)

    def test_4_survives_a_kill_in_the_middle(self):
        """Alert state, silences, the notification log and tail positions come back; nobody is told twice."""
        url = f'--alertmanager.url=http://127.0.0.1:{self.stack.port(9093)}'
        subprocess.run(['amtool', url, 'silence', 'add', 'alertname=Nothing', '-d', '1h', '-c', 'a test', '-a', 'me'], capture_output=True, check=True)
        told = len(self.pages_of('HighErrorRate', 'firing'))
        since = [a['activeAt'] for a in get_json(self.stack.port(9090), '/api/v1/alerts')['data']['alerts'] if a['labels']['alertname'] == 'HighErrorRate']
        subprocess.run(['pkill', '-KILL', '-f', f'pharos serve --data-dir {self.data}/data'], check=True)
        self.stack.close()
        self.start()
        self.assertTrue(self.serve(lambda: self.alerts('HighErrorRate') == ['firing'], 30, errors=2), self.alerts('HighErrorRate'))
        again = [a['activeAt'] for a in get_json(self.stack.port(9090), '/api/v1/alerts')['data']['alerts'] if a['labels']['alertname'] == 'HighErrorRate']
        self.assertEqual([s[:19] for s in again], [s[:19] for s in since])
        self.serve(lambda: False, 4, errors=2)
        self.assertEqual(len(self.pages_of('HighErrorRate', 'firing')), told)
        wait_until('a line a request, over the kill', 15, lambda: len(self.lines('{service="sample-app"} |= "hello request processed"')) == self.sent['/hello'])
        url = f'--alertmanager.url=http://127.0.0.1:{self.stack.port(9093)}'
        self.assertIn('a test', subprocess.run([*['amtool', url], 'silence', 'query'], capture_output=True, text=True, check=True).stdout)

    def test_5_it_resolves(self):
        self.assertTrue(self.serve(lambda: self.pages_of('HighErrorRate', 'resolved'), 90, errors=0))

    def test_6_dashboard_shows_what_the_api_answers(self):
        self.call('/hello', times=5)
        done = subprocess.run(['node', ROOT / 'test/e2e/web/dashboard_values.mjs', f'http://127.0.0.1:{self.stack.port(3000)}', 'sample-app-red-v1'], cwd=ROOT / 'web', capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_7_check_finds_the_traps(self):
        done = subprocess.run([BINARY, 'check', LAB], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1, 'checkout-prometheus.yml is refused')


BURN = '''
rule_files: [burn.yml]
evaluation_interval: 1m
tests:
- name: five of a hundred requests fail for half an hour
  interval: 1m
  input_series:
  - {series: 'app_http_requests_total{status="200"}', values: '0+950x180'}
  - {series: 'app_http_requests_total{status="500"}', values: '0x90 0+50x30'}
  alert_rule_test:
  - {eval_time: 89m, alertname: HighErrorBudgetBurn, exp_alerts: []}
  - {eval_time: 118m, alertname: HighErrorBudgetBurn, exp_alerts: [{exp_labels: {severity: critical}}]}
- name: one minute of the last hour was bad
  interval: 1m
  input_series:
  - {series: 'app_http_requests_total{status="200"}', values: '0+950x180'}
  - {series: 'app_http_requests_total{status="500"}', values: '0x90 500x90'}
  alert_rule_test:
  - {eval_time: 91m, alertname: HighErrorBudgetBurn, exp_alerts: []}
  - {eval_time: 94m, alertname: HighErrorBudgetBurn, exp_alerts: []}
  - {eval_time: 120m, alertname: HighErrorBudgetBurn, exp_alerts: []}
'''


@unittest.skipUnless(LAB.exists(), '../shared/lab is not here')
class BurnRate(unittest.TestCase):
    def test_fires_on_a_burn_and_not_on_a_spike(self):
        """The lab's multi-window alert over three hours of made-up traffic; promtool says the same of the same file."""
        with tempfile.TemporaryDirectory() as folder:
            rules = ''.join('  ' + line + '\n' for line in (LAB / 'slo/burn_rate_multiwindow.yml').read_text().splitlines())
            pathlib.Path(folder, 'burn.yml').write_text('groups:\n- name: burn\n  interval: 1m\n  rules:\n' + rules)
            test = pathlib.Path(folder, 'burn_test.yml')
            test.write_text(BURN)
            for command in ([BINARY, 'test', 'rules', test], ['promtool', 'test', 'rules', test]):
                done = subprocess.run(command, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            test.write_text(BURN.replace('eval_time: 118m, alertname: HighErrorBudgetBurn, exp_alerts: [{exp_labels: {severity: critical}}]', 'eval_time: 118m, alertname: HighErrorBudgetBurn, exp_alerts: []'))
            self.assertEqual(subprocess.run([BINARY, 'test', 'rules', test], capture_output=True).returncode, 1, 'a wrong expectation fails')


if __name__ == '__main__':
    unittest.main(argv=['test_lab'] + sys.argv[1:])
