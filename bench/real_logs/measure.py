#!/usr/bin/env python3
"""What real logs cost to store: measure.py PHAROS [--megabytes 60] [--sets Android,Apache,...] [--port 4760] [--workload FOLDER]

Each set of loghub (../shared/data, or PHAROS_SHARED_DATA) is made longer: its lines in random order, their numbers and ids drawn anew, times of now. It goes as Loki
push requests of 1,000 lines over two connections to a new server, which then writes and merges all it holds. A line of output a set: CPU nanoseconds a byte of text
and microseconds a line, bytes a line on disk, peak memory. --workload: a folder of made bodies with its meta.json (raw_bytes, items), measured the same way first.
Needs Debian's python3-snappy.
"""
import argparse
import glob
import http.client
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'scrapes'))
from play import cpu_seconds, disk_bytes, peak_mb, post  # noqa: E402
from write_bodies import field, varint  # noqa: E402
import snappy  # noqa: E402

BATCH = 1000
LABELS = b'{job="real"}'
LOKI = ('/loki/api/v1/push', {'Content-Type': 'application/x-protobuf', 'Content-Encoding': 'snappy'})
WORD = re.compile(rb'[0-9A-Za-z]+')


def redrawn(line, draw):
    """Digits anew, and hex ids; clock times and what belongs to them stay, as do leading zeros."""
    def word(m):
        text = m.group()
        if not any(48 <= c <= 57 for c in text):
            return text
        if line[m.start() - 1:m.start()] == b':' or line[m.end():m.end() + 1] == b':':
            return text
        if len(text) >= 8 and all(c in b'0123456789abcdefABCDEF' for c in text):
            return bytes(draw.choice(b'0123456789') if c < 58 else draw.choice(b'abcdef' if c >= 97 else b'ABCDEF') for c in text)
        return bytes(draw.choice(b'123456789') if 49 <= c <= 57 else c for c in text)
    return WORD.sub(word, line)


def make_bodies(name, megabytes):
    """Request bodies, how many lines they hold, and how many bytes of text."""
    shared = os.environ.get('PHAROS_SHARED_DATA', os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../shared/data'))
    with open(f'{shared}/loghub/{name}/{name}_2k.log', 'rb') as f:
        lines = f.read().splitlines()
    draw, bodies, count, size = random.Random(7), [], 0, 0
    time_ns = time.time_ns() - 3600 * 10**9
    while size < megabytes * 1_000_000:
        entries = [field(1, LABELS)]
        for _ in range(BATCH):
            line = redrawn(draw.choice(lines), draw)
            time_ns += 100_000
            stamp = b'\x08' + varint(time_ns // 10**9) + b'\x10' + varint(time_ns % 10**9)
            entries.append(field(2, field(1, stamp) + field(2, line)))
            size += len(line) + 1
        count += BATCH
        bodies.append(snappy.compress(field(1, b''.join(entries))))
    return bodies, count, size


def play(pharos, port, bodies, path, headers, data):
    """CPU seconds, bytes on disk and peak memory of a new server that takes the bodies."""
    server = subprocess.Popen([pharos, 'serve', '--data-dir', data, '--listen', f'127.0.0.1:{port}', '--listen.otlp-grpc', 'off'],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(f'http://127.0.0.1:{port}/ready')
                break
            except OSError:
                time.sleep(.05)
        url = urllib.parse.urlparse(f'http://127.0.0.1:{port}')
        before, failed, at, lock = cpu_seconds(server.pid), [], iter(bodies), threading.Lock()

        def send():
            connection = http.client.HTTPConnection(url.hostname, url.port, timeout=120)
            while True:
                with lock:
                    body = next(at, None)
                if body is None:
                    return
                try:
                    post(url, path, body, headers, connection)
                except (OSError, RuntimeError) as e:
                    failed.append(str(e))
                    return
        senders = [threading.Thread(target=send) for _ in range(2)]
        for s in senders:
            s.start()
        for s in senders:
            s.join()
        if failed:
            raise SystemExit(failed[0])
        post(url, '/pharos/api/v1/admin/flush', None, {})
        return cpu_seconds(server.pid) - before, disk_bytes(data), peak_mb(server.pid)
    finally:
        server.kill()
        server.wait()


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('pharos')
    a.add_argument('--megabytes', type=int, default=60)
    a.add_argument('--sets', default='Android,Apache,BGL,HDFS,HPC,Hadoop,Linux,Mac,OpenSSH,OpenStack,Spark,Windows,Zookeeper')
    a.add_argument('--port', type=int, default=4760)
    a.add_argument('--workload')
    a = a.parse_args()
    work = tempfile.mkdtemp()
    try:
        jobs = [(name, None) for name in a.sets.split(',')]
        if a.workload:
            jobs.insert(0, ('workload', a.workload))
        for name, folder in jobs:
            path, headers = LOKI
            if folder:
                with open(f'{folder}/meta.json') as f:
                    meta = json.load(f)
                lines, size, path, headers = meta['items'], meta['raw_bytes'], meta['path'], meta['headers']
                bodies = []
                for file in sorted(glob.glob(f'{folder}/*.bin')):
                    with open(file, 'rb') as f:
                        bodies.append(f.read())
            else:
                bodies, lines, size = make_bodies(name, a.megabytes)
            cpu, disk, peak = play(a.pharos, a.port, bodies, path, headers, f'{work}/{name}')
            print(f'{name:10} {lines:8} lines of {size / lines:4.0f} bytes: {cpu / size * 1e9:5.1f} ns a byte, {cpu / lines * 1e6:5.2f} us and {disk / lines:5.1f} bytes a line, peak {peak} MB', flush=True)
            shutil.rmtree(f'{work}/{name}')
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == '__main__':
    main()
