"""Hostile and broken input gets the original's status and message; nothing stops the process or is stored by halves."""
import gzip
import json
import socket
import time
import unittest

from stack import Pharos, get, get_json, request

JSON = {'Content-Type': 'application/json'}
PROTO = {'Content-Type': 'application/x-protobuf'}
WRITE = {'Content-Type': 'application/x-protobuf', 'Content-Encoding': 'snappy', 'X-Prometheus-Remote-Write-Version': '0.1.0'}


def loki(ns, line='x', labels=None):
    return json.dumps({'streams': [{'stream': labels or {'app': 'bad'}, 'values': [[str(ns), line]]}]})


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pharos = Pharos()

    @classmethod
    def tearDownClass(cls):
        try:
            assert cls.pharos.stop() == 0
        finally:
            cls.pharos.close()

    def post(self, path, body, headers=None, port='main'):
        status, _, text = request(self.pharos.ports[port], 'POST', path, body, headers)
        return status, text.decode('utf-8', 'replace')

    def tearDown(self):
        self.assertIsNone(self.pharos.process.poll(), 'the process is gone')
        self.assertEqual(get(self.pharos.port, '/ready')[0], 200)

    # -- protobuf, snappy, JSON that cannot be read --

    def test_truncated_and_garbage_bodies(self):
        for path, headers in (('/api/v1/write', WRITE), ('/loki/api/v1/push', WRITE), ('/v1/traces', PROTO), ('/v1/logs', PROTO), ('/v1/metrics', PROTO),
                              ('/v1/traces', JSON), ('/v1/logs', JSON), ('/v1/metrics', JSON), ('/loki/api/v1/push', JSON)):
            for body in (b'\xff\xff\xff\xff', b'\x0a\x7f\x01', b'{"a":[', b'\x00' * 64):
                status, text = self.post(path, body, headers)
                self.assertEqual(status, 400, (path, body, text))
                self.assertTrue(text.strip(), (path, body))

    def test_empty_bodies(self):
        self.assertEqual(self.post('/v1/traces', b'', PROTO)[0], 200)  # an empty message is a valid request
        self.assertEqual(self.post('/api/v1/write', b'', WRITE)[0], 400)  # no snappy block at all
        self.assertEqual(self.post('/loki/api/v1/push', b'', JSON)[0], 400)

    def test_wrong_content_type_and_encoding(self):
        for path in ('/v1/traces', '/v1/logs', '/v1/metrics'):
            self.assertEqual(self.post(path, b'x', {'Content-Type': 'text/html'})[0], 415, path)
        self.assertEqual(self.post('/v1/traces', b'x', dict(PROTO, **{'Content-Encoding': 'br'}))[0], 415)
        self.assertEqual(self.post('/api/v1/write', b'x', dict(WRITE, **{'Content-Type': 'text/html'}))[0], 415)

    def test_bombs_and_oversized_bodies(self):
        bomb = gzip.compress(b'\0' * (300 << 20), 9)
        self.assertLess(len(bomb), 1 << 20)
        before = self.memory()
        for path, headers in (('/v1/traces', PROTO), ('/v1/logs', JSON), ('/loki/api/v1/push', JSON)):
            self.assertEqual(self.post(path, bomb, dict(headers, **{'Content-Encoding': 'gzip'}))[0], 413, path)
        self.assertLess(self.memory() - before, 250 << 20)
        huge = f'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {10 << 30}\r\n\r\n'
        self.assertIn(b' 413 ', self.raw(huge.encode()))

    def test_times_from_1970_and_2100(self):
        for ns in (1, 4102444800 * 10**9):
            status, text = self.post('/loki/api/v1/push', loki(ns), JSON)
            self.assertEqual(status, 400)
            self.assertIn('has timestamp too ' + ('old' if ns == 1 else 'new'), text)
            span = {'traceId': 'ab' * 16, 'spanId': 'cd' * 8, 'name': 's', 'startTimeUnixNano': str(ns), 'endTimeUnixNano': str(ns + 1)}
            status, text = self.post('/v1/traces', json.dumps({'resourceSpans': [{'scopeSpans': [{'spans': [span]}]}]}), JSON)
            self.assertEqual((status, json.loads(text)['partialSuccess']['rejectedSpans']), (200, '1'), text)
            point = {'timeUnixNano': str(ns), 'asDouble': 1}
            status, text = self.post('/v1/metrics', json.dumps({'resourceMetrics': [{'scopeMetrics': [{'metrics': [{'name': 'm', 'gauge': {'dataPoints': [point]}}]}]}]}), JSON)
            self.assertIn('out of bounds', text)
        self.assertEqual(get_json(self.pharos.port, '/api/v1/query', {'query': 'm'})['data']['result'], [])

    def test_invalid_utf8_and_label_rules(self):
        body = b'{"streams":[{"stream":{"app":"bad"},"values":[["%d","\xff\xfe"]]}]}' % time.time_ns()
        self.assertIn(self.post('/loki/api/v1/push', body, JSON)[0], (204, 400))
        self.assertEqual(self.post('/loki/api/v1/push', loki(time.time_ns(), labels={'1bad-name': 'x'}), JSON)[0], 400)

    def test_long_line(self):
        status, text = self.post('/loki/api/v1/push', loki(time.time_ns(), 'y' * 300_000), JSON)
        self.assertEqual(status, 400)
        self.assertIn("max entry size '262144' bytes exceeded for stream", text)

    def test_deep_json(self):
        deep = b'[' * 100_000 + b']' * 100_000
        for path in ('/v1/traces', '/loki/api/v1/push'):
            self.assertEqual(self.post(path, deep, JSON)[0], 400, path)

    # -- queries --

    def test_bad_queries(self):
        port = self.pharos.port
        status, text = get(port, '/api/v1/query', {'query': 'sum('})
        self.assertEqual((status, json.loads(text)['errorType']), (400, 'bad_data'))
        self.assertIn('parse error: unclosed left parenthesis', json.loads(text)['error'])
        self.assertEqual(get(port, '/api/v1/query')[0], 400)
        status, text = get(port, '/api/v1/query_range', {'query': 'up', 'start': 0, 'end': 10**9, 'step': 1})
        self.assertIn('exceeded maximum resolution of 11,000 points per timeseries', text)
        status, text = get(port, '/loki/api/v1/query_range', {'query': '{'})
        self.assertEqual(status, 400)
        self.assertIn('parse error', text)
        for query in ('(' * 10_000 + '1' + ')' * 10_000, '-' * 50_000 + '1', 'a' * (1 << 20)):
            self.assertIn(request(port, 'POST', '/api/v1/query', 'query=' + query, {'Content-Type': 'application/x-www-form-urlencoded'})[0], (200, 400, 413, 422))
        for path in ('/jaeger/api/traces/xyz', '/tempo/api/traces/zz'):
            self.assertIn(get(port, path)[0], (400, 404, 500), path)

    def test_unknown_paths(self):
        self.assertEqual(get(self.pharos.port, '/api/v1/nothing')[0], 404)
        self.assertEqual(request(self.pharos.port, 'DELETE', '/api/v1/query')[0], 405)
        self.assertEqual(get(self.pharos.ports['loki'], '/nothing')[0], 404)

    # -- browsers and slow clients --

    def test_foreign_origin_and_host(self):
        self.assertEqual(self.post('/loki/api/v1/push', loki(time.time_ns()), dict(JSON, Origin='http://evil.example'))[0], 403)
        self.assertEqual(get(self.pharos.port, '/api/v1/query', {'query': '1'}, headers={'Host': 'evil.example'})[0], 403)
        self.assertEqual(get(self.pharos.port, '/api/v1/query', {'query': '1'}, headers={'Host': 'localhost', 'Origin': 'http://localhost:5173'})[0], 200)

    def test_admin_is_off(self):
        for path in ('/-/reload', '/-/quit'):
            self.assertIn(self.post(path, b'')[0], (403, 404, 405), path)

    def test_broken_http(self):
        for wire in (b'GARBAGE\r\n\r\n', b'GET / HTTP/1.1\r\nHost: localhost\r\nX: ' + b'y' * 200_000 + b'\r\n\r\n', b'POST /v1/logs HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n'):
            self.assertRegex(self.raw(wire)[:20], rb'^HTTP/1.1 4\d\d|^$')

    def raw(self, wire):
        with socket.create_connection(('127.0.0.1', self.pharos.port), timeout=15) as s:
            try:
                s.sendall(wire)
            except OSError:
                pass  # the server may cut a hostile sender off while it still sends
            try:
                return s.recv(4096)
            except ConnectionResetError:
                return b''

    def memory(self):
        with open(f'/proc/{self.pharos.process.pid}/status') as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith('VmHWM'))


if __name__ == '__main__':
    unittest.main(argv=['test_bad_input'])
