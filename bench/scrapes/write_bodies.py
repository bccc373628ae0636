#!/usr/bin/env python3
"""Makes the remote-write bodies that a Prometheus would send of an hour of real scrapes: write_bodies.py OUT [--scale 1] [--version 1|2]

OUT gets NNNNN.bin (compressed requests of 2,000 samples, as Prometheus sends them) and meta.json, for play.py of this folder.
Times end about now. Needs Debian's python3-snappy.
"""
import argparse
import json
import os
import struct
import sys
import time

import walk
import world

try:
    import snappy
except ImportError:
    sys.exit('python3-snappy is missing: apt-get install python3-snappy')

STEP_MS, SCRAPES, BATCH = 15_000, 240, 2000
EXTERNAL = {'cluster': 'eu-1'}


def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


class Version1:
    """prometheus.WriteRequest: each series carries its labels."""

    path = '/api/v1/write'
    headers = {'Content-Type': 'application/x-protobuf', 'Content-Encoding': 'snappy', 'X-Prometheus-Remote-Write-Version': '0.1.0'}

    def __init__(self):
        self.parts = []

    def encode_labels(self, pairs):
        return b''.join(field(1, field(1, k.encode()) + field(2, v.encode())) for k, v in pairs)

    def add(self, series, sample):
        if series.cache is None:
            series.cache = self.encode_labels(series.labels)
        body = series.cache + b'\x12' + varint(len(sample)) + sample
        self.parts.append(b'\x0a' + varint(len(body)) + body)

    def take(self):
        body = b''.join(self.parts)
        self.parts = []
        return body


class Version2:
    """io.prometheus.write.v2.Request: labels are references into the request's own table of symbols; the type goes along."""

    path = '/api/v1/write'
    headers = {'Content-Type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request', 'Content-Encoding': 'snappy', 'X-Prometheus-Remote-Write-Version': '2.0.0'}
    TYPES = {'counter': 1, 'gauge': 2, 'histogram': 3, 'summary': 5}

    def __init__(self):
        self.take()

    def ref(self, text):
        r = self.symbols.get(text)
        if r is None:
            r = self.symbols[text] = len(self.symbols)
        return varint(r)

    def add(self, series, sample):
        refs = b''.join(self.ref(k) + self.ref(v) for k, v in series.labels)
        meta = b'\x08' + varint(self.TYPES.get(series.kind, 0))
        body = field(1, refs) + field(2, sample) + field(5, meta)
        self.parts.append(field(5, body))

    def take(self):
        body = b''.join(field(4, s.encode()) for s in getattr(self, 'symbols', {})) + b''.join(getattr(self, 'parts', []))
        self.symbols, self.parts = {'': 0}, []
        return body


def own_series(target):
    """What a scraper adds to each target."""
    out = []
    for name, value, measured in (('up', 1, 0), ('scrape_duration_seconds', .02, 1), ('scrape_samples_scraped', 1200, 0), ('scrape_samples_post_metric_relabeling', 1200, 0), ('scrape_series_added', 0, 0)):
        out.append(world.Series(name, {}, 'gauge', walk.Measured(value, target.rnd) if measured else walk.Still(float(value))))
    return world.Group(lambda i, g: out, 'scrape')


def attach(target, group):
    """Gives the series the labels that the scrape adds, sorted, as they are stored."""
    for s in group.series:
        if isinstance(s.labels, dict):
            s.labels = sorted(dict(s.labels, __name__=s.name, job=target.job, instance=target.instance, **EXTERNAL).items())


def scrape(target, at_ms):
    """(series, time, value) of one scrape."""
    load, rnd = target.busy(), target.rnd
    jitter = 0 if rnd.random() < .97 else rnd.randrange(3, 40)   # Prometheus aligns scrapes that are at most 2 ms late
    for group in target.groups:
        ts = at_ms + jitter
        if group.mortal and rnd.random() < .05 / 240:
            for s in group.series:
                yield s, ts, walk.STALE
            group.replace()
            attach(target, group)
            group.time_ms = 0
        if group.own_time:                                       # measured every 10 to 15 s, shown with its own time
            nxt = group.time_ms or ts - rnd.randrange(10_000)
            while nxt + 15_000 <= ts:
                nxt += 10_000 + rnd.randrange(5_000)
            if nxt == group.time_ms:
                continue
            group.time_ms = ts = nxt
        for s in group.series:
            yield s, ts, s.walker.step(load)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('out')
    a.add_argument('--scale', type=float, default=1.0)
    a.add_argument('--version', type=int, choices=(1, 2), default=1)
    a = a.parse_args()
    os.makedirs(a.out, exist_ok=True)
    t0 = (int(time.time()) - 3700) // 60 * 60_000
    targets = sorted(world.targets(a.scale), key=lambda t: t.offset_ms)
    for t in targets:
        t.groups.append(own_series(t))
        for g in t.groups:
            attach(t, g)
    writer = Version1() if a.version == 1 else Version2()
    items = raw = bodies = pending = 0

    def send():
        nonlocal raw, bodies, pending
        body = writer.take()
        raw += len(body)
        with open(f'{a.out}/{bodies:05d}.bin', 'wb') as f:
            f.write(snappy.compress(body))
        bodies, pending = bodies + 1, 0

    for n in range(SCRAPES):
        for i, t in enumerate(targets):
            if n == SCRAPES // 2 and i == 3:
                t.boot()
            for s, ts, v in scrape(t, t0 + n * STEP_MS + t.offset_ms):
                writer.add(s, b'\x09' + struct.pack('<d', v) + b'\x10' + varint(ts))
                items, pending = items + 1, pending + 1
                if pending == BATCH:
                    send()
    if pending:
        send()
    meta = dict(items=items, series=sum(len(g.series) for t in targets for g in t.groups), raw_bytes=raw, start_ms=t0, end_ms=t0 + SCRAPES * STEP_MS, path=writer.path, headers=writer.headers, bodies=bodies)
    with open(f'{a.out}/meta.json', 'w') as f:
        json.dump(meta, f)
    print({k: v for k, v in meta.items() if k != 'headers'})


if __name__ == '__main__':
    main()
