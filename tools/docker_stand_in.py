#!/usr/bin/env python3
"""A Docker daemon that is none: serves containers and their logs over a unix socket from plain files.

    docker_stand_in.py SOCKET NAME=PATH[,LABEL=VALUE...]...

Each NAME is a running container whose stdout is the file at PATH (and whose stderr is PATH.stderr, where that exists), followed live. Every
line is stamped once, when it is first seen; the stamps are kept in PATH.stamps, so that a line has the same time whenever it is asked for.
Answers /containers/json (with filters), /containers/ID/json, /containers/ID/logs, /networks, /version and /_ping, as the Engine API does, with
or without a /v1.NN in front. Needs only Python's standard library.
"""
import bisect
import hashlib
import http.server
import json
import os
import re
import select
import socketserver
import struct
import sys
import threading
import time
import urllib.parse

NETWORK = hashlib.sha256(b'bridge').hexdigest()


def rfc3339(ns):
    return time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(ns // 10**9)) + f'.{ns % 10**9:09d}Z'


class Log:
    """One output of a container: whole lines of a file, each with its time."""

    def __init__(self, path, stream):
        self.path, self.stream = path, stream
        self.stamps = []  # (time in ns, offset, length)
        self.at = 0
        self.lock = threading.Lock()
        try:
            with open(path + '.stamps') as known:
                for line in known:
                    if line.endswith('\n') and len(fields := line.split()) == 3:
                        self.stamps.append(tuple(int(f) for f in fields))
            if self.stamps:
                self.at = self.stamps[-1][1] + self.stamps[-1][2]
        except OSError:
            pass

    def look(self):
        """Stamps the lines that are new. The stamps are on disk before anyone sees the line."""
        with self.lock:
            try:
                if os.path.getsize(self.path) < self.at:  # emptied: begin again
                    self.at, self.stamps = 0, []
                    os.unlink(self.path + '.stamps')
                with open(self.path, 'rb') as file:
                    file.seek(self.at)
                    data = file.read(8 << 20)
            except OSError:
                return
            fresh = []
            last = self.stamps[-1][0] if self.stamps else 0
            for line in data.splitlines(keepends=True):
                if not line.endswith(b'\n'):
                    break
                last = max(time.time_ns(), last + 1)
                fresh.append((last, self.at, len(line)))
                self.at += len(line)
            if not fresh:
                return
            with open(self.path + '.stamps', 'a') as known:
                known.writelines(f'{t} {at} {n}\n' for t, at, n in fresh)
                known.flush()
                os.fsync(known.fileno())
            self.stamps.extend(fresh)

    def lines(self, start, since_ns):
        """(time, bytes) of the stamps from index `start` on that are not before since_ns."""
        with self.lock:
            stamps = self.stamps[start:start + 5000]
        try:
            with open(self.path, 'rb') as file:
                for t, at, n in stamps:
                    if t >= since_ns:
                        file.seek(at)
                        yield t, file.read(n)
        except OSError:
            return

    def first_at(self, since_ns):
        with self.lock:
            return bisect.bisect_left(self.stamps, (since_ns, -1, -1))


class Container:
    def __init__(self, text):
        name, _, rest = text.partition('=')
        path, *labels = rest.split(',')
        if not name or not path:
            sys.exit(f'docker_stand_in: "{text}" is not NAME=PATH[,LABEL=VALUE...]')
        self.name, self.path = name, path
        self.labels = dict(label.partition('=')[::2] for label in labels)
        self.id = hashlib.sha256(f'{name}={os.path.abspath(path)}'.encode()).hexdigest()
        self.logs = [Log(path, 1), Log(path + '.stderr', 2)]

    def listed(self):
        return {'Id': self.id, 'Names': ['/' + self.name], 'Image': self.name + ':latest', 'Command': self.name, 'Created': 0,
                'Labels': self.labels, 'State': 'running', 'Status': 'Up', 'Ports': [],
                'HostConfig': {'NetworkMode': 'bridge'},
                'NetworkSettings': {'Networks': {'bridge': {'NetworkID': NETWORK, 'IPAddress': '172.17.0.2'}}}}

    def inspected(self):
        return {'Id': self.id, 'Name': '/' + self.name, 'State': {'Status': 'running', 'Running': True},
                'Config': {'Tty': False, 'Labels': self.labels, 'Image': self.name + ':latest'},
                'HostConfig': {'NetworkMode': 'bridge', 'LogConfig': {'Type': 'json-file'}},
                'NetworkSettings': {'Networks': {'bridge': {'NetworkID': NETWORK, 'IPAddress': '172.17.0.2'}}}}

    def passes(self, filters):
        """As the daemon: values of one filter are alternatives, filters add up."""
        for key, wanted in filters.items():
            values = [v for v, on in wanted.items() if on] if isinstance(wanted, dict) else wanted
            if key == 'status':
                ok = 'running' in values
            elif key == 'name':
                ok = any(re.search(v, '/' + self.name) or re.search(v, self.name) for v in values)
            elif key == 'id':
                ok = any(self.id.startswith(v) for v in values)
            elif key == 'label':
                ok = all(self.labels.get(v.partition('=')[0]) == v.partition('=')[2] if '=' in v else v in self.labels for v in values)
            elif key == 'network':
                ok = 'bridge' in values or NETWORK in values
            else:
                raise ValueError(f"invalid filter '{key}'")
            if not ok:
                return False
        return True


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def address_string(self):
        return 'unix'

    def log_message(self, *args):
        pass

    def answer(self, value, status=200):
        body = (json.dumps(value) + '\n').encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        path = re.sub(r'^/v1\.\d+', '', url.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        containers = self.server.containers
        if path == '/_ping':
            return self.answer('OK')
        if path == '/version':
            return self.answer({'Version': 'stand-in', 'ApiVersion': '1.43', 'MinAPIVersion': '1.12'})
        if path == '/networks':
            return self.answer([{'Id': NETWORK, 'Name': 'bridge', 'Scope': 'local', 'Internal': False, 'Ingress': False, 'Labels': {}}])
        if path == '/containers/json':
            try:
                filters = json.loads(query.get('filters') or '{}')
                return self.answer([c.listed() for c in containers if c.passes(filters)])
            except (ValueError, AttributeError) as error:
                return self.answer({'message': str(error)}, 400)
        if m := re.fullmatch(r'/containers/([^/]+)/(json|logs)', path):
            wanted = urllib.parse.unquote(m[1])
            found = next((c for c in containers if c.id.startswith(wanted) or c.name == wanted), None)
            if found is None:
                return self.answer({'message': f'No such container: {wanted}'}, 404)
            return self.answer(found.inspected()) if m[2] == 'json' else self.logs(found, query)
        return self.answer({'message': 'page not found'}, 404)

    def logs(self, container, query):
        yes = lambda key: query.get(key, '').lower() in ('1', 'true')
        seconds, _, fraction = query.get('since', '0').partition('.')
        since = int(seconds or 0) * 10**9 + int((fraction + '0' * 9)[:9])
        wanted = [log for log in container.logs if yes('stdout' if log.stream == 1 else 'stderr')]
        self.send_response(200)
        self.send_header('Content-Type', 'application/vnd.docker.multiplexed-stream')
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        for log in wanted:
            log.look()
        at = {log: log.first_at(since) for log in wanted}
        while True:
            batch = []
            for log in wanted:
                log.look()
                lines = list(log.lines(at[log], since))
                at[log] += len(lines)
                batch += [(t, log.stream, line) for t, line in lines]
            out = b''
            for t, stream, line in sorted(batch):
                text = (rfc3339(t).encode() + b' ' if yes('timestamps') else b'') + line
                out += struct.pack('>BxxxI', stream, len(text)) + text
            try:
                if out:
                    self.wfile.write(b'%x\r\n' % len(out) + out + b'\r\n')
                    self.wfile.flush()
                elif not yes('follow'):
                    self.wfile.write(b'0\r\n\r\n')
                    return
            except OSError:
                self.close_connection = True
                return
            if not out and select.select([self.connection], [], [], 0.05)[0]:
                self.close_connection = True  # the client has gone: it sends nothing else here
                return


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def __init__(self, path, containers):
        if os.path.exists(path):
            os.unlink(path)
        super().__init__(path, Handler)
        self.containers = containers

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):  # a client that has gone is nothing to tell
            super().handle_error(request, client_address)

    def get_request(self):
        connection, _ = super().get_request()
        return connection, ('unix', 0)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    containers = [Container(text) for text in sys.argv[2:]]
    with Server(sys.argv[1], containers) as server:
        print(f'listening docker unix://{os.path.abspath(sys.argv[1])}', flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass


if __name__ == '__main__':
    main()
