"""A target that shows protobuf: native and classic histograms, start times; exemplars by metric, by trace and in the reserved stream, before and after kill -9."""
import http.server
import os
import tempfile
import threading
import time
import unittest

from stack import Pharos, get, get_json, wait_until
from test_remote_write_v2 import blob, dbl, num, varint, zigzag

ACCEPT = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,'
TRACE = '5b8efff798038103d269b633813fc60d'


def text(field, s):
    return blob(field, s.encode())


def label(name, value):
    return blob(1, text(1, name) + text(2, value))


def family(name, kind, metric):
    message = text(1, name) + text(2, 'Help.') + num(3, kind) + blob(4, metric)
    return varint(len(message)) + message


def page(observed, now):
    """A counter whose exemplar has no time, a histogram with both kinds of buckets."""
    counter = dbl(1, float(observed)) + blob(2, label('trace_id', 'ab') + dbl(2, 1.0)) + blob(3, num(1, now - 60))
    bucket = num(1, observed) + dbl(2, 1.0) + blob(3, label('trace_id', TRACE) + dbl(2, 0.8) + blob(3, num(1, now)))
    span = varint(1 << 3) + zigzag(-2) + num(2, 2)
    native = varint(5 << 3) + zigzag(3) + dbl(6, 0.001) + blob(12, span) + blob(13, zigzag(observed) + zigzag(0)) + blob(15, num(1, now - 60))
    histogram = num(1, 2 * observed) + dbl(2, 1.5) + blob(3, bucket) + native
    return family('hits_total', 0, label('path', '/') + blob(3, counter)) + family('latency', 4, blob(7, histogram))


class Target(http.server.BaseHTTPRequestHandler):
    accept, born, scrapes = '', int(time.time()), 0

    def do_GET(self):
        Target.accept, Target.scrapes = self.headers['Accept'], Target.scrapes + 1
        self.send_response(200)
        self.send_header('Content-Type', 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited')
        self.end_headers()
        self.wfile.write(page(Target.scrapes, Target.born))

    def log_message(self, *_):
        pass


class ScrapeProtobuf(unittest.TestCase):
    def test_everything_comes_back(self):
        target = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Target)
        threading.Thread(target=target.serve_forever, daemon=True).start()
        with tempfile.TemporaryDirectory() as folder:
            config = os.path.join(folder, 'prometheus.yml')
            with open(config, 'w') as f:
                f.write('global: {scrape_interval: 1s, scrape_timeout: 1s, scrape_native_histograms: true}\nscrape_configs:\n'
                        '- job_name: a\n  always_scrape_classic_histograms: true\n  static_configs:\n'
                        f'  - {{targets: ["127.0.0.1:{target.server_port}"]}}\n')
            with Pharos('--config.prometheus', config) as pharos:
                wait_until('three scrapes', 30, lambda: Target.scrapes >= 3)
                self.assertTrue(Target.accept.startswith(ACCEPT), Target.accept)
                self.check(pharos.port)
                pharos.kill()
                pharos.start()
                before = Target.scrapes
                wait_until('another scrape', 30, lambda: Target.scrapes > before + 1)
                self.check(pharos.port)
        target.shutdown()
        target.server_close()

    def check(self, port):
        wait_until('the native histogram', 10, lambda: self.value(port, 'histogram_count(latency)') >= 4)
        self.assertGreaterEqual(self.value(port, 'latency_bucket{le="1.0"}'), 2)
        self.assertGreaterEqual(self.value(port, 'rate(hits_total[1m]) > 0'), 0)
        self.assertEqual(self.exemplars(port, 'latency_bucket'), [(TRACE, '0.8')])
        self.assertEqual(self.exemplars(port, 'latency'), [(TRACE, '0.8')])
        self.assertEqual(self.exemplars(port, 'hits_total'), [('ab', '1')], 'the same again is not another one')
        of_trace = get_json(port, '/pharos/api/v1/exemplars', {'trace_id': TRACE})['data']
        self.assertEqual([s['seriesLabels']['__name__'] for s in of_trace], ['latency', 'latency_bucket'])
        # Logs do not show them, unless by their label's name.
        self.assertEqual(get_json(port, '/loki/api/v1/labels')['data'], [])
        self.assertEqual(get_json(port, '/loki/api/v1/series')['data'], [])
        named = {'match[]': '{__exemplars__=~".+"}'}
        found = sorted(s['__exemplars__'] for s in get_json(port, '/loki/api/v1/series', named)['data'])
        self.assertEqual(found, ['hits_total', 'latency', 'latency_bucket'])
        self.assertEqual(get(port, f'/jaeger/api/traces/{TRACE}')[0], 404, 'an exemplar is no span')

    def value(self, port, query):
        return float(get_json(port, '/api/v1/query', {'query': query})['data']['result'][0]['value'][1])

    def exemplars(self, port, query):
        now = time.time()
        data = get_json(port, '/api/v1/query_exemplars', {'query': query, 'start': now - 600, 'end': now + 60})['data']
        return [(e['labels']['trace_id'], e['value']) for s in data for e in s['exemplars']]


if __name__ == '__main__':
    unittest.main()
