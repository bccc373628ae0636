"""The same samples in Debian's Prometheus and in Pharos must give the same answers, byte for byte.

Every template of ../shared/data/compliance in all its expansions, and random queries by grammar (2,000; 20,000 with --long). DIFFERENCES is the one table of
what Prometheus 3 answers otherwise than the 2.42 of Debian 12; a query that is not in it must agree: equal value strings, or within 1e-12 (counted, at most 0.1 %).
SEED=N chooses other random queries; VERBOSE=1 prints the queries whose answers differ in their last digits.
"""
import concurrent.futures
import http.client
import json
import math
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

import prom_data
import prom_queries
from stack import ROOT, Pharos, free_port, get, get_json, request, wait_until

TEMPLATES = ROOT.parent / 'shared/data/compliance/promql/promql-test-queries.yml'
LONG = '--long' in sys.argv
RANDOM_QUERIES = 20_000 if LONG else 2_000
CLOSE = 1e-12  # relative

# What Prometheus 3 answers otherwise than 2.42; the same names stand in docs/compat/prometheus.md. name → (why, which queries, how far values may be apart
# relative to each other (None: any answer may be another), a query that shows it).
SUMS = r'\b(sum|avg|stddev|stdvar)\b|\b(avg|stddev|stdvar)_over_time\b'
DIFFERENCES = {
    'names in UTF-8': ('a label name may be any text', r'~invalid', None, 'label_join(demo_num_cpus, "~invalid", "-", "instance")'),
    'a dot matches a newline': ('in regular expressions', r'text=~', None, 'odd_lines{text=~"a.b"}'),
    'atan2 drops the name': ('2.42 left the metric name on what atan2 gives', r'atan2', None, 'up atan2 1'),
    'subqueries are open on the left': ('a step on the left edge of a subquery\'s window does not count; here only subqueries in subqueries have such steps',
                                        r':\d+[ms]\].*:\d+[ms]\]', None, 'sum_over_time(count_over_time(up[5m:30s])[10m:30s])'),
    'predict_linear at a fixed time': ('2.42 moved the window of predict_linear(x[5m] @ start(), …) with each step', r'predict_linear\(.*@', None, 'predict_linear(odd_gauge[5m] @ start(), 60)'),
    'native histograms': ('functions and operators that 2.42 did not have for them; interpolation within a bucket is exponential; gauges have no resets',
                          r'^(?=.*odd_native)(?!(count|group|histogram_count|histogram_sum|sum by|rate|increase|timestamp|present_over_time|count_over_time)\b|odd_native\w*$)',
                          None, 'avg(odd_native)'),
    'extrapolation to zero': ('a rate is first extrapolated by half an interval where the window is not covered, then cut at zero; 2.42 did it the other way round',
                              r'\b(rate|increase)\(', None, 'rate(demo_api_request_duration_seconds_count[1h] offset 70m)'),
    'deviation of NaN and infinities': ('one NaN or infinity in a group makes its variance NaN; 2.42 said 0 of a single one; compensated sums meet infinities elsewhere',
                                        r'std(var|dev)', None, 'stdvar without () (odd_special)'),
    'topk of NaN': ('2.42 let a NaN push out another', r'topk|bottomk', None, 'topk(2, odd_special * NaN)'),
    'logarithms of subnormal numbers': ('Go\'s assembly for them is wrong', r'^(?=.*\b(ln|log10)\(|.*\^)(?=.*odd_special)', None, 'ln(odd_special == 5e-324)'),
    'compensated sums': ('sum and avg carry what rounding lost, and avg divides once; what is computed from them (differences, sines, …) may be farther off', SUMS, 1e-6,
                         'sum(odd_scale)'),
    'values of sums as labels': ('count_values of the above', r'count_values.*(' + SUMS + ')', None, 'count_values("v", avg by (instance) (demo_memory_usage_bytes))'),
}
MATCHING = {name: re.compile(pattern) for name, (_, pattern, _, _) in DIFFERENCES.items()}


class Server:
    """Asks one server, with a kept connection a thread."""

    def __init__(self, port):
        self.port, self.local, self.open = port, threading.local(), []

    def close(self):
        for connection in self.open:
            connection.close()

    def ask(self, path, params):
        body = urllib.parse.urlencode(params)
        for _ in range(2):
            connection = getattr(self.local, 'connection', None)
            if connection is None:
                connection = self.local.connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=120)
                self.open.append(connection)
            try:
                connection.request('POST', path, body, {'Content-Type': 'application/x-www-form-urlencoded'})
                response = connection.getresponse()
                return response.status, json.loads(response.read())
            except (OSError, http.client.HTTPException):
                connection.close()
                self.local.connection = None
        raise AssertionError(f'port {self.port} does not answer {path} {params}')


class Debian:
    """Debian's Prometheus, empty, taking remote writes."""

    def __init__(self):
        self.folder, self.port = tempfile.mkdtemp(prefix='pharos-debian-'), free_port()
        config = os.path.join(self.folder, 'prometheus.yml')
        pathlib.Path(config).write_text('global: {evaluation_interval: 1m}\n')
        self.process = subprocess.Popen(
            ['prometheus', '--config.file', config, '--storage.tsdb.path', os.path.join(self.folder, 'data'), f'--web.listen-address=127.0.0.1:{self.port}',
             '--web.enable-remote-write-receiver', '--enable-feature=native-histograms'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until('Debian\'s Prometheus is ready', 60, lambda: get(self.port, '/-/ready')[0] == 200)

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, True)


def flatten(answer):
    """{(labels, time): value}: floats as their strings, histograms as canonical JSON."""
    data, out = answer['data'], {}
    if data['resultType'] in ('scalar', 'string'):
        out[((), data['result'][0])] = data['result'][1]
        return out
    for series in data['result']:
        key = tuple(sorted(series['metric'].items()))
        points = series.get('values') or ([series['value']] if 'value' in series else [])
        for when, value in points:
            out[key, when] = value
        histograms = series.get('histograms') or ([series['histogram']] if 'histogram' in series else [])
        for when, value in histograms:
            out[key, when] = json.dumps(value, sort_keys=True)
    return out


def distance(ours, theirs):
    """Relative (to the smallest normal number at least); infinite between what no rounding brings together."""
    try:
        a, b = float(ours), float(theirs)
    except (TypeError, ValueError):
        return math.inf
    if not math.isfinite(a) or not math.isfinite(b):
        return 0 if str(a) == str(b) else math.inf
    return abs(a - b) / max(abs(a), abs(b), sys.float_info.min)


class Tally:
    def __init__(self):
        self.queries = self.points = self.identical = self.near = self.errors = 0
        self.named, self.wrong, self.near_queries, self.lock = {}, [], {}, threading.Lock()

    def name_of(self, query, far):
        """The difference that explains values this far apart; None: no difference of ours does."""
        for name, (_, _, tolerance, _) in DIFFERENCES.items():
            if MATCHING[name].search(query) and (tolerance is None or far <= tolerance):
                return name
        return None

    def add(self, query, what, ours, theirs):
        """Compares two answers (status, JSON) to one query."""
        with self.lock:
            self.queries += 1
            if (ours[0] == 200) != (theirs[0] == 200):
                text = f'{ours[0]} {ours[1].get("error", "")[:150]} | {theirs[0]} {theirs[1].get("error", "")[:150]}'
                return self.differs(query, what, math.inf, text)
            if ours[0] != 200:
                self.errors += 1
                return None
            a, b = flatten(ours[1]), flatten(theirs[1])
            for key in a.keys() | b.keys():
                self.points += 1
                left, right = a.get(key), b.get(key)
                if left == right:
                    self.identical += 1
                elif not self.differs(query, what, distance(left, right), f'{key}: {left} | {right}'):
                    return None  # one point a query is enough to read
            return None

    def differs(self, query, what, far, text):
        name = self.name_of(query, far)
        if name is not None:
            self.named[name] = self.named.get(name, 0) + 1
        elif far <= CLOSE:
            self.near += 1
            self.near_queries[query] = self.near_queries.get(query, 0) + 1
        else:
            self.wrong.append(f'{query}\n    {what}: ours | theirs: {text}')
            return False
        return True

    def report(self, title):
        print(f'{title}: {self.queries} queries ({self.errors} refused by both), {self.points} points: {self.identical} identical, {self.near} within {CLOSE}, '
              f'{sum(self.named.values())} named, {len(self.wrong)} queries unexplained', flush=True)
        for name, count in sorted(self.named.items()):
            print(f'    {name}: {count}')
        if os.environ.get('VERBOSE'):
            for query, count in sorted(self.near_queries.items(), key=lambda i: -i[1]):
                print(f'    near {count}: {query}')


@unittest.skipUnless(shutil.which('prometheus'), 'Debian\'s prometheus is not installed: nothing to compare with')
class Compare(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data = prom_data.Data((int(time.time()) - 300) // 600 * 600 - prom_data.SPAN - 600)
        cls.debian = Debian()
        cls.addClassCleanup(cls.debian.close)
        cls.pharos = Pharos()
        cls.addClassCleanup(cls.pharos.close)
        for body in cls.data.bodies():
            for port in (cls.pharos.port, cls.debian.port):
                status, _, text = request(port, 'POST', '/api/v1/write', body, prom_data.HEADERS)
                if status not in (200, 204):
                    raise AssertionError(f'write to {port}: {status} {text[:300]}')
        cls.ours, cls.theirs = Server(cls.pharos.port), Server(cls.debian.port)
        cls.addClassCleanup(cls.ours.close)
        cls.addClassCleanup(cls.theirs.close)

    def both(self, tally, query, kind, params):
        path = '/api/v1/' + kind
        tally.add(query, f'{kind} {params}', self.ours.ask(path, {'query': query, **params}), self.theirs.ask(path, {'query': query, **params}))

    def run_all(self, title, jobs):
        tally = Tally()
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(self.both, tally, *job) for job in jobs]:
                done.result()
        tally.report(title)
        self.assertEqual(tally.wrong, [], f'{title}: {len(tally.wrong)} queries differ:\n' + '\n'.join(tally.wrong[:40]))
        self.assertLessEqual(tally.near, tally.points / 1000, sorted(tally.near_queries.items(), key=lambda i: -i[1])[:40])
        self.assertGreater(tally.points, 0)
        return tally

    # Queries start 7 s after a multiple of ten: the steps of subqueries (multiples of ten) never lie on the edge of their window.
    def test_templates(self):
        if not TEMPLATES.exists():
            self.skipTest(f'{TEMPLATES} is not here')
        start = self.data.start_s + 4507
        jobs = []
        for query in prom_queries.templates(TEMPLATES):
            jobs.append((query, 'query_range', {'start': start, 'end': start + 600, 'step': 10}))
            jobs.append((query, 'query', {'time': start + 900}))
        self.run_all('templates', jobs)

    def test_random(self):
        seed = int(os.environ.get('SEED', '1'))
        grammar, rnd, jobs = prom_queries.Grammar(seed), random.Random(seed), []
        for _ in range(RANDOM_QUERIES):
            query = grammar.one()
            start = self.data.start_s + rnd.randrange(0, 600) * 10 + 7
            if rnd.random() < .8:
                step = rnd.choice((10, 30, 60, 120))
                jobs.append((query, 'query_range', {'start': start, 'end': start + step * rnd.randrange(1, 40), 'step': step}))
            else:
                jobs.append((query, 'query', {'time': start}))
        self.run_all(f'random (seed {seed})', jobs)

    def test_natives(self):
        jobs, start = [], self.data.start_s + 1807
        for query in prom_queries.natives():
            jobs.append((query, 'query_range', {'start': start, 'end': start + 3600, 'step': 60}))
            jobs.append((query, 'query', {'time': start + 1800}))
        self.run_all('native histograms', jobs)

    def test_differences_exist(self):
        """Each named difference has a query that shows it: the table holds no excuse that is not needed."""
        start, page = self.data.start_s + 5407, (ROOT / 'docs/compat/prometheus.md').read_text()
        for name, (_, _, _, query) in DIFFERENCES.items():
            with self.subTest(name):
                self.assertIn(f'| {name} |', page)
                params = {'query': query, 'start': start, 'end': start + 600, 'step': 10}
                ours, theirs = (server.ask('/api/v1/query_range', params) for server in (self.ours, self.theirs))
                self.assertEqual(ours[0], 200, ours)
                self.assertTrue(theirs[0] != 200 or flatten(ours[1]) != flatten(theirs[1]), query)


if __name__ == '__main__':
    unittest.main(argv=['test_prometheus_compare'] + [a for a in sys.argv[1:] if a != '--long'])
