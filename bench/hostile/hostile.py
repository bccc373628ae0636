#!/usr/bin/env python3
"""How hostile queries end, and what ordinary ones feel of them.

hostile.py URL [--series 20000] [--seconds 4]: writes that many series (an hour at 60 s) to an empty running Pharos, asks ordinary queries alone, then beside each hostile query,
which one client sends again and again. Prints how each ended (status, seconds, what the answer says) and the p50 and p99 of the ordinary queries beside it. Exit status 1
where a hostile query got anything but an answer or a sentence, took longer than --limit seconds, the server died, or p99 grew more than --factor times.
"""
import argparse
import http.client
import json
import multiprocessing
import random
import struct
import sys
import time
import urllib.parse

STEP_MS, SAMPLES, HOSTS = 60_000, 60, 100
ORDINARY = [('query_range', 'sum by (zone) (rate(load_requests_total{host=~"h1."}[5m]))'), ('query_range', 'load_requests_total{host="h7",unit="u7"}'),
            ('query', 'topk(5, sum by (host) (load_requests_total))'), ('query', 'count by (zone) (load_noise)')]


def hostile_queries():
    """(name, path, expression)"""
    words = '|'.join(f'{random.Random(i).getrandbits(64):x}.*{i}' for i in range(20_000))
    return [
        ('a year in steps of 1 ms', 'query', '{__name__=~".+"}[1y:1ms]'),
        ('a function over it', 'query', 'sum(sum_over_time({__name__=~".+"}[1y:1ms]))'),
        ('all series, 11,000 steps', 'query_range', '{__name__=~".+"}'),
        ('a regex of 20,000 patterns', 'query', f'{{host=~"{words}"}}'),
        ('a regex that repeats repetitions', 'query', '{host=~"((((a{1,100}){1,100}){1,100}){1,100}){1,100}"}'),
        ('100,000 parentheses', 'query', '(' * 100_000 + '1' + ')' * 100_000),
        ('100,000 minus signs', 'query', '-' * 100_000 + '1'),
        ('900 functions in each other', 'query_range', 'abs(' * 900 + 'load_noise' + ')' * 900),
        ('10 MB of additions', 'query', '1' + '+1' * 5_000_000),
        ('a million groups', 'query_range', 'count_values("v", load_noise)'),
        ('all series times themselves', 'query_range', '{__name__=~"load_.+"} * on (host) group_left () {__name__=~"load_.+"}'),
        ('all quantiles of all', 'query_range', 'quantile_over_time(0.9, {__name__=~".+"}[1h])'),
    ]


def varint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def blob(field, data):
    return bytes([field << 3 | 2]) + varint(len(data)) + data


def snappy(data):
    """Snappy's format without finding anything to copy."""
    out = [varint(len(data))]
    for at in range(0, len(data), 65536):
        piece = data[at:at + 65536]
        out.append(bytes([61 << 2]) + struct.pack('<H', len(piece) - 1) + piece)
    return b''.join(out)


def write(server, series, end_ms):
    noise, rows = random.Random(1), []
    for i in range(series):
        name = b'load_noise' if i % 2 else b'load_requests_total'
        labels = [(b'__name__', name), (b'host', b'h%d' % (i % HOSTS)), (b'unit', b'u%d' % i), (b'zone', b'z%d' % (i % 4))]
        rows.append(b''.join(blob(1, blob(1, k) + blob(2, v)) for k, v in labels))
    for first in range(0, series, 1000):
        body = bytearray()
        for i in range(first, min(series, first + 1000)):
            samples = b''.join(blob(2, b'\x09' + struct.pack('<d', noise.random() if i % 2 else s * 30 + i) + b'\x10' + varint(end_ms - (SAMPLES - s) * STEP_MS))
                               for s in range(SAMPLES))
            body += blob(1, rows[i] + samples)
        status, text = post(server, '/api/v1/write', snappy(bytes(body)), {'Content-Type': 'application/x-protobuf', 'Content-Encoding': 'snappy'})
        if status >= 300:
            raise SystemExit(f'write: {status} {text[:200]}')


def post(server, path, body, headers):
    connection = http.client.HTTPConnection(*server, timeout=300)
    connection.request('POST', path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def request(kind, expression, end_ms, step):
    """(path, body)"""
    params = {'query': expression, 'time': end_ms / 1000}
    if kind == 'query_range':
        params = {'query': expression, 'start': end_ms / 1000 - 3300, 'end': end_ms / 1000, 'step': step}
    return f'/api/v1/{kind}', urllib.parse.urlencode(params).encode()


FORM = {'Content-Type': 'application/x-www-form-urlencoded'}


def ordinary(server, end_ms, until):
    times, i = [], 0
    while not until(len(times)):
        kind, expression = ORDINARY[i % len(ORDINARY)]
        i += 1
        begin = time.perf_counter()
        status, text = post(server, *request(kind, expression, end_ms, 60), FORM)
        times.append((time.perf_counter() - begin) * 1000)
        if status != 200:
            raise SystemExit(f'an ordinary query: {status} {text[:200]}')
    times.sort()
    return times[len(times) // 2], times[min(len(times) - 1, int(len(times) * .99))]


def hostile_client(server, path, body, stop, rounds, results):
    """A process of its own, so that its work costs the other client nothing."""
    longest, last = 0.0, (0, b'')
    while not stop.is_set():
        begin = time.perf_counter()
        try:
            last = post(server, path, body, FORM)
        except OSError as e:
            last = (0, str(e).encode())
        longest = max(longest, time.perf_counter() - begin)
        rounds.value += 1
    results.put((longest, last[0], ending(*last)))


def ending(status, text):
    """What the answer says in a few words; None where it says nothing."""
    if status == 200:
        return f'answer of {len(text):,} bytes'
    try:
        return json.loads(text)['error'][:90]
    except (ValueError, KeyError, TypeError):
        return text[:90].decode('utf-8', 'replace') if status >= 400 and text else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('url')
    parser.add_argument('--series', type=int, default=20_000)
    parser.add_argument('--seconds', type=float, default=4)
    parser.add_argument('--limit', type=float, default=130, help='seconds in which a query must have ended (the server allows 120)')
    parser.add_argument('--factor', type=float, default=3)
    args = parser.parse_args()
    url = urllib.parse.urlparse(args.url)
    server, end_ms = (url.hostname, url.port), int(time.time() * 1000) // STEP_MS * STEP_MS
    write(server, args.series, end_ms)
    ordinary(server, end_ms, lambda n: n >= 50)
    deadline = time.monotonic() + args.seconds
    p50, p99 = ordinary(server, end_ms, lambda n: n >= 200 and time.monotonic() > deadline)
    print(f'{"alone":34} p50 {p50:7.2f} p99 {p99:7.2f} ms')
    bad = []
    for name, kind, expression in hostile_queries():
        stop, rounds, results = multiprocessing.Event(), multiprocessing.Value('i', 0), multiprocessing.Queue()
        client = multiprocessing.Process(target=hostile_client, args=(server, *request(kind, expression, end_ms, 0.3), stop, rounds, results), daemon=True)
        client.start()
        deadline = time.monotonic() + args.seconds
        beside = ordinary(server, end_ms, lambda n: n >= 100 and time.monotonic() > deadline and rounds.value > 0)
        stop.set()
        longest, status, says = results.get(timeout=2 * args.limit)
        client.join()
        grew = beside[1] / p99
        print(f'{name:34} p50 {beside[0]:7.2f} p99 {beside[1]:7.2f} ms ({grew:4.1f}x)  {rounds.value} times, at most {longest:.2f} s: {status} {says}', flush=True)
        if says is None or longest > args.limit or grew > args.factor:
            bad.append(name)
    if bad:
        print('not as it should be: ' + ', '.join(bad))
    sys.exit(1 if bad else 0)


main()
