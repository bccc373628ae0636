"""Starts Pharos for end-to-end tests: alone (Pharos) or with the demo shop (Stack).

Everything listens on loopback; data lies in a temporary folder. Nothing here asserts.
"""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get('PHAROS_BUILD', 'build/release')
BINARY = BUILD / 'pharos'
CLASSIC = (3000, 9090, 3100, 3200, 16686, 9093, 8888, 8889, 24224, 4318, 4317, 8000, 8001)


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def port_is_free(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(('127.0.0.1', port))
            return True
        except OSError:
            return False


def request(port, method, path, body=None, headers=None, timeout=30):
    """(status, headers, body bytes) of one request to 127.0.0.1."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def get(port, path, params=None, **kwargs):
    """Status and text of a GET; params may hold lists."""
    if params:
        path += '?' + urllib.parse.urlencode(params, doseq=True)
    status, _, body = request(port, 'GET', path, **kwargs)
    return status, body.decode('utf-8', 'replace')


def get_json(port, path, params=None):
    status, text = get(port, path, params)
    if status != 200:
        raise AssertionError(f'{path}: {status} {text[:300]}')
    return json.loads(text)


def wait_until(what, seconds, check):
    """check() until it is true; its last error or value is in the message."""
    end, last = time.time() + seconds, None
    while time.time() < end:
        try:
            last = check()
            if last:
                return last
        except (OSError, AssertionError, KeyError, IndexError, ValueError, http.client.HTTPException) as e:
            last = repr(e)
        time.sleep(0.2)
    raise AssertionError(f'after {seconds} s still not: {what} (last: {last})')


class Pharos:
    """One `pharos serve` on free ports. The main port is .port, others in .ports by name."""
    NAMES = ('prometheus', 'loki', 'tempo', 'jaeger', 'otlp-http', 'otlp-grpc')

    def __init__(self, *flags, data_dir=None):
        self.own_dir = data_dir is None
        self.data_dir = data_dir or tempfile.mkdtemp(prefix='pharos-e2e-')
        self.flags = flags
        self.process = self.log = None
        self.ports = {}
        self.start()

    def start(self):
        flags = [f for name in self.NAMES for f in (f'--listen.{name}', '127.0.0.1:0')]
        if self.log:
            self.log.close()
        self.log = open(os.path.join(self.data_dir, 'log.txt'), 'ab')
        self.process = subprocess.Popen(
            [BINARY, 'serve', '--data-dir', os.path.join(self.data_dir, 'data'), '--listen', '127.0.0.1:0', *flags, *self.flags],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        wanted = {'main', *self.NAMES}
        while wanted - self.ports.keys() or not self.ports.get('fresh'):
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError(f'pharos ended at start: {open(self.log.name).read()[-2000:]}')
            if m := re.match(r'listening (\S+) \S+:(\d+)', line):
                self.ports[m[1]] = int(m[2])
                self.ports['fresh'] = not (wanted - self.ports.keys())
        self.port = self.ports['main']
        wait_until('ready', 30, lambda: get(self.port, '/ready')[0] == 200)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        self.ports.clear()

    def stop(self, timeout=30):
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout)
        self.process.stdout.close()
        self.ports.clear()
        return code

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        self.log.close()
        if self.own_dir:
            shutil.rmtree(self.data_dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Stack:
    """What `./dev run` starts: Pharos, the shop, the load. Classic ports where they are free.

    With `lab`, the files of that folder are run instead of the demo's own.
    """

    def __init__(self, rate=20, lab=None, spike='off', data_dir=None, env=None):
        # All below the ports that outgoing connections get, so that none of those is in the way.
        self.offset = next((o for o in (0, 1500, 2700, 6100) if all(port_is_free(p + o) for p in CLASSIC)), None)
        if self.offset is None:
            raise AssertionError('other programs have the classic ports and those 1500, 2700 and 6100 above them')
        self.own_dir = data_dir is None
        self.data_dir = data_dir or tempfile.mkdtemp(prefix='pharos-run-')
        self.rate = rate
        lab_flags = ['--lab', lab] if lab else []
        self.started = time.time()
        self.process = subprocess.Popen(
            [ROOT / 'tools/run.sh', '--data-dir', self.data_dir, '--port-offset', str(self.offset), '--rate', str(rate), '--spike', spike, *lab_flags],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True, env=dict(os.environ, **(env or {})))
        lines = []
        while not lines or 'Ctrl-C' not in lines[-1]:
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError('run.sh ended: ' + ''.join(lines))
            lines.append(line)
        self.ready = time.time()

    def port(self, classic):
        return classic + self.offset

    def answered(self):
        """What the load generator got answers for, by route."""
        return wait_until('the load generator has begun', 5, lambda: json.loads(pathlib.Path(self.data_dir, 'load.json').read_text())['answered'] or None)

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.process.stdout.close()
        if self.own_dir:
            shutil.rmtree(self.data_dir, ignore_errors=True)
        return code
