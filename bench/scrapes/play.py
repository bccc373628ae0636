#!/usr/bin/env python3
"""Plays made bodies against a server of this machine and tells what they cost it: play.py BODIES URL PID [--dir DATA] [--flush PATHS] [--conns 2]

Prints one JSON line: CPU microseconds a sample (user and system, all threads, flush included), bytes a sample on disk, peak memory.
--flush: POST paths that make the server write and merge all it holds: Pharos /pharos/api/v1/admin/flush,
VictoriaMetrics /internal/force_flush,/internal/force_merge. Exit status 1 unless every body was acknowledged.
"""
import argparse
import http.client
import json
import os
import queue
import threading
import time
import urllib.parse


def cpu_seconds(pid):
    with open(f'/proc/{pid}/stat') as f:
        fields = f.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def peak_mb(pid):
    with open(f'/proc/{pid}/status') as f:
        return next(int(line.split()[1]) // 1024 for line in f if line.startswith('VmHWM'))


def disk_bytes(folder):
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(root, name)).st_blocks * 512
            except FileNotFoundError:
                pass                      # merged away meanwhile
    return total


def post(url, path, body, headers, connection=None):
    c = connection or http.client.HTTPConnection(url.hostname, url.port, timeout=600)
    c.request('POST', path, body, headers)
    answer = c.getresponse()
    text = answer.read()
    if answer.status >= 300:
        raise RuntimeError(f'{path}: {answer.status} {text[:200]!r}')


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('bodies')
    a.add_argument('url')
    a.add_argument('pid', type=int)
    a.add_argument('--dir')
    a.add_argument('--flush', default='')
    a.add_argument('--conns', type=int, default=2)
    a.add_argument('--settle', type=float, default=3, help='seconds to wait for work in the background before CPU is read')
    a = a.parse_args()
    url = urllib.parse.urlparse(a.url)
    with open(f'{a.bodies}/meta.json') as f:
        meta = json.load(f)
    waiting, failed = queue.Queue(), []
    for name in sorted(n for n in os.listdir(a.bodies) if n.endswith('.bin')):
        waiting.put(name)

    def send():
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=120)
        while True:
            try:
                name = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                with open(f'{a.bodies}/{name}', 'rb') as f:
                    post(url, meta['path'], f.read(), meta['headers'], connection)
            except (OSError, RuntimeError, http.client.HTTPException) as e:
                failed.append(f'{name}: {e}')
                connection.close()

    cpu, began = cpu_seconds(a.pid), time.time()
    senders = [threading.Thread(target=send) for _ in range(a.conns)]
    for s in senders:
        s.start()
    for s in senders:
        s.join()
    wall = time.time() - began
    for path in filter(None, a.flush.split(',')):
        post(url, path, None, {})
    time.sleep(a.settle)
    n = meta['items']
    out = dict(samples=n, series=meta['series'], wall_s=round(wall, 2), cpu_us_a_sample=round((cpu_seconds(a.pid) - cpu) / n * 1e6, 3), peak_rss_mb=peak_mb(a.pid))
    if a.dir:
        out['bytes_a_sample'] = round(disk_bytes(a.dir) / n, 3)
    out['failed'], out['errors'] = len(failed), failed[:3]
    print(json.dumps(out))
    raise SystemExit(bool(failed))


if __name__ == '__main__':
    main()
