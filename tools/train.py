#!/usr/bin/env python3
"""Traffic by which the program's profile is made: train.py PHAROS [--port 4790]

A server takes each workload of ../shared/tools/bench, and real logs as bench/real_logs makes them; it writes and merges all, and answers the benchmark's queries. A
server ends in order: only then does an instrumented program write its counts down. Needs Debian's python3-snappy.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
BENCH = os.path.join(ROOT, '../shared/tools/bench')
sys.path.insert(0, os.path.join(ROOT, 'bench/real_logs'))
sys.path.insert(0, os.path.join(ROOT, 'bench/scrapes'))
from measure import LOKI, make_bodies  # noqa: E402
from play import post  # noqa: E402

# And the queries that are asked of each, at what paths.
WORKLOADS = {'logs': ('logql', ''), 'traces': ('traces', '/tempo/api/traces/'), 'metrics': ('promql', '')}
REAL = 'BGL,HDFS,Linux,OpenSSH,Spark'  # of plain text; the workload's lines are JSON
MEGABYTES = 12  # of each


def train(pharos, port, data, work):
    """A server on `data` while `work(url, pid)` runs."""
    server = subprocess.Popen([pharos, 'serve', '--data-dir', data, '--listen', f'127.0.0.1:{port}', '--listen.otlp-grpc', 'off'], stdout=subprocess.DEVNULL)
    url = f'http://127.0.0.1:{port}'
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f'{url}/ready')
                break
            except OSError:
                time.sleep(.05)
        work(url, server.pid)
    finally:
        server.terminate()
    if server.wait(60) != 0:
        raise SystemExit(f'{pharos} ended with {server.returncode}')


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('pharos')
    a.add_argument('--port', type=int, default=4790)
    a = a.parse_args()
    with tempfile.TemporaryDirectory() as top:
        for name, (queries, prefix) in WORKLOADS.items():
            print(name, flush=True)
            bodies = f'{top}/{name}'
            subprocess.run([sys.executable, f'{BENCH}/gen.py', name, bodies, '1'], check=True, stdout=subprocess.DEVNULL)

            def work(url, pid):
                subprocess.run([sys.executable, f'{BENCH}/play.py', bodies, url, str(pid), '--dir', f'{top}/data-{name}', '--flush', '/pharos/api/v1/admin/flush'],
                               check=True, stdout=subprocess.DEVNULL)
                subprocess.run([sys.executable, f'{BENCH}/query.py', queries, f'{bodies}/meta.json', url, '--prefix', prefix, '--n', '20'],
                               check=True, stdout=subprocess.DEVNULL)
            train(a.pharos, a.port, f'{top}/data-{name}', work)
        print(REAL, flush=True)

        def real(url, _):
            to = urllib.parse.urlparse(url)
            for name in REAL.split(','):
                for body in make_bodies(name, MEGABYTES)[0]:
                    post(to, LOKI[0], body, LOKI[1])
            post(to, '/pharos/api/v1/admin/flush', None, {})
        train(a.pharos, a.port, f'{top}/real', real)


if __name__ == '__main__':
    main()
