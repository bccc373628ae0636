"""Remote write 2.0 with a client of our own: encodes io.prometheus.write.v2.Request and snappy by hand, reads all of it back, before and after kill -9."""
import struct
import time
import unittest

from stack import Pharos, get_json, request

HEADERS = {'Content-Type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request', 'Content-Encoding': 'snappy', 'X-Prometheus-Remote-Write-Version': '2.0.0'}
STALE = struct.pack('<Q', 0x7FF0000000000002)


def varint(n):
    out = bytearray()
    n &= 2**64 - 1
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out + bytes([n]))


def num(field, n):
    return varint(field << 3) + varint(n)


def zigzag(n):
    return varint((n << 1) ^ (n >> 63))


def dbl(field, v):
    return varint(field << 3 | 1) + (v if isinstance(v, bytes) else struct.pack('<d', v))


def blob(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def snappy(data):
    """A valid block of literals alone."""
    out = varint(len(data))
    for i in range(0, len(data), 60):
        piece = data[i:i + 60]
        out += bytes([(len(piece) - 1) << 2]) + piece
    return out


class Request:
    def __init__(self):
        self.symbols, self.series = {'': 0}, []

    def ref(self, text):
        return self.symbols.setdefault(text, len(self.symbols))

    def refs(self, labels):
        return blob(1, b''.join(varint(self.ref(k)) + varint(self.ref(v)) for k, v in sorted(labels.items())))

    def add(self, labels, samples=(), histograms=(), exemplars=(), kind=0, help_text='', unit=''):
        body = self.refs(labels)
        for t, v, start in samples:
            body += blob(2, dbl(1, v) + num(2, t) + (num(3, start) if start else b''))
        for h in histograms:
            body += blob(3, h)
        for t, v, tags in exemplars:
            body += blob(4, self.refs(tags) + dbl(2, v) + num(3, t))
        self.series.append(blob(5, body + blob(5, num(1, kind) + num(3, self.ref(help_text)) + num(4, self.ref(unit)))))
        return self

    def send(self, port):
        body = b''.join(blob(4, s.encode()) for s in self.symbols) + b''.join(self.series)
        status, headers, text = request(port, 'POST', '/api/v1/write', snappy(body), HEADERS)
        headers = {k.lower(): v for k, v in dict(headers).items()}
        written = [int(headers[f'x-prometheus-remote-write-{what}-written']) for what in ('samples', 'histograms', 'exemplars')]
        return status, written, text.decode()


def histogram(t, kind):
    """Six observations: integer, float, or custom buckets."""
    out = num(1, 6) if kind != 'float' else dbl(2, 6)
    out += dbl(3, 18.5) + varint(4 << 3) + zigzag(-53 if kind == 'custom' else 1)
    out += blob(11, varint(1 << 3) + zigzag(0) + num(2, 2))
    out += blob(13, struct.pack('<2d', 2, 4)) if kind == 'float' else blob(12, zigzag(2) + zigzag(2))
    if kind == 'custom':
        out += blob(16, struct.pack('<2d', 1, 5))
    return out + num(15, t)


class RemoteWriteV2(unittest.TestCase):
    def test_everything_comes_back(self):
        with Pharos() as pharos:
            now = int(time.time() * 1000)
            r = Request()
            for i in range(20):
                r.add({'__name__': 'v2_total', 'instance': f'i{i}', 'job': 'x'}, [(now - 2000, i, now - 9000), (now - 1000, i + 1, now - 9000)],
                      exemplars=[(now - 1000, i, {'trace_id': f'{i:032x}'})], kind=1, help_text='Things counted.', unit='things')
            for kind in ('integer', 'float', 'custom'):
                r.add({'__name__': 'v2_native', 'kind': kind}, histograms=[histogram(now - 1000, kind)], kind=3, help_text='Sizes.')
            r.add({'__name__': 'v2_gone'}, [(now - 3000, 1.0, 0), (now - 2000, STALE, 0)], kind=2)
            self.assertEqual(r.send(pharos.port), (204, [42, 3, 20], ''))
            self.check(pharos.port, now)
            pharos.kill()
            pharos.start()
            self.check(pharos.port, now)
            # What is known by other numbers in another request is the same series.
            r = Request()
            r.ref('something else')
            r.add({'job': 'x', 'instance': 'i7', '__name__': 'v2_total'}, [(now, 99.0, 0)])
            self.assertEqual(r.send(pharos.port), (204, [1, 0, 0], ''))
            self.assertEqual(self.value(pharos.port, 'v2_total{instance="i7"}', now), [99.0])
            self.assertEqual(self.value(pharos.port, 'count(v2_total)', now), [20.0])

    def value(self, port, query, now):
        return [float(s['value'][1]) for s in get_json(port, '/api/v1/query', {'query': query, 'time': now / 1000})['data']['result']]

    def check(self, port, now):
        self.assertEqual(self.value(port, 'sum(v2_total)', now), [210.0])
        self.assertEqual(sorted(self.value(port, 'histogram_count(v2_native)', now)), [6.0, 6.0, 6.0])
        self.assertEqual(self.value(port, 'histogram_sum(v2_native{kind="custom"})', now), [18.5])
        self.assertEqual(self.value(port, 'v2_gone', now), [], 'the stale marker ends it')
        metadata = get_json(port, '/api/v1/metadata', {'metric': 'v2_total'})['data']['v2_total'][0]
        self.assertEqual((metadata['type'], metadata['help'], metadata['unit']), ('counter', 'Things counted.', 'things'))
        found = get_json(port, '/api/v1/query_exemplars', {'query': 'v2_total', 'start': (now - 5000) / 1000, 'end': now / 1000})['data']
        self.assertEqual(sum(len(s['exemplars']) for s in found), 20)

    def test_partial_write(self):
        with Pharos() as pharos:
            now = int(time.time() * 1000)
            r = Request()
            r.add({'job': 'no name'}, [(now, 1.0, 0)])
            r.add({'__name__': 'good'}, [(now - 1000, 1.0, 0), (now + 3_600_000, 1.0, 0)])
            status, written, text = r.send(pharos.port)
            self.assertEqual((status, written), (400, [1, 0, 0]))
            self.assertEqual(text, 'invalid metric name or labels, got {job="no name"}\nout of bounds: timestamp is too far in the future for series {__name__="good"}\n')
            self.assertEqual(self.value(pharos.port, 'good', now), [1.0])


if __name__ == '__main__':
    unittest.main()
