"""Programs of Prometheus ask Pharos: promtool's queries, remote read through Debian's Prometheus, federation into it."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

import prom_data
from stack import Pharos, free_port, get, get_json, request, wait_until


@unittest.skipUnless(shutil.which('prometheus') and shutil.which('promtool'), 'Debian\'s prometheus is not installed')
class PrometheusClients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pharos = Pharos()
        cls.addClassCleanup(cls.pharos.close)
        cls.port = cls.pharos.ports['prometheus']
        cls.data = prom_data.Data((int(time.time()) - 120) // 60 * 60 - prom_data.SPAN)
        for body in cls.data.bodies():
            status, _, text = request(cls.port, 'POST', '/api/v1/write', body, prom_data.HEADERS)
            assert status in (200, 204), text

    def promtool(self, *args):
        done = subprocess.run(['promtool', 'query', *args], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_promtool(self):
        url, at = f'http://127.0.0.1:{self.port}', str(self.data.end_s)
        self.assertIn('up{env="prod", instance="host-0001:9100"', self.promtool('instant', '--time', at, url, 'up'))
        rows = self.promtool('range', '--start', str(self.data.end_s - 600), '--end', at, '--step', '60s', url, 'sum(rate(odd_total[5m]))')
        self.assertEqual(rows.count(' @['), 11, rows)
        series = self.promtool('series', '--match', 'demo_num_cpus', '--start', str(self.data.start_s), '--end', at, url)
        self.assertEqual(series.count('demo_num_cpus'), 3, series)
        self.assertIn('host-0003:9100', self.promtool('labels', url, 'instance'))
        self.assertEqual(json.loads(self.promtool('-o', 'json', 'instant', '--time', at, url, 'demo_num_cpus'))[0]['value'][1], '4')

    def start_prometheus(self, config, *flags):
        folder, port = tempfile.mkdtemp(prefix='pharos-client-'), free_port()
        self.addCleanup(shutil.rmtree, folder, True)
        path = os.path.join(folder, 'prometheus.yml')
        pathlib.Path(path).write_text(config)
        process = subprocess.Popen(['prometheus', '--config.file', path, '--storage.tsdb.path', os.path.join(folder, 'data'), f'--web.listen-address=127.0.0.1:{port}',
                                    '--enable-feature=native-histograms', *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        wait_until('Prometheus is ready', 60, lambda: get(port, '/-/ready')[0] == 200)
        return port

    def test_remote_read(self):
        """An empty Prometheus that reads from Pharos answers as Pharos does. (2.42 reads no native histograms from afar.)"""
        port = self.start_prometheus(f'remote_read: [{{url: "http://127.0.0.1:{self.port}/api/v1/read", read_recent: true}}]\n')
        at = self.data.start_s + 4507
        for query in ('demo_memory_usage_bytes', 'rate(odd_total[5m])', 'odd_special', 'count({__name__=~"demo.*"})',
                      'max_over_time(odd_gauge{shard!="1",kind=~"a|b"}[10m])', 'resets(odd_resets_total[30m])', 'odd_lines', 'odd_const'):
            for path, params in (('/api/v1/query', {'time': at}), ('/api/v1/query_range', {'start': at, 'end': at + 900, 'step': 90})):
                ours, theirs = (get_json(p, path, {'query': query, **params})['data']['result'] for p in (self.port, port))
                key = lambda s: sorted(s['metric'].items())
                self.assertEqual(sorted(ours, key=key), sorted(theirs, key=key), query)
                self.assertTrue(ours, query)
        names = get_json(port, '/api/v1/series', {'match[]': 'demo_num_cpus', 'start': self.data.start_s, 'end': self.data.end_s})['data']
        self.assertEqual(len(names), 3)

    def test_federation(self):
        """Debian's Prometheus scrapes /federate: protobuf, as it wants native histograms."""
        now = int(time.time())
        fresh = [prom_data.Series({'__name__': 'fed_gauge', 'job': 'fed', 'text': 'q"\\\n'}, [(now * 1000, 1.5)]),
                 prom_data.Series({'__name__': 'fed_native', 'job': 'fed'}, [(now * 1000, prom_data.Hist(1, {0: 3, 2: 1}, zero=2, total=5.5))]),
                 prom_data.Series({'__name__': 'fed_stale', 'job': 'fed'}, [(now * 1000 - 1000, 1.0), (now * 1000, prom_data.STALE)])]
        body = prom_data.snappy(b''.join(s.message_until(2 ** 62) for s in fresh))
        self.assertIn(request(self.port, 'POST', '/api/v1/write', body, prom_data.HEADERS)[0], (200, 204))
        port = self.start_prometheus(f'''
global: {{scrape_interval: 1s}}
scrape_configs:
  - {{job_name: pharos, honor_labels: true, metrics_path: /federate, params: {{"match[]": ['{{job="fed"}}']}}, static_configs: [{{targets: ["127.0.0.1:{self.port}"]}}]}}
''')

        def result(query):
            return get_json(port, '/api/v1/query', {'query': query})['data']['result']
        wait_until('a scrape', 30, lambda: result('fed_gauge'))
        self.assertEqual(result('up{job="pharos"}')[0]['value'][1], '1')
        gauge = result('fed_gauge')[0]
        self.assertEqual((gauge['metric'], gauge['value'][1]), ({'__name__': 'fed_gauge', 'job': 'fed', 'text': 'q"\\\n'}, '1.5'))
        self.assertEqual([r['value'][1] for r in result('timestamp(fed_gauge)')], [str(now)])
        histogram = result('fed_native')[0]['histogram'][1]
        self.assertEqual((histogram['count'], histogram['sum']), ('6', '5.5'))
        self.assertEqual(histogram, get_json(self.port, '/api/v1/query', {'query': 'fed_native'})['data']['result'][0]['histogram'][1])
        self.assertEqual(result('fed_stale'), [])


if __name__ == '__main__':
    unittest.main(argv=['test_prometheus_clients'])
