"""What happens to the disk under Pharos: full, read-only, taken by another process, moved away, removed.

Each time: a clear error, nothing that was acknowledged is lost, and it goes on when the cause goes. The small disk is a tmpfs of
its own; where mounting is not permitted, those tests are skipped.
"""
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from stack import BINARY, Pharos, get_json, request, wait_until


def mount(where, options):
    return subprocess.run(['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', where], capture_output=True, check=False).returncode == 0


class Writes:
    """Numbered lines, samples and spans; remembers which were acknowledged."""

    def __init__(self, filler=0):
        self.start_ns = time.time_ns() - 600 * 10**9
        self.filler = 'x' * filler
        self.sent = 0
        self.acked = {'logs': [], 'metrics': [], 'traces': []}
        self.errors = []

    def send(self, port):
        """One of each. True when all were acknowledged."""
        n, self.sent = self.sent, self.sent + 1
        ns = str(self.start_ns + n * 10**6)
        # Random text does not compress: the disk fills as fast as it is written to.
        noise = os.urandom(len(self.filler) // 2).hex() if self.filler else ''
        text = {'key': 'noise', 'value': {'stringValue': noise}}
        point = {'timeUnixNano': ns, 'asDouble': float(n), 'attributes': []}
        span = {'traceId': f'{n + 1:032x}', 'spanId': f'{n + 1:016x}', 'name': f'span {n}', 'kind': 1, 'startTimeUnixNano': ns, 'endTimeUnixNano': ns, 'attributes': [text]}
        bodies = {
            'logs': ('/loki/api/v1/push', {'streams': [{'stream': {'app': 'disk'}, 'values': [[ns, f'line {n} {noise}']]}]}),
            'metrics': ('/v1/metrics', {'resourceMetrics': [{'scopeMetrics': [{'metrics': [{'name': 'disk', 'gauge': {'dataPoints': [point]}}]}]}]}),
            'traces': ('/v1/traces', {'resourceSpans': [{'scopeSpans': [{'spans': [span]}]}]}),
        }
        everything = True
        for signal, (path, body) in bodies.items():
            try:
                status, _, said = request(port, 'POST', path, json.dumps(body), {'Content-Type': 'application/json'})
            except (OSError, http.client.HTTPException) as e:
                status, said = 0, repr(e).encode()
            if status in (200, 204):
                self.acked[signal].append(n)
            else:
                everything = False
                self.errors.append((status, said.decode('utf-8', 'replace').strip()))
        return everything

    def missing(self, pharos):
        """What was acknowledged and cannot be found."""
        end_ns = self.start_ns + self.sent * 10**6 + 1
        lines, end = set(), end_ns
        while True:
            result = get_json(pharos.ports['loki'], '/loki/api/v1/query_range', {'query': '{app="disk"}', 'start': self.start_ns, 'end': end, 'limit': 1000, 'direction': 'backward'})['data']['result']
            values = [v for s in result for v in s['values']]
            lines |= {int(v[1].split()[1]) for v in values}
            if len(values) < 1000:
                break
            end = min(int(v[0]) for v in values)
        at = end_ns / 1e9 + 1
        samples = {int(float(v)) for s in get_json(pharos.ports['prometheus'], '/api/v1/query', {'query': 'disk[900s]', 'time': at})['data']['result'] for _, v in s['values']}
        spans = {n for n in self.acked['traces'] if request(pharos.ports['jaeger'], 'GET', f'/api/traces/{n + 1:032x}')[0] == 200}
        found = {'logs': lines, 'metrics': samples, 'traces': spans}
        return {s: sorted(set(self.acked[s]) - found[s]) for s in found if set(self.acked[s]) - found[s]}


class Disk(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix='pharos-disk-'))
        self.mounted = False

    def tearDown(self):
        if self.mounted:
            subprocess.run(['umount', '-l', self.dir / 'data'], check=False)
        shutil.rmtree(self.dir, ignore_errors=True)

    def small_disk(self, size):
        (self.dir / 'data').mkdir()
        if not mount(self.dir / 'data', f'size={size}'):
            self.skipTest('mounting is not permitted here')
        self.mounted = True

    def log(self):
        return (self.dir / 'log.txt').read_text()

    def flush(self, pharos):
        return request(pharos.port, 'POST', '/pharos/api/v1/admin/flush')

    def test_full_disk(self):
        self.small_disk('400m')
        ballast = self.dir / 'data' / 'ballast'
        with Pharos(data_dir=str(self.dir)) as pharos:
            writes = Writes(filler=8000)
            for _ in range(20):
                self.assertTrue(writes.send(pharos.port), writes.errors)
            # Another program takes what is left, all but a little: below any watermark.
            free = os.statvfs(self.dir / 'data').f_bavail * 4096
            with open(ballast, 'wb') as f:
                f.write(b'\0' * (free - (256 << 10)))
            wait_until('writes are refused', 30, lambda: not writes.send(pharos.port))
            for _ in range(20):
                writes.send(pharos.port)
            self.assertTrue(any('No space left' in e or 'disk' in e for _, e in writes.errors), writes.errors[-3:])
            self.assertTrue(all(status >= 429 for status, _ in writes.errors), writes.errors[-3:])
            self.flush(pharos)  # may fail, may not lose
            self.assertEqual(writes.missing(pharos), {}, 'while the disk is full')
            self.assertEqual(request(pharos.port, 'GET', '/-/healthy')[0], 200)
            pharos.kill()
            pharos.start()  # a full disk does not keep it from starting
            self.assertEqual(writes.missing(pharos), {}, 'after a restart on the full disk')
            ballast.unlink()
            wait_until('writes are taken again', 30, lambda: writes.send(pharos.port))
            status, _, said = self.flush(pharos)
            self.assertEqual(status, 200, said)
            self.assertEqual(writes.missing(pharos), {}, 'when there is space again')
            self.assertEqual(pharos.stop(), 0)
            pharos.start()
            self.assertEqual(writes.missing(pharos), {}, 'after a restart')

    def test_read_only_disk(self):
        self.small_disk('400m')
        data = self.dir / 'data'
        with Pharos(data_dir=str(self.dir)) as pharos:
            writes = Writes(filler=2000)
            for _ in range(20):
                self.assertTrue(writes.send(pharos.port), writes.errors)
            pharos.kill()  # a file that is open for writing keeps the kernel from making it read-only
            subprocess.run(['mount', '-o', 'remount,ro', data], check=True)
            refused = subprocess.run([BINARY, 'serve', '--data-dir', data, '--listen', '127.0.0.1:0'], capture_output=True, text=True, timeout=30, check=False)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn('Read-only file system', refused.stderr)
            self.assertIn(str(data), refused.stderr)
            subprocess.run(['mount', '-o', 'remount,rw', data], check=True)
            pharos.start()
            self.assertEqual(writes.missing(pharos), {})
            self.assertTrue(writes.send(pharos.port), writes.errors)

    def test_two_processes(self):
        with Pharos(data_dir=str(self.dir)) as pharos:
            writes = Writes()
            self.assertTrue(writes.send(pharos.port), writes.errors)
            second = subprocess.run([BINARY, 'serve', '--data-dir', self.dir / 'data', '--listen', '127.0.0.1:0'], capture_output=True, text=True, timeout=30, check=False)
            self.assertNotEqual(second.returncode, 0)
            self.assertIn('in use by another process', second.stderr)
            self.assertTrue(writes.send(pharos.port), writes.errors)
            pharos.kill()
            pharos.start()
            self.assertEqual(writes.missing(pharos), {})

    def test_moved_away_and_back(self):
        with Pharos(data_dir=str(self.dir)) as pharos:
            writes = Writes()
            for _ in range(10):
                self.assertTrue(writes.send(pharos.port), writes.errors)
            (self.dir / 'data').rename(self.dir / 'elsewhere')
            for _ in range(10):
                writes.send(pharos.port)
            status, _, said = self.flush(pharos)
            self.assertEqual(status, 500)
            self.assertIn(b'moved or removed', said)
            self.assertFalse((self.dir / 'data').exists(), 'made anew beside the old one')
            self.assertEqual(writes.missing(pharos), {}, 'while it is away')
            (self.dir / 'elsewhere').rename(self.dir / 'data')
            wait_until('writes are taken again', 30, lambda: writes.send(pharos.port))
            status, _, said = self.flush(pharos)
            self.assertEqual(status, 200, said)
            pharos.kill()
            pharos.start()
            self.assertEqual(writes.missing(pharos), {})

    def test_removed_under_way(self):
        with Pharos(data_dir=str(self.dir)) as pharos:
            writes = Writes()
            for _ in range(10):
                self.assertTrue(writes.send(pharos.port), writes.errors)
            shutil.rmtree(self.dir / 'data')
            # Nothing can be kept any more, so nothing may be acknowledged.
            lost = Writes()
            wait_until('writes are refused', 10, lambda: not lost.send(pharos.port))
            lost = Writes()
            for _ in range(5):
                self.assertFalse(lost.send(pharos.port))
            self.assertEqual(lost.acked, {'logs': [], 'metrics': [], 'traces': []})
            self.assertTrue(any('removed' in e or 'No such file' in e for _, e in lost.errors), lost.errors[:3])
            self.assertEqual(writes.missing(pharos), {}, 'what is in memory is still answered')
            pharos.kill()
            pharos.start()  # begins anew
            fresh = Writes()
            self.assertTrue(fresh.send(pharos.port), fresh.errors)
            self.assertEqual(fresh.missing(pharos), {})

    def test_missing_directory(self):
        """A data directory that is not there is made; one that cannot be is an error by name."""
        with Pharos(data_dir=str(self.dir)) as pharos:
            shutil.rmtree(self.dir / 'data', ignore_errors=True)
            pharos.kill()
            pharos.start()
            self.assertTrue((self.dir / 'data' / 'MANIFEST').exists())
        (self.dir / 'file').write_text('not a directory')
        refused = subprocess.run([BINARY, 'serve', '--data-dir', self.dir / 'file' / 'data', '--listen', '127.0.0.1:0'], capture_output=True, text=True, timeout=30, check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn(str(self.dir / 'file'), refused.stderr)


if __name__ == '__main__':
    unittest.main(argv=['test_disk'])
