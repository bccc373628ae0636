"""Fifty SIGKILLs (a thousand with --long) under load of all three signals: whatever was acknowledged is there afterwards."""
import http.client
import json
import random
import sys
import threading
import time
import unittest

from stack import Pharos, get_json, request

KILLS = 1000 if '--long' in sys.argv else 50


class Writer(threading.Thread):
    """Sends numbered items of one signal, one at a time; remembers what was acknowledged."""

    def __init__(self, signal, start_ns):
        super().__init__(daemon=True)
        self.signal, self.start_ns, self.acked, self.sent = signal, start_ns, [], 0
        self.port, self.stopped = 0, False

    def body(self, n):
        ns = self.start_ns + n * 10**6
        if self.signal == 'logs':
            return '/loki/api/v1/push', {'streams': [{'stream': {'app': 'durability'}, 'values': [[str(ns), f'line {n}']]}]}
        if self.signal == 'metrics':
            point = {'timeUnixNano': str(ns), 'asDouble': float(n), 'attributes': [{'key': 'shard', 'value': {'stringValue': str(n % 7)}}]}
            return '/v1/metrics', {'resourceMetrics': [{'scopeMetrics': [{'metrics': [{'name': 'durable', 'gauge': {'dataPoints': [point]}}]}]}]}
        span = {'traceId': f'{n + 1:032x}', 'spanId': f'{n + 1:016x}', 'name': f'span {n}', 'kind': 1, 'startTimeUnixNano': str(ns), 'endTimeUnixNano': str(ns + 5)}
        return '/v1/traces', {'resourceSpans': [{'scopeSpans': [{'spans': [span]}]}]}

    def run(self):
        while not self.stopped:
            port = self.port
            if not port:
                time.sleep(0.002)
                continue
            n, self.sent = self.sent, self.sent + 1
            path, body = self.body(n)
            try:
                status, _, text = request(port, 'POST', path, json.dumps(body), {'Content-Type': 'application/json'}, timeout=5)
                if status in (200, 204):
                    assert b'partialSuccess' not in text or text == b'{"partialSuccess":{}}', text
                    self.acked.append(n)
            except (OSError, http.client.HTTPException):
                pass  # not acknowledged


class Durability(unittest.TestCase):
    def test_kill_nine(self):
        start_ns = time.time_ns() - 3600 * 10**9
        rnd = random.Random(1)
        with Pharos() as pharos:
            writers = [Writer(s, start_ns) for s in ('logs', 'metrics', 'traces')]
            for w in writers:
                w.start()
            for kill in range(KILLS):
                for w in writers:
                    w.port = pharos.port
                time.sleep(rnd.uniform(0.05, 0.25))
                if kill % 3 == 1:  # also while everything is being sealed, merged and listed
                    threading.Thread(target=self.flush, args=(pharos.port,), daemon=True).start()
                    time.sleep(rnd.uniform(0, 0.05))
                for w in writers:
                    w.port = 0
                pharos.kill()
                pharos.start()
            for w in writers:
                w.stopped = True
                w.join(10)
            self.assertTrue(all(len(w.acked) > KILLS for w in writers), [len(w.acked) for w in writers])
            logs, metrics, traces = writers
            self.check_logs(pharos, logs)
            self.check_metrics(pharos, metrics)
            self.check_traces(pharos, traces)
            print(f'{KILLS} kills; acknowledged and found: ' + ', '.join(f'{len(w.acked)} {w.signal}' for w in writers))

    @staticmethod
    def flush(port):
        try:
            request(port, 'POST', '/pharos/api/v1/admin/flush', timeout=5)
        except (OSError, http.client.HTTPException):
            pass  # the process is killed meanwhile: that is the point

    def check_logs(self, pharos, writer):
        found = []
        end = writer.start_ns + writer.sent * 10**6 + 1
        while True:
            result = get_json(pharos.ports['loki'], '/loki/api/v1/query_range', {'query': '{app="durability"}', 'start': writer.start_ns, 'end': end, 'limit': 5000, 'direction': 'backward'})['data']['result']
            values = sorted((int(v[0]), v[1]) for s in result for v in s['values'])
            found += [int(line.split()[1]) for _, line in values]
            if len(values) < 5000:
                break
            end = values[0][0]
        self.assertEqual(set(writer.acked) - set(found), set(), 'acknowledged lines are missing')
        self.assertEqual(len(found), len(set(found)), 'lines doubled')

    def check_metrics(self, pharos, writer):
        found = set()
        end = (writer.start_ns + writer.sent * 10**6) / 1e9 + 1
        span = int(end - writer.start_ns / 1e9) + 2
        for series in get_json(pharos.ports['prometheus'], '/api/v1/query', {'query': f'durable[{span}s]', 'time': end})['data']['result']:
            found |= {int(float(v)) for _, v in series['values']}
        self.assertEqual(set(writer.acked) - found, set(), 'acknowledged samples are missing')

    def check_traces(self, pharos, writer):
        missing = []
        for n in writer.acked:
            status, _, _ = request(pharos.ports['jaeger'], 'GET', f'/api/traces/{n + 1:032x}')
            if status != 200:
                missing.append(n)
        self.assertEqual(missing, [], 'acknowledged spans are missing')


if __name__ == '__main__':
    unittest.main(argv=['test_durability'])
