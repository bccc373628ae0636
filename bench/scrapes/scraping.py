#!/usr/bin/env python3
"""What scraping costs: CPU a sample of Pharos, Prometheus and VictoriaMetrics (those that are installed) scraping the same targets.

scraping.py [--targets 200] [--interval 5] [--seconds 30] [--only NAME]
Each program scrapes for three intervals first, so that the making of series is not counted; then CPU is read before and after.
"""
import argparse
import os
import shutil
import socket
import subprocess
import tempfile
import time

import play
import serve_targets

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))


def config(server, interval, targets):
    lines = ['scrape_configs:', '  - job_name: node', f'    scrape_interval: {interval}s', f'    scrape_timeout: {interval}s', '    static_configs:']
    for n in range(targets):
        lines += [f'      - targets: ["127.0.0.1:{server.port}"]', f'        labels: {{__metrics_path__: "/t/{n}/metrics", instance: "host-{n}:9100"}}']
    return '\n'.join(lines) + '\n'


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def measure(name, command, server, seconds, interval):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(3.5 * interval)
        cpu, scrapes, samples = play.cpu_seconds(process.pid), server.scrapes, server.samples
        time.sleep(seconds)
        cpu, scrapes, samples = play.cpu_seconds(process.pid) - cpu, server.scrapes - scrapes, server.samples - samples
        print(f'{name:16} {cpu / max(samples, 1) * 1e6:6.3f} us a sample   {samples} samples in {scrapes} scrapes   {play.peak_mb(process.pid)} MB peak', flush=True)
    finally:
        process.terminate()
        process.wait()


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('--targets', type=int, default=200)
    a.add_argument('--interval', type=int, default=5)
    a.add_argument('--seconds', type=int, default=30)
    a.add_argument('--only')
    a.add_argument('--pharos', default=os.path.join(ROOT, 'build/release/pharos'))
    a = a.parse_args()
    server = serve_targets.Server(a.targets)
    with tempfile.TemporaryDirectory() as work:
        file = os.path.join(work, 'prometheus.yml')
        with open(file, 'w') as f:
            f.write(config(server, a.interval, a.targets))
        at = f'127.0.0.1:{free_port()}'
        programs = {
            'pharos': [a.pharos, 'serve', '--data-dir', f'{work}/pharos', '--listen', at, '--listen.otlp-grpc', 'off', '--config.prometheus', file],
            'victoriametrics': [shutil.which('victoria-metrics'), f'-storageDataPath={work}/vm', f'-httpListenAddr={at}', f'-promscrape.config={file}'],
            'prometheus': [shutil.which('prometheus'), f'--config.file={file}', f'--storage.tsdb.path={work}/prometheus', f'--web.listen-address={at}'],
        }
        for name, command in programs.items():
            if command[0] and a.only in (None, name):
                measure(name, command, server, a.seconds, a.interval)


if __name__ == '__main__':
    main()
