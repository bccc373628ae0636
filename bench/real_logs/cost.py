"""What it costs a new server to take request bodies: of sets that are made, and of a folder of made ones."""
import argparse
import contextlib
import glob
import http.client
import json
import os
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


@contextlib.contextmanager
def serving(pharos, port, data):
    """A new server on `data`: its URL and process id. It ends in order."""
    server = subprocess.Popen([pharos, 'serve', '--data-dir', data, '--listen', f'127.0.0.1:{port}', '--listen.otlp-grpc', 'off'],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f'http://127.0.0.1:{port}'
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f'{url}/ready')
                break
            except OSError:
                time.sleep(.05)
        yield url, server.pid
    finally:
        server.terminate()
        ended = server.wait(60)
    if ended != 0:
        raise SystemExit(f'{pharos} ended with {ended}')


def play(pharos, port, bodies, path, headers, data):
    """CPU seconds, bytes on disk and peak memory of a new server that takes the bodies."""
    with serving(pharos, port, data) as (address, pid):
        url = urllib.parse.urlparse(address)
        before, failed, at, lock = cpu_seconds(pid), [], iter(bodies), threading.Lock()

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
        return cpu_seconds(pid) - before, disk_bytes(data), peak_mb(pid)


def read_bodies(folder):
    """Bodies of a workload, its items and raw bytes, and how they are posted."""
    with open(f'{folder}/meta.json') as f:
        meta = json.load(f)
    bodies = []
    for file in sorted(glob.glob(f'{folder}/*.bin')):
        with open(file, 'rb') as f:
            bodies.append(f.read())
    return bodies, meta['items'], meta['raw_bytes'], (meta['path'], meta['headers'])


def measure(doc, what, sets, port, make_bodies, posted, push_bytes):
    """The program: a line of output for each set that make_bodies(name, megabytes, push_bytes) gives, and for the workload. `what`: line or span."""
    a = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('pharos')
    a.add_argument('--megabytes', type=int, default=60)
    a.add_argument('--sets', default=sets)
    a.add_argument('--port', type=int, default=port)
    a.add_argument('--workload')
    a.add_argument('--push-bytes', type=int, default=push_bytes)
    a.add_argument('--rounds', type=int, default=1)
    a = a.parse_args()
    jobs = [(name, *make_bodies(name, a.megabytes, a.push_bytes), posted) for name in a.sets.split(',')]
    whole, part = 'workload', 'part of it'
    if a.workload:
        bodies, items, size, how = read_bodies(a.workload)
        # As much of it as of a set: what a server takes once, as its first memory, has the same share in both.
        some = max(1, min(len(bodies), round(len(bodies) * a.megabytes * 1_000_000 / size)))
        jobs[:0] = [(whole, bodies, items, size, how), (part, bodies[:some], items * some // len(bodies), size * some // len(bodies), how)]
    costs, beside = {name: [] for name, *_ in jobs}, {}
    with tempfile.TemporaryDirectory() as work:
        for left in range(a.rounds, 0, -1):
            for name, bodies, items, size, (path, headers) in jobs:
                costs[name].append(play(a.pharos, a.port, bodies, path, headers, f'{work}/{name}'))
                shutil.rmtree(f'{work}/{name}')
                if left > 1:
                    continue
                cpu, disk, peak = map(min, zip(*costs[name]))
                each = cpu / size
                if name in (whole, part):
                    beside[name] = each
                ratios = ', ' + ' and '.join(f'{each / than:4.2f} x {of}' for of, than in beside.items()) if a.workload and name not in (whole, part) else ''
                print(f'{name:10} {items:8} {what}s of {size / items:4.0f} bytes: {each * 1e9:5.1f} ns a byte{ratios}, '
                      f'{cpu / items * 1e6:5.2f} us and {disk / items:5.1f} bytes a {what}, peak {peak} MB', flush=True)
