"""The requests of Grafana's Prometheus data source (10.3 and 13): health check, variables, query builder, explore, exemplars. Each answer has the fields that it reads."""
import gzip
import json
import os
import re
import tempfile
import time
import unittest
import urllib.parse

import prom_data
from stack import Pharos, request, wait_until

LABELS = {'__name__': 'shop_latency_seconds_bucket', 'job': 'shop', 'instance': 'shop:8000', 'le': '0.5'}


def exemplar(labels, value, time_ms):
    return prom_data.blob(3, prom_data.label_block(labels) + prom_data.double(2, value) + prom_data.number(3, time_ms))


def metadata(family, kind, help_text):
    return prom_data.blob(3, prom_data.number(1, kind) + prom_data.blob(2, family.encode()) + prom_data.blob(4, help_text.encode()))


class Grafana(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pharos = Pharos()
        cls.addClassCleanup(cls.pharos.close)
        cls.now = int(time.time())
        message = b''
        for name, le in (('shop_latency_seconds_bucket', '0.5'), ('shop_latency_seconds_bucket', '+Inf'), ('up', None)):
            labels = {**LABELS, '__name__': name, 'le': le}
            if le is None:
                del labels['le']
            points = [(t * 1000 + 250, float(t % 1000)) for t in range(cls.now - 600, cls.now, 15)]
            message += prom_data.Series(labels, points).message_until(2 ** 62)
        native = [((cls.now - 600 + i * 15) * 1000 + 250, prom_data.Hist(1, {0: i + 1, 1: 2}, total=float(i))) for i in range(40)]
        message += prom_data.Series({'__name__': 'shop_native_seconds', 'job': 'shop'}, native).message_until(2 ** 62)
        message += prom_data.blob(1, prom_data.label_block(LABELS) + exemplar({'trace_id': 'abc123'}, 0.42, (cls.now - 60) * 1000))
        message += metadata('up', 2, 'Whether the target answers.') + metadata('shop_latency_seconds', 3, 'Latency of <requests>.')
        status, _, text = request(cls.pharos.ports['prometheus'], 'POST', '/api/v1/write', prom_data.snappy(message), prom_data.HEADERS)
        assert status in (200, 204), text

    def ask(self, method, path, params=(), form=False):
        """Grafana sends queries as forms, the rest in the address; the answer's JSON."""
        encoded = urllib.parse.urlencode(params, doseq=True)
        headers = {'User-Agent': 'Grafana/13.0.0', 'Accept-Encoding': 'identity', 'X-Grafana-Org-Id': '1', 'Accept': 'application/json'}
        if form:
            headers['Content-Type'] = 'application/x-www-form-urlencoded'
        status, answer_headers, body = request(self.pharos.ports['prometheus'], method, path if form or not encoded else f'{path}?{encoded}', encoded if form else None, headers)
        self.assertEqual((status, answer_headers['Content-Type']), (200, 'application/json'), body)
        answer = json.loads(body)
        self.assertEqual(answer['status'], 'success')
        return answer

    def window(self, **more):
        return {'start': str(self.now - 600), 'end': str(self.now), **more}

    def test_health_check(self):
        """"Save & test": 1+1 at a time with fractions, then what kind of server it is."""
        data = self.ask('POST', '/api/v1/query', {'query': '1+1', 'time': f'{self.now}.123'}, form=True)['data']
        self.assertEqual(data, {'resultType': 'scalar', 'result': [self.now + .123, '2']})
        build = self.ask('GET', '/api/v1/status/buildinfo')['data']
        self.assertRegex(build['version'], r'^\d+\.\d+\.\d+')
        self.assertGreaterEqual(tuple(map(int, build['version'].split('.')[:2])), (2, 37), 'newer than what Grafana asks series for instead of labels')
        for field in ('revision', 'branch', 'buildUser', 'buildDate', 'goVersion'):
            self.assertIn(field, build)
        self.assertNotIn('application', build, 'that would be Mimir')
        self.assertIsInstance(self.ask('GET', '/api/v1/rules')['data']['groups'], list)

    def test_health_check_of_the_backend(self):
        """Grafana's server asks at the fourth second of 1970; without `features` it takes us for a Prometheus and no Mimir."""
        for method in ('POST', 'GET'):
            data = self.ask(method, '/api/v1/query', {'query': '1+1', 'time': '4', 'timeout': '60s'}, form=method == 'POST')['data']
            self.assertEqual(data, {'resultType': 'scalar', 'result': [4, '2']})
        build = self.ask('GET', '/api/v1/status/buildinfo')
        self.assertEqual(list(build), ['status', 'data'])
        self.assertEqual(list(build['data']), ['version', 'revision', 'branch', 'buildUser', 'buildDate', 'goVersion'])
        self.assertTrue(all(isinstance(v, str) for v in build['data'].values()))

    def test_posts_that_fall_back_to_get(self):
        """Resource calls are POSTed first, but for those known to be GET only; 405 makes Grafana ask again by GET."""
        for path in ('/api/v1/label/job/values', '/api/v1/metadata', '/api/v1/status/buildinfo', '/api/v1/rules', '/api/v1/alerts', '/api/v1/targets'):
            status, headers, _ = request(self.pharos.ports['prometheus'], 'POST', path, urllib.parse.urlencode(self.window()), {'Content-Type': 'application/x-www-form-urlencoded'})
            self.assertEqual(status, 405, path)
            self.ask('GET', path, self.window() if 'label' in path else ())
        for path, params in (('/api/v1/labels', {}), ('/api/v1/series', {'match[]': '{job="shop"}'})):
            by_post = self.ask('POST', path, self.window(**params), form=True)
            self.assertEqual(by_post, self.ask('GET', path, self.window(**params)), path)

    def test_times_with_fractions(self):
        """Times are floats of seconds, `step` too, without exponents."""
        start, end = self.now - 300 + 0.25, self.now - 200 + 0.25
        for method in ('POST', 'GET'):
            params = {'query': 'up', 'start': repr(start), 'end': repr(end), 'step': '0.5', 'timeout': '30s'}
            series = self.ask(method, '/api/v1/query_range', params, form=method == 'POST')['data']['result']
            times = [t for t, _ in series[0]['values']]
            self.assertEqual((times[0], times[1], times[-1], len(times)), (start, start + 0.5, end, 201))

    def test_long_answers(self):
        """More than fits one piece: chunked, compressed or not, the same text."""
        params = urllib.parse.urlencode({'query': 'label_replace(vector(1), "n", "x", "", "") or rate(shop_latency_seconds_bucket[1m]) or ' +
                                         ' or '.join(f'label_replace(vector({i}.25), "n", "{i}", "", "")' for i in range(40)),
                                         'start': self.now - 600, 'end': self.now, 'step': '0.1'})
        texts = []
        for accept in ('identity', 'gzip'):
            status, headers, body = request(self.pharos.ports['prometheus'], 'GET', f'/api/v1/query_range?{params}', None, {'Accept-Encoding': accept})
            self.assertEqual((status, headers.get('Transfer-Encoding'), headers.get('Content-Encoding', 'identity')), (200, 'chunked', accept))
            texts.append(gzip.decompress(body) if accept == 'gzip' and body[:2] == b'\x1f\x8b' else body)
        self.assertEqual(texts[0], texts[1])
        answer = json.loads(texts[0])
        self.assertEqual(answer['status'], 'success')
        self.assertEqual(len(answer['data']['result']), 43)
        self.assertEqual({len(s['values']) for s in answer['data']['result'] if 'n' in s['metric']}, {6001})

    def test_panel_range_query(self):
        for method in ('POST', 'GET'):
            answer = self.ask(method, '/api/v1/query_range', self.window(query='rate(shop_latency_seconds_bucket[1m])', step='15'), form=method == 'POST')
            self.assertEqual(answer['data']['resultType'], 'matrix')
            series = answer['data']['result']
            self.assertEqual([s['metric'] for s in series], [{'instance': 'shop:8000', 'job': 'shop', 'le': le} for le in ('+Inf', '0.5')])
            for when, value in series[0]['values']:
                self.assertEqual((when - self.now) % 15, 0)
                self.assertIsInstance(value, str)
                float(value)

    def test_native_histogram_as_heatmap(self):
        series = self.ask('POST', '/api/v1/query_range', self.window(query='sum(rate(shop_native_seconds[2m]))', step='60'), form=True)['data']['result'][0]
        self.assertNotIn('values', series)
        _, histogram = series['histograms'][-1]
        self.assertEqual(sorted(histogram), ['buckets', 'count', 'sum'])
        for side, low, high, count in histogram['buckets']:
            self.assertIn(side, (0, 1, 2, 3))
            self.assertLess(float(low), float(high))
            self.assertGreater(float(count), 0)

    def test_instant_query_of_tables_and_alerts(self):
        answer = self.ask('POST', '/api/v1/query', {'query': 'topk(1, up)', 'time': str(self.now)}, form=True)
        self.assertEqual(answer['data']['resultType'], 'vector')
        self.assertEqual(answer['data']['result'][0]['metric']['__name__'], 'up')
        self.assertEqual(len(answer['data']['result'][0]['value']), 2)
        answer = self.ask('POST', '/api/v1/query', {'query': 'rate(up[5m])', 'time': str(self.now)}, form=True)
        self.assertTrue(any('might not be a counter' in i for i in answer['infos']), 'shown as a notice')

    def test_explore_shows_errors(self):
        status, _, body = request(self.pharos.ports['prometheus'], 'POST', '/api/v1/query', 'query=up%28', {'Content-Type': 'application/x-www-form-urlencoded'})
        self.assertEqual(status, 400)
        self.assertEqual(json.loads(body), {'status': 'error', 'errorType': 'bad_data', 'error': 'invalid parameter "query": 1:4: parse error: unclosed left parenthesis'})

    def test_variables(self):
        window = self.window()
        self.assertEqual(self.ask('GET', '/api/v1/labels', window)['data'], ['__name__', 'instance', 'job', 'le'])
        self.assertEqual(self.ask('POST', '/api/v1/labels', self.window(**{'match[]': 'up'}), form=True)['data'], ['__name__', 'instance', 'job'], 'label_names of 13')
        self.assertEqual(self.ask('GET', '/api/v1/label/job/values', window)['data'], ['shop'], 'label_values(job)')
        self.assertEqual(self.ask('GET', '/api/v1/label/le/values', {**window, 'match[]': 'shop_latency_seconds_bucket{job="shop"}'})['data'], ['+Inf', '0.5'], 'label_values(metric, le)')
        names = self.ask('GET', '/api/v1/label/__name__/values', {**window, 'limit': '40000'})['data']
        self.assertEqual(names, ['shop_latency_seconds_bucket', 'shop_native_seconds', 'up'], 'metrics(.*)')
        cut = self.ask('GET', '/api/v1/label/__name__/values', {**window, 'limit': '1'})
        self.assertEqual((cut['data'], cut['warnings']), (names[:1], ['results truncated due to limit']))
        vector = self.ask('POST', '/api/v1/query', {'query': 'count by (job) (up)', 'time': str(self.now)}, form=True)['data']['result']
        self.assertEqual(vector[0]['metric'], {'job': 'shop'}, 'query_result(…)')
        series = self.ask('POST', '/api/v1/series', {**window, 'match[]': ['up', '{le="0.5"}'], 'limit': '40000'}, form=True)['data']
        self.assertEqual([s['__name__'] for s in series], ['shop_latency_seconds_bucket', 'up'], 'series of the older builder')

    def test_query_builder(self):
        data = self.ask('GET', '/api/v1/metadata', {'limit': '19000'})['data']
        self.assertEqual(data['up'], [{'type': 'gauge', 'help': 'Whether the target answers.', 'unit': ''}])
        self.assertEqual(data['shop_latency_seconds'][0]['type'], 'histogram')
        self.assertEqual(list(self.ask('GET', '/api/v1/metadata', {'metric': 'up', 'limit_per_metric': '1'})['data']), ['up'])
        values = self.ask('GET', '/api/v1/label/instance/values', self.window(**{'match[]': '{__name__=~".*latency.*", job="shop"}'}))['data']
        self.assertEqual(values, ['shop:8000'])

    def test_exemplars(self):
        for method in ('POST', 'GET'):
            data = self.ask(method, '/api/v1/query_exemplars', self.window(query='histogram_quantile(0.9, rate(shop_latency_seconds_bucket[5m]))'), form=method == 'POST')['data']
            self.assertEqual(data, [{'seriesLabels': LABELS, 'exemplars': [{'labels': {'trace_id': 'abc123'}, 'value': '0.42', 'timestamp': self.now - 60}]}])

    def test_alert_list_and_status(self):
        self.assertEqual(self.ask('GET', '/api/v1/alerts')['data'], {'alerts': []})
        self.assertIn('activeAlertmanagers', self.ask('GET', '/api/v1/alertmanagers')['data'])
        self.assertEqual(self.ask('GET', '/api/v1/rules', {'type': 'alert', 'group_limit': '10'})['data'], {'groups': []})

    def test_answers_are_compressed_when_asked(self):
        status, headers, _ = request(self.pharos.ports['prometheus'], 'GET', '/api/v1/query_range?' + urllib.parse.urlencode(self.window(query='up', step='1')), None, {'Accept-Encoding': 'gzip'})
        self.assertEqual((status, headers.get('Content-Encoding')), (200, 'gzip'))


RULES = """groups:
- name: shop
  interval: 1s
  rules:
  - record: job:up:sum
    expr: sum by (job) (vector(3))
  - alert: ShopDown
    expr: vector(1) > 0
    labels: {severity: page}
    annotations: {summary: 'the shop is down'}
"""


class GrafanaAlerting(unittest.TestCase):
    """What the alert list and the rules pages read of /api/v1/rules and /api/v1/alerts."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.rules = os.path.join(folder.name, 'rules.yml')
        with open(cls.rules, 'w') as f:
            f.write(RULES)
        config = os.path.join(folder.name, 'prometheus.yml')
        with open(config, 'w') as f:
            f.write(f'rule_files: [{cls.rules}]\n')
        cls.pharos = Pharos('--config.prometheus', config)
        cls.addClassCleanup(cls.pharos.close)

    def data(self, path):
        status, headers, body = request(self.pharos.ports['prometheus'], 'GET', path, None, {'Accept': 'application/json'})
        self.assertEqual((status, headers['Content-Type']), (200, 'application/json'), body)
        answer = json.loads(body)
        self.assertEqual(answer['status'], 'success')
        return answer['data']

    def test_rules(self):
        group = wait_until('the alert fires', 20, lambda: next((g for g in self.data('/api/v1/rules')['groups'] if g['rules'][1].get('state') == 'firing'), None))
        self.assertEqual((group['name'], group['file'], group['interval'], group['limit']), ('shop', self.rules, 1, 0))
        self.assertEqual(sorted(group), ['evaluationTime', 'file', 'interval', 'lastEvaluation', 'limit', 'name', 'rules'])
        record, alert = group['rules']
        self.assertEqual((record['type'], record['name'], record['query'], record['health']), ('recording', 'job:up:sum', 'sum by (job) (vector(3))', 'ok'))
        self.assertEqual((alert['type'], alert['name'], alert['query'], alert['health']), ('alerting', 'ShopDown', 'vector(1) > 0', 'ok'))
        self.assertEqual((alert['duration'], alert['keepFiringFor'], alert['labels'], alert['annotations']), (0, 0, {'severity': 'page'}, {'summary': 'the shop is down'}))
        for rule in (record, alert):
            self.assertRegex(rule['lastEvaluation'], r'^\d{4}-\d\d-\d\dT')
            self.assertIsInstance(rule['evaluationTime'], (int, float))
        self.assertEqual(sorted(alert['alerts'][0]), ['activeAt', 'annotations', 'labels', 'state', 'value'])
        self.assertEqual(self.data('/api/v1/alerts')['alerts'], alert['alerts'])
        only = self.data('/api/v1/rules?type=record')['groups'][0]['rules']
        self.assertEqual([r['name'] for r in only], ['job:up:sum'])
        self.assertEqual(self.data('/api/v1/rules?rule_name%5B%5D=ShopDown')['groups'][0]['rules'][0]['name'], 'ShopDown')
        self.assertIsNone(self.data('/api/v1/rules?exclude_alerts=true&type=alert')['groups'][0]['rules'][0]['alerts'], 'as Go writes an empty list')


if __name__ == '__main__':
    unittest.main(argv=['test_grafana_prometheus'])
