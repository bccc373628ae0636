#!/usr/bin/env python3
"""What real traces cost to store: measure.py PHAROS [--megabytes 60] [--sets zipkin,jaeger_ui,tempo] [--port 4764] [--workload FOLDER] [--push-bytes 170000] [--rounds 1]

The traces of Zipkin's, Jaeger's and Tempo's own files (../shared/data, or PHAROS_SHARED_DATA), each again and again with fresh trace and span ids and times of now, in
random order, as OTLP requests. They go over two connections to a new server, which then writes and merges all it holds. A line of output a set: CPU nanoseconds a byte
of protobuf and microseconds a span, bytes a span on disk, peak memory. --workload: a folder of made bodies with its meta.json (raw_bytes, items), measured the same way
first, whole and as much of it as of a set. --push-bytes: of the spans in a request; at first about as many as the benchmark's have, so that what a request costs whatever is in it (a commit, wake-ups) has
the same share in both. The Collector's batches hold 8,192 spans. --rounds: so often each is played, all in turn; the least counts.
"""
import glob
import json
import os
import random
import struct
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'real_logs'))
sys.path.insert(0, os.path.join(HERE, '..', 'scrapes'))
from cost import measure  # noqa: E402
from write_bodies import field, varint  # noqa: E402

PUSH_BYTES = 170_000
OTLP = ('/v1/traces', {'Content-Type': 'application/x-protobuf'})
ZIPKIN_KINDS = {'SERVER': 2, 'CLIENT': 3, 'PRODUCER': 4, 'CONSUMER': 5}


def number(at, value):
    return varint(at << 3) + varint(value % 2**64)


def fixed(at, value):
    return varint(at << 3 | 1) + struct.pack('<Q', value % 2**64)


def attribute(at, key, value):
    if isinstance(value, bool):
        any_value = number(2, value)
    elif isinstance(value, int):
        any_value = number(3, value)
    elif isinstance(value, float):
        any_value = varint(4 << 3 | 1) + struct.pack('<d', value)
    else:
        any_value = field(1, str(value).encode())
    return field(at, field(1, key.encode()) + field(2, any_value))


class Ids:
    """Fresh ids for those of one trace."""

    def __init__(self, draw):
        self.draw, self.known = draw, {}

    def of(self, text, size):
        if not text:
            return b''
        key = (str(text), size)
        if key not in self.known:
            self.known[key] = self.draw.randbytes(size)
        return self.known[key]


def endpoint(span, side):
    return {'service.name' if k == 'serviceName' else k: v for k, v in span.get(side, {}).items()}


def zipkin(span, ids, shift):
    """Resource and span, as OTLP."""
    begin = span.get('timestamp', 0) * 1000 + shift
    out = field(1, ids.of(span['traceId'], 16)) + field(2, ids.of(span['id'], 8))
    if span.get('parentId'):
        out += field(4, ids.of(span['parentId'], 8))
    out += field(5, span.get('name', '').encode())
    if span.get('kind') in ZIPKIN_KINDS:
        out += number(6, ZIPKIN_KINDS[span['kind']])
    out += fixed(7, begin) + fixed(8, begin + span.get('duration', 0) * 1000)
    for key, value in endpoint(span, 'remoteEndpoint').items():
        out += attribute(9, 'peer.' + key, value)
    for key, value in span.get('tags', {}).items():
        out += attribute(9, key, value)
    for note in span.get('annotations', []):
        out += field(11, fixed(1, note['timestamp'] * 1000 + shift) + field(2, note['value'].encode()))
    resource = b''.join(attribute(1, k, v) for k, v in endpoint(span, 'localEndpoint').items())
    return resource, out


def jaeger(span, processes, ids, shift):
    begin = span.get('startTime', 0) * 1000 + shift
    out = field(1, ids.of(span['traceID'], 16)) + field(2, ids.of(span['spanID'], 8))
    for reference in span.get('references', []):
        out += field(13, field(1, ids.of(reference['traceID'], 16)) + field(2, ids.of(reference['spanID'], 8)))
    out += field(5, span.get('operationName', '').encode())
    out += fixed(7, begin) + fixed(8, begin + span.get('duration', 0) * 1000)
    for tag in span.get('tags', []):
        out += attribute(9, tag['key'], tag.get('value', ''))
    for log in span.get('logs', []):
        event = fixed(1, log['timestamp'] * 1000 + shift) + field(2, b'log')
        out += field(11, event + b''.join(attribute(3, f['key'], f.get('value', '')) for f in log.get('fields', [])))
    process = processes.get(span.get('processID'), {})
    resource = attribute(1, 'service.name', process.get('serviceName', ''))
    return resource + b''.join(attribute(1, t['key'], t.get('value', '')) for t in process.get('tags', [])), out


def plain(value):
    """The value of an OTLP attribute in JSON."""
    kind, inner = next(iter(value.items()), ('stringValue', ''))
    return int(inner) if kind == 'intValue' else inner if kind in ('stringValue', 'boolValue', 'doubleValue') else json.dumps(inner)


def tempo(span, ids, shift):
    out = field(1, ids.of(span['traceId'], 16)) + field(2, ids.of(span['spanId'], 8)) + field(5, span.get('name', '').encode())
    if span.get('parentSpanId'):
        out += field(4, ids.of(span['parentSpanId'], 8))
    out += fixed(7, int(span['startTimeUnixNano']) + shift) + fixed(8, int(span['endTimeUnixNano']) + shift)
    for pair in span.get('attributes', []):
        out += attribute(9, pair['key'], plain(pair['value']))
    for event in span.get('events', []):
        inner = fixed(1, int(event['timeUnixNano']) + shift) + field(2, event.get('name', '').encode())
        out += field(11, inner + b''.join(attribute(3, p['key'], plain(p['value'])) for p in event.get('attributes', [])))
    return out


def read_traces(name, shared):
    """Functions that give one trace's spans with fresh ids, each with its resource; the first begins at a time."""
    files = sorted(glob.glob(f'{shared}/{"tempo/traces" if name == "tempo" else name}/**/*.json', recursive=True))
    out = []
    for file in files:
        with open(file) as f:
            root = json.load(f)
        if name == 'zipkin':
            spans = root if isinstance(root, list) else [root]
            first = min((s['timestamp'] for s in spans if s.get('timestamp')), default=0) * 1000
            spans = [dict(s, timestamp=s.get('timestamp') or first // 1000) for s in spans if 'traceId' in s]
            if spans:
                out.append(lambda ids, at, spans=spans, first=first: [zipkin(s, ids, at - first) for s in spans])
        elif name == 'jaeger_ui':
            listed = root.get('data') if isinstance(root, dict) else root
            traces = listed if isinstance(listed, list) else [root]
            for trace in traces:
                if not isinstance(trace, dict) or not trace.get('spans'):
                    continue
                spans, processes = trace['spans'], trace.get('processes', {})
                first = min(s.get('startTime', 0) for s in spans) * 1000
                out.append(lambda ids, at, spans=spans, p=processes, first=first: [jaeger(s, p, ids, at - first) for s in spans])
        else:
            def give(ids, at, root=root):
                groups = [(b''.join(attribute(1, p['key'], plain(p['value'])) for p in batch['resource'].get('attributes', [])), s)
                          for batch in root['resourceSpans'] for scope in batch.get('scopeSpans', batch.get('instrumentationLibrarySpans', [])) for s in scope['spans']]
                first = min(int(s['startTimeUnixNano']) for _, s in groups)
                return [(resource, tempo(s, ids, at - first)) for resource, s in groups]
            out.append(give)
    return out


def make_bodies(name, megabytes, push_bytes=PUSH_BYTES):
    """Request bodies, how many spans they hold, and how many bytes."""
    shared = os.environ.get('PHAROS_SHARED_DATA', os.path.join(HERE, '../../../shared/data'))
    traces, draw = read_traces(name, shared), random.Random(7)
    bodies, count, size, open_spans, push = [], 0, 0, [], 0
    at = time.time_ns() - 3600 * 10**9
    while size < megabytes * 1_000_000:
        at += 1_000_000
        trace = draw.choice(traces)(Ids(draw), at)
        open_spans += trace
        push += sum(len(span) for _, span in trace)
        if push < push_bytes:
            continue
        resources = {}
        for resource, span in open_spans:
            resources.setdefault(resource, []).append(field(2, span))
        body = b''.join(field(1, field(1, resource) + field(2, b''.join(spans))) for resource, spans in resources.items())
        bodies.append(body)
        count += len(open_spans)
        size += len(body)
        open_spans, push = [], 0
    return bodies, count, size


if __name__ == '__main__':
    measure(__doc__, 'span', 'zipkin,jaeger_ui,tempo', 4764, make_bodies, OTLP, PUSH_BYTES)
