"""Samples that two servers get alike, as bodies of remote write 1.0 (own protobuf and snappy, nothing to install).

Each series has its own offset within the second, never 0: with queries at whole seconds no sample lies on the edge of a window. Counters begin, and begin again, high enough that a rate never
reaches back to zero (which 2.42 does otherwise); `odd_young_total` is there for that.
"""
import math
import random
import struct

STALE = 0x7FF0000000000002
HEADERS = {'Content-Type': 'application/x-protobuf', 'Content-Encoding': 'snappy', 'X-Prometheus-Remote-Write-Version': '0.1.0'}
SPAN = 7_200  # seconds of data
INSTANCES = [f'demo.promlabs.com:{10000 + i}' for i in range(3)]


def varint(n):
    out = bytearray()
    n &= (1 << 64) - 1
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def zigzag(n):
    return varint((n << 1) ^ (n >> 63))


def blob(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def number(field, n):
    return varint(field << 3) + varint(n)


def signed(field, n):
    return varint(field << 3) + zigzag(n)


def double(field, value):
    return varint(field << 3 | 1) + struct.pack('<d', value)


def bits(field, raw):
    return varint(field << 3 | 1) + struct.pack('<Q', raw)


def snappy(data):
    """The format with literals only: valid, not small."""
    out = [varint(len(data))]
    for at in range(0, len(data), 65536):
        piece = data[at:at + 65536]
        out.append(bytes([61 << 2]) + struct.pack('<H', len(piece) - 1) + piece)
    return b''.join(out)


def label_block(labels):
    return b''.join(blob(1, blob(1, k.encode()) + blob(2, v.encode())) for k, v in sorted(labels.items()))


class Hist:
    """A native histogram as the wire has it: buckets are {index: count}."""

    def __init__(self, schema, positive, negative=None, zero=0, total=0.0, gauge=False, floats=False):
        self.schema, self.positive, self.negative, self.zero, self.total, self.gauge, self.floats = schema, positive, negative or {}, zero, total, gauge, floats

    def side(self, buckets, spans_field, deltas_field, counts_field):
        indices = sorted(buckets)
        spans, counts, last = [], [], None
        for i in indices:
            if last is not None and i == last + 1:
                spans[-1][1] += 1
            else:
                spans.append([i if last is None else i - last - 1, 1])
            counts.append(buckets[i])
            last = i
        out = b''.join(blob(spans_field, signed(1, o) + number(2, n)) for o, n in spans)
        if self.floats:
            return out + blob(counts_field, b''.join(struct.pack('<d', c) for c in counts)) if counts else out
        deltas = [c - (counts[i - 1] if i else 0) for i, c in enumerate(counts)]
        return out + blob(deltas_field, b''.join(zigzag(d) for d in deltas)) if counts else out

    def encode(self, time_ms):
        count = sum(self.positive.values()) + sum(self.negative.values()) + self.zero
        out = double(2, count) if self.floats else number(1, count)
        out += double(3, self.total) + signed(4, self.schema) + double(5, 1e-128)
        out += double(7, self.zero) if self.floats else number(6, self.zero)
        out += self.side(self.negative, 8, 9, 10) + self.side(self.positive, 11, 12, 13)
        return out + (number(14, 3) if self.gauge else b'') + number(15, time_ms)


class Series:
    """Labels and, in time order, (milliseconds, value): a float, raw bits (int), or a Hist."""

    def __init__(self, labels, points):
        self.key, self.block, self.points, self.at = sorted(labels.items()), label_block(labels), points, 0

    def message_until(self, time_ms):
        begin = self.at
        while self.at < len(self.points) and self.points[self.at][0] < time_ms:
            self.at += 1
        if begin == self.at:
            return b''
        out = [self.block]
        for when, value in self.points[begin:self.at]:
            if isinstance(value, Hist):
                out.append(blob(4, value.encode(when)))
            else:
                out.append(blob(2, (bits(1, value) if isinstance(value, int) else double(1, value)) + number(2, when)))
        return blob(1, b''.join(out))


class Data:
    """The series; `names` maps what queries may ask for to metric names and label values."""

    def __init__(self, start_s, seed=5):
        self.start_s, self.end_s, self.rnd, self.series = start_s, start_s + SPAN, random.Random(seed), []
        for part in (self.demo, self.node, self.odd, self.resets, self.natives, self.young, self.functions):
            part()
        self.series.sort(key=lambda s: s.key)  # in the order of labels, so that ties of topk fall alike

    def times(self, interval):
        """Milliseconds every `interval` seconds, at this series' own offset."""
        offset = self.rnd.randrange(interval) * 1000 + self.rnd.randrange(100, 900)
        return [self.start_s * 1000 + offset + i * interval * 1000 for i in range(SPAN // interval)]

    def add(self, name, labels, interval, value, holes=0.0):
        """`value(i)` each interval. With `holes`, stretches are missing; half of them begin with a stale marker."""
        points, skip = [], 0
        for i, when in enumerate(self.times(interval)):
            v = value(i)
            if skip:
                skip -= 1
                continue
            if holes and self.rnd.random() < holes:
                skip = self.rnd.randrange(1, 60)
                if self.rnd.random() < .5:
                    points.append((when, STALE))
                continue
            points.append((when, v))
        self.series.append(Series({'__name__': name, **labels}, points))

    def counter(self, step, digits=None, reset=0.0, start=None):
        """A function that counts up by around `step`, at times falls."""
        state = [step * 40 if start is None else start]

        def value(_):
            if reset and self.rnd.random() < reset:
                state[0] = step * 10.0
            state[0] += self.rnd.random() * 2 * step
            if digits is not None:
                state[0] = round(state[0], digits)
            return float(state[0])
        return value

    def walk(self, start, swing, digits=None):
        state = [start]

        def value(_):
            state[0] += (self.rnd.random() - .5) * swing
            return float(round(state[0], digits) if digits is not None else state[0])
        return value

    def demo(self):
        """What the templates of the compliance test ask for."""
        rnd = self.rnd
        for n, instance in enumerate(INSTANCES):
            base = {'instance': instance, 'job': 'demo'}
            self.add('demo_num_cpus', base, 10, lambda _, n=n: 4.0 + n)
            for kind in ('free', 'used', 'cached', 'buffers'):
                self.add('demo_memory_usage_bytes', {**base, 'type': kind}, 10, self.walk(rnd.uniform(1e8, 5e9), 1e7, 0))
            for mode in ('idle', 'user', 'system'):
                self.add('demo_cpu_usage_seconds_total', {**base, 'mode': mode}, 10, self.counter(rnd.uniform(.5, 30), reset=.002))
            self.add('demo_disk_usage_bytes', base, 10, self.walk(2e9, 4e6, 0))
            self.add('demo_disk_total_bytes', base, 10, lambda _: 268435456000.0)
            self.add('demo_batch_last_success_timestamp_seconds', base, 10, lambda i, n=n: float(self.start_s + i // (30 + n) * 300))
            self.add('demo_intermittent_metric', base, 10, self.walk(5, 1), holes=.05)
            self.add('demo_items_shipped_total', base, 10, self.counter(3, 0))
            for method in ('GET', 'POST'):
                for path in ('/api/foo', '/api/bar'):
                    self.classic('demo_api_request_duration_seconds', {**base, 'method': method, 'path': path, 'status': '200'}, 10)

    def classic(self, name, labels, interval):
        bounds = [0.0001 * 3 ** i for i in range(10)]
        counts, total = [2_000] * (len(bounds) + 1), [900.0]
        rows = []
        for _ in range(SPAN // interval):
            for _ in range(self.rnd.randrange(12)):
                seen = self.rnd.expovariate(80)
                total[0] += seen
                counts[next((i for i, b in enumerate(bounds) if seen <= b), len(bounds))] += 1
            rows.append((list(counts), total[0]))
        times = self.times(interval)
        for i in range(len(bounds) + 1):
            le = repr(round(bounds[i], 7)) if i < len(bounds) else '+Inf'
            points = [(t, float(sum(row[:i + 1]))) for t, (row, _) in zip(times, rows)]
            self.series.append(Series({'__name__': name + '_bucket', 'le': le, **labels}, points))
        self.series.append(Series({'__name__': name + '_count', **labels}, [(t, float(sum(row))) for t, (row, _) in zip(times, rows)]))
        self.series.append(Series({'__name__': name + '_sum', **labels}, [(t, s) for t, (_, s) in zip(times, rows)]))

    def node(self):
        """The shape of the bench workload: hosts with a hundred series each, here a dozen."""
        for host in range(8):
            base = {'instance': f'host-{host:04d}:9100', 'job': 'node', 'region': f'eu-{host % 4}', 'env': 'prod' if host % 5 else 'staging'}
            for mode, speed in (('idle', 14), ('user', 4), ('system', 2), ('iowait', .05)):
                self.add('node_cpu_seconds_total', {**base, 'cpu': '0', 'mode': mode}, 15, self.counter(speed * .5, 2))
            for m in ('receive_bytes', 'transmit_packets'):
                self.add(f'node_network_{m}_total', {**base, 'device': 'eth0'}, 15, self.counter(1e6, 0))
            self.add('node_memory_MemFree_bytes', base, 15, self.walk(2e9, 1e7, 0))
            self.add('node_load1', base, 15, self.walk(2, .3, 2))
            self.add('up', base, 15, lambda i: 0.0 if i % 97 == 0 else 1.0)

    def odd(self):
        """Holes, stale markers, NaN and infinities, counts near 2^53, tiny and huge values, names of label values."""
        rnd = self.rnd
        for shard in range(6):
            labels = {'shard': str(shard), 'kind': ('a', 'b')[shard % 2], 'job': 'odd'}
            self.add('odd_total', labels, 5 + shard, self.counter(1 + shard, reset=.01), holes=.01)
            self.add('odd_gauge', labels, 7 + shard, self.walk(shard - 3, 2), holes=.01)
            self.add('odd_big_total', labels, 15, self.counter(2, 0, start=float(2 ** 53 - 700 + shard)))
            special = (math.nan, math.inf, -math.inf, 0.0, -0.0, 1e-200, 1e150, 1.5, -2.5)
            self.add('odd_special', labels, 20, lambda _: rnd.choice(special))
            self.add('odd_scale', labels, 15, lambda _: rnd.choice((-1, 1)) * 10 ** rnd.uniform(-12, 12))
        self.add('odd_const', {'job': 'odd', 'path': 'C:\\dir "x"', 'text': 'grüße'}, 30, lambda _: 3.25)
        self.add('odd_lines', {'job': 'odd', 'text': 'a\nb'}, 30, lambda _: 1.0)

    def resets(self):
        """One counter that falls ten thousand times."""
        times = [self.start_s * 1000 + 137 + i * 350 for i in range(20_001)]
        self.series.append(Series({'__name__': 'odd_resets_total', 'job': 'odd'}, [(t, float(i % 2 * 3 + 1)) for i, t in enumerate(times)]))

    def natives(self):
        for n in range(3):
            labels = {'job': 'native', 'shard': str(n)}
            for name, gauge, floats in (('odd_native', False, False), ('odd_native_float', False, True), ('odd_native_gauge', True, False)):
                positive, negative, zero, total, points = {}, {}, 0, 0.0, []
                for i, when in enumerate(self.times(15)):
                    begins = gauge or not positive or self.rnd.random() < .004
                    if begins:
                        positive, negative, zero, total = {}, {}, 0, 0.0
                    for _ in range(self.rnd.randrange(1, 8) + (0 if gauge or not begins else 300)):
                        seen = self.rnd.lognormvariate(0, 1.2)
                        index = math.ceil(math.log2(seen) * 2 ** (n + 1))
                        side = negative if self.rnd.random() < .2 else positive
                        side[index] = side.get(index, 0) + 1
                        total += -seen if side is negative else seen
                    zero += i % 3 == 0
                    points.append((when, Hist(n + 1, dict(positive), dict(negative), zero, total, gauge, floats)))
                self.series.append(Series({'__name__': name, **labels}, points))

    def young(self):
        """Counters whose first sample is about one step, long after the beginning."""
        for n in range(6):
            count, points = 0.0, []
            for i, when in enumerate(self.times(15)):
                count += self.rnd.uniform(.8, 1.2) if i else self.rnd.uniform(.4, 1.3)
                if i >= 300 + n:
                    points.append((when, count if i > 300 + n else (count := self.rnd.uniform(.4, 1.3))))
            self.series.append(Series({'__name__': 'odd_young_total', 'shard': str(n), 'job': 'odd'}, points))

    def functions(self):
        """Arguments of functions, a few thousand of them."""
        rnd = self.rnd
        draws = {'unit': lambda _: rnd.uniform(-1, 1), 'wide': lambda _: rnd.choice((-1, 1)) * 10 ** rnd.uniform(-15, 15), 'moderate': lambda _: rnd.uniform(-40, 40),
                 'exponent': lambda _: rnd.uniform(-720, 710), 'above': lambda _: 1 + 10 ** rnd.uniform(-12, 12), 'whole': lambda _: float(rnd.randrange(-300, 300))}
        for kind, draw in draws.items():
            self.add('odd_argument', {'kind': kind, 'job': 'odd'}, 5, draw)
        self.add('odd_huge', {'job': 'odd'}, 20, lambda _: rnd.choice((1.7976931348623157e308, -1.7e308, 1.5)))
        self.add('odd_tiny', {'job': 'odd'}, 20, lambda _: rnd.choice((5e-324, 2e-308, 1.234e-310, 1e-320)))

    def bodies(self, window_s=600):
        """Requests in time order, each a stretch of `window_s` for some hundred series."""
        for end in range(self.start_s + window_s, self.end_s + window_s, window_s):
            for at in range(0, len(self.series), 200):
                message = b''.join(s.message_until(end * 1000) for s in self.series[at:at + 200])
                if message:
                    yield snappy(message)
