"""The requests of Grafana's Prometheus data source (10.3 and 13): health check, variables, query builder, explore, exemplars. Each answer has the fields that it reads."""
import json
import re
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


if __name__ == '__main__':
    unittest.main(argv=['test_grafana_prometheus'])
