"""What Prometheus 3 makes of native histograms, worked out from the samples themselves: the answers that Debian's 2.42 cannot give."""
import math

LOOKBACK = 300


class Native:
    """Buckets as {index: count} of the positive and the negative side."""

    def __init__(self, schema, positive, negative, zero, total):
        self.schema, self.positive, self.negative, self.zero, self.total = schema, dict(positive), dict(negative), zero, total

    @classmethod
    def of(cls, hist):
        return cls(hist.schema, hist.positive, hist.negative, hist.zero, hist.total)

    @property
    def count(self):
        return sum(self.positive.values()) + sum(self.negative.values()) + self.zero

    def times(self, factor):
        def scaled(side):
            return {i: c * factor for i, c in side.items()}
        return Native(self.schema, scaled(self.positive), scaled(self.negative), self.zero * factor, self.total * factor)

    def coarser(self, schema):
        def merged(side):
            out = {}
            for i, c in side.items():
                at = ((i - 1) >> (self.schema - schema)) + 1
                out[at] = out.get(at, 0) + c
            return out
        return Native(schema, merged(self.positive), merged(self.negative), self.zero, self.total)

    def plus(self, other):
        schema = min(self.schema, other.schema)
        a, b = self.coarser(schema), other.coarser(schema)

        def joined(x, y):
            return {i: x.get(i, 0) + y.get(i, 0) for i in x.keys() | y.keys()}
        return Native(schema, joined(a.positive, b.positive), joined(a.negative, b.negative), a.zero + b.zero, a.total + b.total)

    def bound(self, index):
        return 2.0 ** (index * 2.0 ** -self.schema)

    def buckets(self):
        """(low, high, count, is it the one around zero), rising."""
        out = [(-self.bound(i), -self.bound(i - 1), c, False) for i, c in sorted(self.negative.items(), reverse=True)]
        if self.zero > 0:  # a negative one is not shown
            out.append((-1e-128, 1e-128, self.zero, True))
        return [b for b in out + [(self.bound(i - 1), self.bound(i), c, False) for i, c in sorted(self.positive.items())] if b[2]]

    def edges(self, low, high):
        """The bucket around zero has no negative half where there are no negative observations, and the other way round."""
        if not self.negative and self.positive:
            low = 0.0
        elif not self.positive and self.negative:
            high = 0.0
        return low, high

    def quantile(self, q):
        """The upper half is counted from above, which matters where the rank lies on a bucket's edge."""
        upwards = q < .5
        rank, seen = (q if upwards else 1 - q) * self.count, 0
        for low, high, count, around_zero in self.buckets() if upwards else reversed(self.buckets()):
            seen += count
            if seen < rank:
                continue
            share = (rank - (seen - count)) / count if upwards else (seen - rank) / count
            if around_zero:
                low, high = self.edges(low, high)
                return low + (high - low) * share
            if low > 0:
                return low * (high / low) ** share
            return -(-high * (low / high) ** (1 - share))
        return math.nan

    def below(self, value):
        seen = 0
        for low, high, count, around_zero in self.buckets():
            if around_zero:
                low, high = self.edges(low, high)
            if low >= value:
                return seen
            if high > value:
                if around_zero:
                    share = (value - low) / (high - low)
                elif low > 0:
                    share = math.log(value / low) / math.log(high / low)
                else:
                    share = 1 - math.log(value / high) / math.log(low / high)
                return seen + count * share
            seen += count
        return seen

    def fraction(self, low, high):
        return (self.below(high) - self.below(low)) / self.count

    def fell_to(self, later):
        """Is `later` no continuation of this count?"""
        if later.count < self.count or later.zero < self.zero:
            return True
        return any(later.positive.get(i, 0) < c for i, c in self.positive.items()) or any(later.negative.get(i, 0) < c for i, c in self.negative.items())


def total(natives):
    out = natives[0]
    for one in natives[1:]:
        out = out.plus(one)
    return out


def newest(points, time_s):
    found = [h for when, h in points if (time_s - LOOKBACK) * 1000 < when <= time_s * 1000]
    return Native.of(found[-1]) if found else None


def window(points, time_s, seconds):
    return [Native.of(h) for when, h in points if (time_s - seconds) * 1000 < when <= time_s * 1000]


# The shape of a query → what it gives at a time for one series' points (None: nothing).
SHAPES = [
    (r'^-(\w+)$', lambda m, p, t: newest(p, t) and newest(p, t).times(-1)),
    (r'^(\w+) \* 2$', lambda m, p, t: newest(p, t) and newest(p, t).times(2)),
    (r'^(\w+) / 4$', lambda m, p, t: newest(p, t) and newest(p, t).times(.25)),
    (r'^(\w+) \+ \1$', lambda m, p, t: newest(p, t) and newest(p, t).times(2)),
    (r'^(\w+) == \1$', lambda m, p, t: newest(p, t)),
    (r'^sum_over_time\((\w+)\[1m\]\)$', lambda m, p, t: total(window(p, t, 60)) if window(p, t, 60) else None),
    (r'^resets\((\w+)\[30m\]\)$', lambda m, p, t: sum(a.fell_to(b) for a, b in zip(w, w[1:])) if (w := window(p, t, 1800)) else None),
    (r'^histogram_quantile\(([\d.]+), (\w+)\)$', lambda m, p, t: newest(p, t) and newest(p, t).quantile(float(m[1]))),
    (r'^histogram_fraction\((\S+), (\S+), (\w+)\)$', lambda m, p, t: newest(p, t) and newest(p, t).fraction(float(m[1]), float(m[2]))),
]
# Over all series of the name.
AGGREGATES = [
    (r'^sum\((\w+)\)$', total),
    (r'^avg\((\w+)\)$', lambda natives: total(natives).times(1 / len(natives))),
]


def close(a, b, tolerance=1e-9):
    return a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= tolerance * max(abs(a), abs(b), 1e-300)


def agrees(answer, expected):
    """`answer`: a value string, or a histogram as the API has it."""
    if not isinstance(expected, Native):
        return isinstance(answer, str) and close(float(answer), float(expected))
    if isinstance(answer, str):
        return False
    if not close(float(answer['count']), expected.count, 1e-12) or not close(float(answer['sum']), expected.total, 1e-12):
        return False
    theirs = [(low, high, count) for low, high, count, _ in expected.buckets()]
    ours = [tuple(map(float, bucket[1:])) for bucket in answer.get('buckets', [])]
    return len(ours) == len(theirs) and all(close(x, y, 1e-12) for a, b in zip(ours, theirs) for x, y in zip(a, b))
