"""Deletion, snapshots, clean_tombstones and retention by size on the real program, across kills."""
import json
import os
import random
import shutil
import tempfile
import time
import unittest

from stack import Pharos, get, get_json, request, wait_until

DAY_MS = 24 * 3600 * 1000


def write(port, name, points, job='x'):
    """Points are (ms, value); one OTLP request."""
    data = [{'timeUnixNano': str(ms * 10**6), 'asDouble': value, 'attributes': [{'key': 'shard', 'value': {'stringValue': job}}]} for ms, value in points]
    body = {'resourceMetrics': [{'scopeMetrics': [{'metrics': [{'name': name, 'gauge': {'dataPoints': data}}]}]}]}
    status, _, text = request(port, 'POST', '/v1/metrics', json.dumps(body), {'Content-Type': 'application/json'})
    assert status == 200 and b'rejected' not in text, (status, text)


def read(pharos, name, now_ms):
    """Sample times of all series of the metric within the last twenty days."""
    out = {}
    answer = get_json(pharos.ports['prometheus'], '/api/v1/query', {'query': f'{name}[20d]', 'time': now_ms / 1000 + 60})
    for series in answer['data']['result']:
        out[series['metric']['shard']] = [round(float(t) * 1000) for t, _ in series['values']]
    return out


def admin(pharos, call, query='', port='prometheus'):
    status, _, text = request(pharos.ports[port], 'POST', f'/api/v1/admin/tsdb/{call}?{query}')
    return status, text.decode()


def part_bytes(pharos):
    total = 0
    for folder, _, files in os.walk(os.path.join(pharos.data_dir, 'data', 'default', 'samples')):
        total += sum(os.path.getsize(os.path.join(folder, f)) for f in files)
    return total


class Keep(unittest.TestCase):
    def test_admin_is_off(self):
        with Pharos() as pharos:
            for call in ('delete_series', 'clean_tombstones', 'snapshot'):
                status, text = admin(pharos, call, 'match[]=up')
                self.assertEqual(status, 500)
                self.assertEqual(text, '{"status":"error","errorType":"unavailable","error":"admin APIs disabled"}')

    def test_delete_survives_kills(self):
        now = int(time.time() * 1000)
        first = now - 3_600_000
        points = [(first + i * 1000, float(i)) for i in range(600)]
        with Pharos('--web.enable-admin-api') as pharos:
            write(pharos.port, 'cut', points[:300])
            self.assertEqual(request(pharos.port, 'POST', '/pharos/api/v1/admin/flush')[0], 200)
            write(pharos.port, 'cut', points[300:])
            write(pharos.port, 'cut', points, job='other')
            start, end = points[250][0], points[349][0]
            selector = 'match[]=cut%7Bshard%3D%22x%22%7D'
            self.assertEqual(admin(pharos, 'delete_series', f'{selector}&start={start / 1000}&end={end / 1000}'), (204, ''))
            wanted = {'x': [ms for ms, _ in points if not start <= ms <= end], 'other': [ms for ms, _ in points]}
            self.assertEqual(read(pharos, 'cut', now), wanted)
            pharos.kill()
            pharos.start()
            self.assertEqual(read(pharos, 'cut', now), wanted)
            # Written again, it is there, also after all of it is deleted.
            write(pharos.port, 'cut', points[300:310])
            wanted['x'] = sorted(wanted['x'] + [ms for ms, _ in points[300:310]])
            self.assertEqual(read(pharos, 'cut', now), wanted)
            self.assertEqual(request(pharos.port, 'POST', '/pharos/api/v1/admin/flush')[0], 200)
            pharos.kill()
            pharos.start()
            self.assertEqual(read(pharos, 'cut', now), wanted)
            self.assertEqual(admin(pharos, 'delete_series', 'match[]=cut'), (204, ''))
            self.assertEqual(read(pharos, 'cut', now), {})
            before = part_bytes(pharos)
            self.assertEqual(admin(pharos, 'clean_tombstones'), (204, ''))
            self.assertLess(part_bytes(pharos), before)
            pharos.kill()
            pharos.start()
            self.assertEqual(read(pharos, 'cut', now), {})
            self.assertEqual(get_json(pharos.ports['prometheus'], '/api/v1/series', {'match[]': 'cut'})['data'], [])
            self.assertEqual(get(pharos.ports['prometheus'], '/api/v1/label/shard/values')[1], '{"status":"success","data":[]}')

    def test_snapshot_is_a_data_directory(self):
        now = int(time.time() * 1000)
        points = [(now - 60_000 + i * 1000, random.random()) for i in range(50)]
        with Pharos('--web.enable-admin-api') as pharos:
            write(pharos.port, 'kept', points)
            status, text = admin(pharos, 'snapshot')
            self.assertEqual(status, 200, text)
            name = json.loads(text)['data']['name']
            self.assertRegex(name, r'^\d{8}T\d{6}Z-[0-9a-f]{16}$')
            write(pharos.port, 'later', points)
            with tempfile.TemporaryDirectory() as folder:
                shutil.copytree(os.path.join(pharos.data_dir, 'data', 'snapshots', name), os.path.join(folder, 'data'))
                with Pharos(data_dir=folder) as other:
                    self.assertEqual(read(other, 'kept', now)['x'], [ms for ms, _ in points])
                    self.assertEqual(read(other, 'later', now), {})
                    write(other.port, 'more', points)
                    self.assertEqual(len(read(other, 'more', now)['x']), 50)
            self.assertEqual(read(pharos, 'kept', now)['x'], [ms for ms, _ in points])

    def test_retention_by_size(self):
        now = int(time.time() * 1000)
        with tempfile.TemporaryDirectory() as folder:
            config = os.path.join(folder, 'pharos.yaml')
            with open(config, 'w') as f:
                f.write('storage: {retention_size: {metrics: 60KiB}}\n')
            with Pharos('--config', config) as pharos:
                for day in range(9, -1, -1):
                    write(pharos.port, 'old', [(now - day * DAY_MS - i * 1000, random.random()) for i in range(1500, 0, -1)])
                self.assertEqual(request(pharos.port, 'POST', '/pharos/api/v1/admin/flush')[0], 200)
                samples = os.path.join(pharos.data_dir, 'data', 'default', 'samples')
                wait_until('the oldest days are gone', 20, lambda: part_bytes(pharos) <= 60 * 1024)
                days = sorted(os.listdir(samples))
                self.assertEqual(days[-1], time.strftime('%Y-%m-%d', time.gmtime((now - 1000) / 1000)))
                self.assertGreater(len(days), 1)
                self.assertLess(len(days), 9)
                times = read(pharos, 'old', now)['x']
                self.assertGreater(min(times), now - (len(days) + 1) * DAY_MS)
                runtime = get_json(pharos.ports['prometheus'], '/api/v1/status/runtimeinfo')['data']
                self.assertEqual(runtime['storageRetention'], '15d or 60KiB')

    def test_limits_and_cardinality(self):
        now = int(time.time() * 1000)
        with tempfile.TemporaryDirectory() as folder:
            config = os.path.join(folder, 'pharos.yaml')
            with open(config, 'w') as f:
                f.write('limits: {series_per_metric: 20}\n')
            with Pharos('--config', config) as pharos:
                for i in range(20):
                    write(pharos.port, 'wide', [(now, 1.0)], job=f'p{i}')
                data = [{'timeUnixNano': str(now * 10**6), 'asDouble': 1, 'attributes': [{'key': 'shard', 'value': {'stringValue': f'q{i}'}}]} for i in range(3)]
                body = {'resourceMetrics': [{'scopeMetrics': [{'metrics': [{'name': 'wide', 'gauge': {'dataPoints': data}}, {'name': 'narrow', 'gauge': {'dataPoints': data[:1]}}]}]}]}
                status, _, text = request(pharos.port, 'POST', '/v1/metrics', json.dumps(body), {'Content-Type': 'application/json'})
                self.assertEqual(status, 200)
                partial = json.loads(text)['partialSuccess']
                self.assertEqual(int(partial['rejectedDataPoints']), 3)
                self.assertIn('metric "wide" has 20 series', partial['errorMessage'])
                self.assertIn('limits.series_per_metric', partial['errorMessage'])
                self.assertEqual(list(read(pharos, 'narrow', now)), ['q0'])
                self.assertIn('pharos_samples_series_refused_total{reason="metric_series"} 3', get(pharos.port, '/metrics')[1])
                report = get_json(pharos.port, '/pharos/api/v1/cardinality', {'focusLabel': 'shard', 'limit': 3})['data']
                self.assertEqual(report['byMetric'][0]['name'], 'wide')
                self.assertEqual(report['byMetric'][0]['series'], 20)
                self.assertEqual(report['byMetric'][0]['labels'][0], {'name': 'shard', 'values': 20})
                self.assertEqual(len(report['focusLabelValues']), 3)
                status_page = get_json(pharos.ports['prometheus'], '/api/v1/status/tsdb', {'limit': 1})['data']
                self.assertEqual(status_page['seriesCountByMetricName'], [{'name': 'wide', 'value': 20}])


if __name__ == '__main__':
    unittest.main(argv=['test_keep'])
