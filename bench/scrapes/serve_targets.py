"""Serves the pages of many node exporters, whose values walk from scrape to scrape: /t/N/metrics."""
import gzip
import http.server
import threading

import world


def go_float(v):
    """As Go's client library writes a value."""
    if v == int(v) and abs(v) < 1e6:
        return str(int(v))
    digits = repr(v)
    mantissa, _, exponent = digits.partition('e')
    sign, mantissa = ('-', mantissa[1:]) if mantissa[0] == '-' else ('', mantissa)
    whole, _, fraction = mantissa.partition('.')
    fraction = '' if fraction == '0' else fraction
    power = int(exponent or 0) + len(whole) - 1
    figures = (whole + fraction).lstrip('0')
    if whole == '0':
        power = len(figures) - len(fraction) - 1 + int(exponent or 0)
    if -4 <= power < 6 and not exponent:
        return digits
    figures = figures.rstrip('0') or '0'
    return f'{sign}{figures[0]}{"." if len(figures) > 1 else ""}{figures[1:]}e{"-" if power < 0 else "+"}{abs(power):02d}'


def escape(text):
    return text.replace('\\', r'\\').replace('\n', r'\n').replace('"', r'\"')


class Page:
    """One target's page: what stands in front of each value is made once."""

    def __init__(self, target):
        self.target, self.parts, self.lock = target, [], threading.Lock()
        family = None
        for s in target.groups[0].series:
            head = ''
            name = s.name
            for suffix in ('_bucket', '_count', '_sum'):
                if s.kind in ('histogram', 'summary') and name.endswith(suffix):
                    name = name[:-len(suffix)]
            if name != family:
                family = name
                head = f'# HELP {name} What {name.replace("_", " ")} says.\n# TYPE {name} {s.kind}\n'
            labels = ','.join(f'{k}="{escape(v)}"' for k, v in s.labels.items())
            self.parts.append((f'{head}{s.name}{"{" + labels + "}" if labels else ""} ', s.walker))

    def text(self):
        with self.lock:
            load = self.target.busy()
            return ''.join(f'{before}{go_float(walker.step(load))}\n' for before, walker in self.parts)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, targets):
        super().__init__(('127.0.0.1', 0), Handler)
        self.pages = [Page(t) for t in world.targets(nodes_only=True, hosts=targets)]
        self.lock, self.scrapes, self.samples = threading.Lock(), 0, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True

    def do_GET(self):
        page = self.server.pages[int(self.path.split('/')[2])]
        body = page.text().encode()
        self.send_response(200)
        if 'gzip' in self.headers.get('Accept-Encoding', ''):
            body = gzip.compress(body, 1)
            self.send_header('Content-Encoding', 'gzip')
        self.send_header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        with self.server.lock:
            self.server.scrapes += 1
            self.server.samples += len(page.parts)

    def log_message(self, *_):
        pass
