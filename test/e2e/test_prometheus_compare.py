"""The same samples in Debian's Prometheus and in Pharos must give the same answers, byte for byte.

Every template of ../shared/data/compliance in all its expansions, and random queries by grammar (2,000; 20,000 with --long). DIFFERENCES is the one table of
what Prometheus 3 answers otherwise than the 2.42 of Debian 12. None of them excuses an answer: each says what the answer must be instead, either by asking 2.42 in other words (prom_ast), or
worked out from the samples (prom_natives, and below). A query that is not in it must agree: equal value strings, or within 1e-12 (counted, at most 0.1 %).
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

import prom_ast
import prom_data
import prom_natives
import prom_queries
from stack import ROOT, Pharos, free_port, get, get_json, request, wait_until

TEMPLATES = ROOT.parent / 'shared/data/compliance/promql/promql-test-queries.yml'
LONG = '--long' in sys.argv
RANDOM_QUERIES = 20_000 if LONG else 2_000
CLOSE = 1e-12  # relative

# What Prometheus 3 answers otherwise than 2.42; the same names stand in docs/compat/prometheus.md. name → (which queries, how 2.42 is asked for what 3 gives, a query that shows it).
#   'words': 2.42 gives exactly our answer when it is asked in other words
#   'steps': likewise, asked step by step
#   'lean': our value lies between what 2.42 gives when its sums lean up and down by the error that adding without compensation may make, or within 1e-12
#   'labels': as 'lean', with sums in labels
#   'ties': the same values at each step, of the inner answer
#   'own': a test of its own works the answer out
SUMS = r'\b(sum|avg|stddev|stdvar)\b|\b(sum|avg|stddev|stdvar)_over_time\b'
DIFFERENCES = {
    'names in UTF-8': (r'~invalid', 'words', 'label_join(demo_num_cpus, "~invalid", "-", "instance")'),
    'a dot matches a newline': (r'text=~', 'words', 'odd_lines{text=~"a.b"}'),
    'atan2 drops the name': (r'atan2', 'words', 'up atan2 1'),
    'subqueries are open on the left': (r':\d+[ms]\].*:\d+[ms]\]', 'words', 'sum_over_time(count_over_time(up[5m:30s])[10m:30s])'),
    'deviation of NaN and infinities': (r'std(var|dev)', 'words', 'stdvar without () (odd_special)'),
    'predict_linear at a fixed time': (r'predict_linear\(.*@', 'steps', 'predict_linear(odd_gauge[5m] @ start(), 60)'),
    'compensated sums': (SUMS, 'lean', 'sum(odd_scale)'),
    'values of sums as labels': (r'count_values.*(' + SUMS + ')', 'labels', 'count_values("v", avg by (instance) (demo_memory_usage_bytes))'),
    'ties of topk': (r'topk|bottomk', 'ties', 'topk(3, ceil(odd_scale / 1e9))'),
    'native histograms': (r'odd_native', 'own', 'avg(odd_native)'),
    'extrapolation to zero': (r'odd_young_total', 'own', 'rate(odd_young_total[30m])'),
    'logarithms of subnormal numbers': (r'odd_tiny', 'own', 'ln(odd_tiny)'),
}
MATCHING = {name: re.compile(pattern) for name, (pattern, _, _) in DIFFERENCES.items()}

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


def numbers_of(histogram):
    return [histogram['count'], histogram['sum']] + [str(n) for bucket in histogram.get('buckets', []) for n in bucket]


def distance(ours, theirs):
    """Relative (to the smallest normal number at least); infinite between what no rounding brings together."""
    if ours and theirs and ours[0] == theirs[0] == '{':  # histograms
        a, b = numbers_of(json.loads(ours)), numbers_of(json.loads(theirs))
        return max(map(distance, a, b)) if len(a) == len(b) else math.inf
    try:
        a, b = float(ours), float(theirs)
    except (TypeError, ValueError):
        return math.inf
    if not math.isfinite(a) or not math.isfinite(b):
        return 0 if str(a) == str(b) else math.inf
    return abs(a - b) / max(abs(a), abs(b), sys.float_info.min)


class Expectation:
    """What 2.42's answer would be without its differences from 3."""

    def __init__(self, ours, theirs, query, kind, params):
        self.ours, self.theirs, self.query, self.kind, self.params = ours, theirs, query, kind, params
        self.names = [name for name in DIFFERENCES if MATCHING[name].search(query)]
        status, answer = ours.ask('/api/v1/parse_query', {'query': query})
        self.tree = answer['data'] if status == 200 else None

    def ways(self):
        return {DIFFERENCES[name][1] for name in self.names}

    def named(self, way):
        return next((name for name in self.names if DIFFERENCES[name][1] == way), None)

    def ask(self, lean=0):
        """2.42's answer in other words; None where it refuses."""
        if self.kind == 'query_range' and 'steps' in self.ways():
            return self.step_by_step(lean)
        query = prom_ast.Printer(lean).text(self.tree)
        status, answer = self.theirs.ask('/api/v1/' + self.kind, {**self.params, 'query': query})
        return {(prom_ast.mended(key[0]), key[1]): value for key, value in flatten(answer).items()} if status == 200 else None

    def step_by_step(self, lean):
        start, end, step = (self.params[k] for k in ('start', 'end', 'step'))
        query = prom_ast.Printer(lean, (start, start + (end - start) // step * step)).text(self.tree)
        out = {}
        for time_s in range(start, end + 1, step):
            status, answer = self.theirs.ask('/api/v1/query', {'query': query, 'time': time_s})
            if status != 200:
                return None
            out.update(flatten(answer))
        return out

    def name_of(self, a, b):
        """The difference by which our answer `a` must be what it is; None: it is another than `b` without a reason. The answers are flat."""
        if self.tree is None or not self.names:
            return None
        plain = self.ask()
        if plain == a and (name := self.named('words') or self.named('steps')):
            return name
        if 'labels' in self.ways() and plain is not None and by_rounded_labels(a, plain):
            return self.named('labels')
        if 'lean' in self.ways():
            answers = [answer for answer in (b, plain, self.ask(1), self.ask(-1)) if answer is not None]
            if answers and all(between(a.get(key), [answer.get(key) for answer in answers]) for key in set().union(a, *answers)):
                return self.named('lean')
        if 'ties' in self.ways() and any(by_step(a) == by_step(answer) for answer in (b, plain) if answer is not None) and self.are_inner(a):
            return self.named('ties')
        return None

    def are_inner(self, a):
        """Of topk itself: are all points those of the inner answer?"""
        if self.tree['type'] != 'aggregation':
            return True
        status, everything = self.theirs.ask('/api/v1/' + self.kind, {**self.params, 'query': prom_ast.Printer().text(self.tree['expr'])})
        pool = flatten(everything) if status == 200 else {}
        return all(pool.get(key) == value for key, value in a.items())


def by_step(points):
    """The values of each step, sorted; 0 and -0 are a tie."""
    out = {}
    for (_, when), value in points.items():
        out.setdefault(when, []).append('0' if value == '-0' else value)
    return {when: sorted(values) for when, values in out.items()}


def by_rounded_labels(a, b):
    """Are the answers equal when numbers in labels have twelve digits?"""
    def rounded(points):
        out = {}
        for (labels, when), value in points.items():
            def short(text):
                try:
                    return f'{float(text):.12g}'
                except ValueError:
                    return text
            key = tuple((k, short(v)) for k, v in labels), when
            out[key] = out.get(key, 0) + float(value)
        return out
    return rounded(a) == rounded(b)


def between(ours, theirs):
    """Does our value lie within what theirs span, and as far again beyond? What some of them lack may be missing."""
    if ours in theirs:
        return True
    try:
        value, others = float(ours), [float(t) for t in theirs if t is not None]
    except (TypeError, ValueError):
        return False
    others = [t for t in others if math.isfinite(t)]
    if not others or not math.isfinite(value):
        return False
    slack = max(others) - min(others) + 8 * sys.float_info.epsilon * max(abs(value), sys.float_info.min)
    return min(others) - slack <= value <= max(others) + slack


class Tally:
    def __init__(self, ours, theirs):
        self.ours, self.theirs = ours, theirs
        self.queries = self.points = self.identical = self.near = self.errors = 0
        self.named, self.wrong, self.near_queries, self.lock = {}, [], {}, threading.Lock()

    def add(self, query, kind, params, ours, theirs):
        """Compares two answers (status, JSON) to one query."""
        with self.lock:
            self.queries += 1
            self.errors += ours[0] != 200 and theirs[0] != 200
        if ours[0] != 200 and theirs[0] != 200:
            return
        what = f'{kind} {params}'
        if ours[0] != 200:
            self.fail(query, what, f'{ours[0]} {ours[1].get("error", "")[:150]} | {theirs[0]}')
            return
        a, b = flatten(ours[1]), flatten(theirs[1]) if theirs[0] == 200 else {}
        unequal = [key for key in a.keys() | b.keys() if a.get(key) != b.get(key)]
        far = [key for key in unequal if distance(a.get(key), b.get(key)) > CLOSE]
        expectation = Expectation(self.ours, self.theirs, query, kind, params)
        name = expectation.name_of(a, b) if unequal else None
        if name is None and unequal and not far:  # quantiles of sums do not lean as their sums do
            name = expectation.named('lean')
        with self.lock:
            self.points += len(a.keys() | b.keys())
            self.identical += len(a.keys() | b.keys()) - len(unequal)
            if name is not None:
                self.named[name] = self.named.get(name, 0) + len(unequal)
            elif not far:
                self.near += len(unequal)
                if unequal:
                    self.near_queries[query] = self.near_queries.get(query, 0) + len(unequal)
        if name is None and far:
            self.fail(query, what, f'{far[0]}: {a.get(far[0])} | {b.get(far[0])}' if theirs[0] == 200 else f'200 | {theirs[0]} {theirs[1].get("error", "")[:150]}')

    def fail(self, query, what, text):
        with self.lock:
            self.wrong.append(f'{query}\n    {what}: ours | theirs: {text}')

    def report(self, title):
        print(f'{title}: {self.queries} queries ({self.errors} refused by both), {self.points} points: {self.identical} identical, {self.near} within {CLOSE}, '
              f'{sum(self.named.values())} as a named difference has it, {len(self.wrong)} queries unexplained', flush=True)
        for name, count in sorted(self.named.items()):
            print(f'    {name}: {count}')
        if os.environ.get('VERBOSE'):
            for query, count in sorted(self.near_queries.items(), key=lambda i: -i[1]):
                print(f'    near {count}: {query}')


def extrapolated(points, time_s, range_s, old):
    """rate() over a counter's samples in the window: as Prometheus 3 has it, or as 2.42 (`old`)."""
    seen = [(when - time_s * 1000, value) for when, value in points if (time_s - range_s) * 1000 < when <= time_s * 1000]
    if len(seen) < 2:
        return None
    (first_ms, first), (last_ms, last) = seen[0], seen[-1]
    increase, sampled = last - first, (last_ms - first_ms) / 1000
    mean, to_start, to_end = sampled / (len(seen) - 1), first_ms / 1000 + range_s, -last_ms / 1000
    to_zero = sampled * first / increase if increase > 0 and first >= 0 else math.inf
    if old:
        to_start = min(to_start, to_zero)
        to_start = to_start if to_start < mean * 1.1 else mean / 2
    else:
        to_start = min(to_start if to_start < mean * 1.1 else mean / 2, to_zero)
    to_end = to_end if to_end < mean * 1.1 else mean / 2
    return increase * (sampled + to_start + to_end) / sampled / range_s


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
        tally.add(query, kind, params, self.ours.ask(path, {'query': query, **params}), self.theirs.ask(path, {'query': query, **params}))

    def run_all(self, title, jobs):
        tally = Tally(self.ours, self.theirs)
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(self.both, tally, *job) for job in jobs]:
                done.result()
        tally.report(title)
        self.assertEqual(tally.wrong, [], f'{title}: {len(tally.wrong)} queries differ:\n' + '\n'.join(tally.wrong[:40]))
        self.assertLessEqual(tally.near, tally.points / 1000, sorted(tally.near_queries.items(), key=lambda i: -i[1])[:40])
        self.assertGreater(tally.points, 0)
        return tally

    def points_of(self, name):
        """The samples of a metric's series, by their sorted labels without the name."""
        return {tuple(l for l in s.key if l[0] != '__name__'): s.points for s in self.data.series if ('__name__', name) in s.key}

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

    def test_functions(self):
        """Every function of numbers, bit by bit, over some thousand arguments."""
        start, jobs = self.data.start_s + 5, []
        span = {'start': start, 'end': start + prom_data.SPAN - 10, 'step': 5}
        for f in ('abs', 'acos', 'acosh', 'asin', 'asinh', 'atan', 'atanh', 'ceil', 'cos', 'cosh', 'deg', 'exp', 'floor', 'ln', 'log10', 'log2', 'rad', 'round', 'sgn', 'sin', 'sinh',
                  'sqrt', 'tan', 'tanh', '-', 'day_of_month', 'day_of_week', 'days_in_month', 'hour', 'minute', 'month', 'year'):
            jobs.append((f'{f}(odd_argument)', 'query_range', span))
        jobs += [(f'atanh(odd_argument{{kind="unit"}} {scale})', 'query_range', span) for scale in ('^ 3', '/ 1e9', '/ 3')]
        jobs += [(f'{f}(odd_argument{{kind="moderate"}} / 40)', 'query_range', span) for f in ('asinh', 'sinh', 'tanh', 'cosh')]
        for op in ('+', '-', '*', '/', '%', '^', 'atan2'):
            for left, right in (('above', 'moderate'), ('whole', 'unit'), ('wide', 'whole'), ('unit', 'wide'), ('moderate', 'whole')):
                jobs.append((f'odd_argument{{kind="{left}"}} {op} on () odd_argument{{kind="{right}"}}', 'query_range', span))
        jobs += [(f'round(odd_argument, {to})', 'query_range', span) for to in ('0.1', '5', '1e-3', '-2')]
        tally = self.run_all('functions', jobs)
        self.assertGreater(tally.identical, 100_000)
        self.assertEqual((tally.near, tally.named), (0, {}))

    def test_natives(self):
        """What 2.42 knows of native histograms must be equal; the rest is worked out from the samples."""
        jobs, start, worked_out = [], self.data.start_s + 1807, []
        for query in prom_queries.natives():
            shaped = any(re.match(shape, query) for shape, _ in prom_natives.SHAPES + prom_natives.AGGREGATES)
            (worked_out if shaped else jobs).append(query)
        self.run_all('native histograms', [(q, kind, params) for q in jobs for kind, params in (
            ('query_range', {'start': start, 'end': start + 3600, 'step': 60}), ('query', {'time': start + 1800}))])
        points = 0
        for query in worked_out:
            with self.subTest(query):
                points += self.check_native(query, start)
        print(f'native histograms, worked out: {len(worked_out)} queries, {points} points as they must be', flush=True)
        self.assertGreater(points, 3_000)

    def check_native(self, query, start):
        status, answer = self.ours.ask('/api/v1/query_range', {'query': query, 'start': start, 'end': start + 3600, 'step': 60})
        self.assertEqual(status, 200, answer)
        got = {}
        for series in answer['data']['result']:
            labels = tuple(sorted((k, v) for k, v in series['metric'].items() if k != '__name__'))
            for when, value in series.get('values', []) + series.get('histograms', []):
                got[labels, when] = value
        expected = {}
        samples = self.points_of(re.search(r'odd_native\w*', query)[0])
        for time_s in range(start, start + 3601, 60):
            for shape, make in prom_natives.SHAPES:
                if m := re.match(shape, query):
                    expected |= {(labels, time_s): value for labels, points in samples.items() if (value := make(m, points, time_s)) is not None}
            for shape, make in prom_natives.AGGREGATES:
                if re.match(shape, query):
                    natives = [n for points in samples.values() if (n := prom_natives.newest(points, time_s))]
                    expected |= {((), time_s): make(natives)} if natives else {}
        self.assertEqual(got.keys(), expected.keys())
        for key, value in expected.items():
            self.assertTrue(prom_natives.agrees(got[key], value), f'{query} {key}: {got[key]}, expected {vars(value) if isinstance(value, prom_natives.Native) else value}')
        return len(got)

    def test_extrapolation_to_zero(self):
        """A rate is first extrapolated by half an interval where the window is not covered, then cut at zero; 2.42 did it the other way round."""
        start, differ, points = self.data.start_s + 4507, 0, 0
        for range_s in (600, 1800):
            asked = {'query': f'rate(odd_young_total[{range_s}s])', 'start': start, 'end': start + 900, 'step': 5}
            ours, theirs = (flatten(server.ask('/api/v1/query_range', asked)[1]) for server in (self.ours, self.theirs))
            for labels, samples in self.points_of('odd_young_total').items():
                for time_s in range(start, start + 901, 5):
                    new, old = (extrapolated(samples, time_s, range_s, old) for old in (False, True))
                    self.assertEqual(new is None, (labels, time_s) not in ours)
                    if new is None:
                        continue
                    self.assertTrue(prom_natives.close(float(ours[labels, time_s]), new, 1e-13), f'{labels} {time_s}: {ours[labels, time_s]}, not {new}')
                    self.assertTrue(prom_natives.close(float(theirs[labels, time_s]), old, 1e-13), f'{labels} {time_s}: 2.42 gave {theirs[labels, time_s]}, not {old}')
                    points += 1
                    differ += ours[labels, time_s] != theirs[labels, time_s]
        print(f'extrapolation to zero: {points} points as they must be, {differ} other than in 2.42', flush=True)
        self.assertGreater(differ, 50)

    def test_logarithms_of_subnormal_numbers(self):
        """Go's assembly for them is wrong; ours are the nearest numbers or their neighbours."""
        at = {'start': self.data.start_s + 20, 'end': self.data.start_s + 7000, 'step': 20}
        numbers = flatten(self.ours.ask('/api/v1/query_range', {'query': 'odd_tiny', **at})[1])
        self.assertEqual(numbers, flatten(self.theirs.ask('/api/v1/query_range', {'query': 'odd_tiny', **at})[1]))
        values = {when: float(v) for (_, when), v in numbers.items()}
        for f, exact in (('ln', math.log), ('log10', math.log10), ('log2', math.log2)):
            answer = flatten(self.ours.ask('/api/v1/query_range', {'query': f'{f}(odd_tiny)', **at})[1])
            self.assertEqual(len(answer), len(values))
            for (_, when), value in answer.items():
                self.assertTrue(prom_natives.close(float(value), exact(values[when]), 4e-16), f'{f}({values[when]}) = {value}')

    def test_errors_are_the_same(self):
        """Bad requests: status and body byte for byte, but for the sentences that Prometheus 3 has changed."""
        for path, params, instead in prom_queries.BAD_REQUESTS:
            with self.subTest(f'{path} {params}'):
                target = f'/api/v1/{path}?' + urllib.parse.urlencode(params, encoding='latin1')
                (ours, _, a), (theirs, _, b) = (request(port, 'GET', target) for port in (self.pharos.port, self.debian.port))
                expected = b.decode()
                for old, new in prom_queries.NEW_SENTENCES + ([instead] if instead else []):
                    expected = expected.replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1])
                self.assertEqual((ours, a.decode()), (theirs, expected))

    def test_differences_exist(self):
        """Each named difference has a query that shows it: the table holds no name that is not needed. And but for those with a test of their own, our answer is the one that it says."""
        start, page = self.data.start_s + 5407, (ROOT / 'docs/compat/prometheus.md').read_text()
        for name, (_, way, query) in DIFFERENCES.items():
            with self.subTest(name):
                self.assertIn(f'| {name} |', page)
                params = {'start': start, 'end': start + 600, 'step': 10}
                ours, theirs = (server.ask('/api/v1/query_range', {'query': query, **params}) for server in (self.ours, self.theirs))
                self.assertEqual(ours[0], 200, ours)
                self.assertTrue(theirs[0] != 200 or flatten(ours[1]) != flatten(theirs[1]), query)
                if way != 'own':
                    a, b = flatten(ours[1]), flatten(theirs[1]) if theirs[0] == 200 else {}
                    self.assertEqual(Expectation(self.ours, self.theirs, query, 'query_range', params).name_of(a, b), name)


if __name__ == '__main__':
    unittest.main(argv=['test_prometheus_compare'] + [a for a in sys.argv[1:] if a != '--long'])
