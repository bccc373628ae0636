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
import urllib.parse

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
BENCH = os.path.join(ROOT, '../shared/tools/bench')
sys.path.insert(0, os.path.join(ROOT, 'bench/real_logs'))
sys.path.insert(0, os.path.join(ROOT, 'bench/scrapes'))
from cost import serving  # noqa: E402
from measure import LOKI, make_bodies  # noqa: E402
from play import post  # noqa: E402

# And the queries that are asked of each, at what paths.
WORKLOADS = {'logs': ('logql', ''), 'traces': ('traces', '/tempo/api/traces/'), 'metrics': ('promql', '')}
REAL = 'BGL,HDFS,HPC,Linux,Mac,OpenSSH,OpenStack,Spark'  # of plain text; the workload's lines are JSON
MEGABYTES = 12  # of each


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
            data = f'{top}/data-{name}'
            with serving(a.pharos, a.port, data) as (url, pid):
                subprocess.run([sys.executable, f'{BENCH}/play.py', bodies, url, str(pid), '--dir', data, '--flush', '/pharos/api/v1/admin/flush'],
                               check=True, stdout=subprocess.DEVNULL)
                subprocess.run([sys.executable, f'{BENCH}/query.py', queries, f'{bodies}/meta.json', url, '--prefix', prefix, '--n', '20'],
                               check=True, stdout=subprocess.DEVNULL)
        print(REAL, flush=True)
        with serving(a.pharos, a.port, f'{top}/real') as (url, _):
            to = urllib.parse.urlparse(url)
            for name in REAL.split(','):
                for body in make_bodies(name, MEGABYTES)[0]:
                    post(to, LOKI[0], body, LOKI[1])
            post(to, '/pharos/api/v1/admin/flush', None, {})


if __name__ == '__main__':
    main()
