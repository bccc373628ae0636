"""Requests to the Prometheus API that nobody sends by good will: each ends soon in a clear error, and other queries are answered meanwhile."""
import http.client
import json
import random
import threading
import time
import unittest
import urllib.parse

import prom_data
from stack import Pharos, request

FORM = {'Content-Type': 'application/x-www-form-urlencoded'}
SOON = 30  # seconds; on a busy machine


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pharos = Pharos()
        cls.addClassCleanup(cls.pharos.close)
        cls.now = int(time.time())
        rnd, points = random.Random(3), [(cls.now - 60) * 1000 + 1, (cls.now - 30) * 1000 + 1]
        many = [prom_data.Series({'__name__': 'many', 'id': f'{i:x}', 'shard': str(i % 7)}, [(t, rnd.random()) for t in points]) for i in range(20_000)]
        for at in range(0, len(many), 5_000):
            body = prom_data.snappy(b''.join(s.message_until(2 ** 62) for s in many[at:at + 5_000]))
            assert request(cls.pharos.port, 'POST', '/api/v1/write', body, prom_data.HEADERS)[0] in (200, 204)

    def ask(self, path, params, expect, word=None):
        """POSTs; the status is one of `expect`, the error holds `word`."""
        body = params if isinstance(params, (str, bytes)) else urllib.parse.urlencode(params, doseq=True)
        began = time.time()
        status, _, answer = request(self.pharos.port, 'POST', '/api/v1/' + path, body, FORM, timeout=120)
        took = time.time() - began
        self.assertIn(status, expect, answer[:300])
        self.assertLess(took, SOON, f'{path} {str(params)[:80]}')
        if word is not None:
            self.assertIn(word, answer.decode('utf-8', 'replace'))
        if status != 200:
            self.assertLess(len(answer), 5_000, 'an error need not repeat what was sent')
        return answer

    def range(self, query, seconds=600, step=1):
        return {'query': query, 'start': self.now - seconds, 'end': self.now, 'step': step}

    def test_expressions(self):
        self.ask('query', {'query': '(' * 20_000 + '1' + ')' * 20_000}, (400,), 'deep')
        self.ask('query', {'query': '-' * 100_000 + '1'}, (400,))
        self.ask('query', {'query': 'a+' * 200_000 + 'a'}, (400,))
        self.ask('query', {'query': 'up' + ' ' * 10_000_000}, (400,))
        self.ask('format_query', {'query': '{a="' + 'x' * 10_000_000 + '"}'}, (400,))
        # Deep and wide: what is written must not grow with depth times width.
        self.ask('format_query', {'query': '(' * 900 + '{a="' + 'x' * 900_000 + '"}' + ')' * 900}, (200,))
        self.ask('format_query', {'query': '(' * 450 + 'label_join(x, "a", "b"' + ', "c"' * 150_000 + ')' + ')' * 450}, (200,))
        self.ask('query', {'query': 'up{a=~"' + '(x{1000}){1000}' + '"}'}, (400,))
        self.ask('query', {'query': 'up{a=~"' + 'a|' * 300_000 + 'b"}'}, (200, 400, 422))

    def test_large_answers(self):
        self.ask('query_range', self.range('{__name__=~".+"}[1y:1ms]'), (400, 422))
        self.ask('query_range', self.range('count_over_time({__name__=~".+"}[1y:1ms])'), (422, 503))
        self.ask('query_range', self.range('many', 10_000, 1), (200, 422, 503))
        self.ask('query', {'query': 'count by (id) (many) + on (id) group_left () count by (id) (many)', 'time': self.now}, (200,))
        self.ask('query', {'query': 'many * on () group_left () many', 'time': self.now}, (422,))
        self.ask('query', {'query': 'count_values("v", many)', 'time': self.now, 'limit': 5}, (200,), 'truncated')
        self.ask('query_range', self.range('quantile_over_time(0.5, many[10m:1s])', 600, 1), (200, 422, 503))

    def test_parameters(self):
        self.ask('series', {'match[]': ['up'] * 20_000}, (400,), 'more than 1000')
        self.ask('labels', {'match[]': ['{a="b"}'] * 5_000}, (400,), 'more than 1000')
        self.ask('series', {'match[]': 'many', 'start': '9' * 400}, (400, 200))
        self.ask('query', b'query=%ff%fe%00', (400,))
        self.ask('query', b'query=' + b'%' * 100_000, (400,))
        self.ask('query', {'query': 'up', 'time': 'NaN'}, (400,))
        self.ask('query', {'query': 'up', 'timeout': '-1s'}, (400, 503))
        self.ask('query_range', {'query': 'up', 'start': '-1e300', 'end': '1e300', 'step': '1e-9'}, (400,))
        self.ask('query_range', {'query': 'up', 'start': 0, 'end': 1, 'step': '9' * 5_000}, (400,))
        self.ask('query', '&'.join(f'p{i}=x' for i in range(300_000)) + '&query=up', (200, 400))
        status, _, _ = request(self.pharos.port, 'GET', '/api/v1/label/' + 'x' * 60_000 + '/values')
        self.assertIn(status, (200, 400, 414, 431))
        status, _, text = request(self.pharos.port, 'GET', '/api/v1/label/%ff/values')
        self.assertEqual(status, 400, text)

    def test_large_bodies(self):
        self.ask('query', b'query=1&x=' + b'y' * 10_000_000, (200,))
        try:
            self.assertEqual(request(self.pharos.port, 'POST', '/api/v1/query', b'z' * 80_000_000, FORM, timeout=60)[0], 413)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before all of it was sent
        for body in (b'', b'\xff' * 1000, prom_data.varint(2 ** 40) + b'\x00'):
            self.assertEqual(request(self.pharos.port, 'POST', '/api/v1/read', body)[0], 200 if body == b'\x00' else 400)

    def test_others_are_answered_meanwhile(self):
        """Eight clients with heavy queries; a ninth asks for little, again and again."""
        stop, failures = time.time() + 4, []

        def heavy():
            while time.time() < stop:
                try:
                    request(self.pharos.port, 'POST', '/api/v1/query_range', urllib.parse.urlencode(self.range('sum by (id) (many)', 6_000, 1)) + '&timeout=2s', FORM, timeout=60)
                except (OSError, http.client.HTTPException) as e:
                    failures.append(repr(e))
        threads = [threading.Thread(target=heavy) for _ in range(8)]
        for t in threads:
            t.start()
        times = []
        while time.time() < stop:
            began = time.time()
            status, _, answer = request(self.pharos.port, 'GET', '/api/v1/query?query=1%2B1')
            self.assertEqual((status, json.loads(answer)['data']['result'][1]), (200, '2'))
            times.append(time.time() - began)
            time.sleep(0.05)
        for t in threads:
            t.join()
        self.assertEqual(failures, [])
        self.assertGreater(len(times), 5)
        self.assertLess(sorted(times)[len(times) // 2], 1.0)


if __name__ == '__main__':
    unittest.main(argv=['test_prometheus_hostile'])
