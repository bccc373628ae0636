"""What the steps of the walk share: the registry of steps, the running stack, short ways to ask it."""
import dataclasses
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import typing
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from stack import BINARY, ROOT, Stack, get, get_json, request, wait_until  # noqa: E402

LAB = ROOT.parent / 'shared/lab'
_steps = []


@dataclasses.dataclass
class Step:
    document: str
    text: str
    check: typing.Optional[typing.Callable] = None
    later: str = ''


class Document:
    """Registers the steps of one document, in its order."""

    def __init__(self, name):
        self.name = name

    def run(self, *texts):
        """Decorator: the check of one or more printed steps; each text is a step of its own."""
        def register(check):
            for text in texts:
                _steps.append(Step(self.name, text, check=check))
            return check
        return register

    def lab(self, *texts):
        """As run, on the stack with the lab's own files; the check gets its Asker."""
        def register(check):
            for text in texts:
                if LAB.exists():
                    _steps.append(Step(self.name, text, check=lambda walk: check(walk.lab)))
                else:
                    self.later('the lab folder beside the project', text)
            return check
        return register

    def each(self, texts, check):
        """A step a text; check(walk, text)."""
        for text in texts:
            _steps.append(Step(self.name, text, check=lambda walk, t=text: check(walk, t)))

    def later(self, waits_for, *texts):
        for text in texts:
            _steps.append(Step(self.name, text, later=waits_for))


def steps_of(documents):
    return sorted(_steps, key=lambda s: documents.index(s.document))


class Asker:
    """Short ways to ask a running stack."""

    def __init__(self, stack):
        self.stack = stack

    def port(self, classic):
        return self.stack.port(classic)

    def get(self, classic, path, params=None, **kwargs):
        return get(self.port(classic), path, params, **kwargs)

    def json(self, classic, path, params=None):
        return get_json(self.port(classic), path, params)

    def post(self, classic, path, body=b'', headers=None):
        status, answer_headers, answer = request(self.port(classic), 'POST', path, body, headers)
        return status, answer_headers, answer.decode('utf-8', 'replace')

    def shop(self, path, method='GET', headers=None):
        status, answer_headers, body = request(self.port(8000), method, path, b'', headers)
        return status, {k.lower(): v for k, v in answer_headers.items()}, json.loads(body) if body[:1] in b'{[' else body.decode()

    def promql(self, query):
        """Instant vector: [(labels, value)]; a scalar as [({}, value)]."""
        data = self.json(9090, '/api/v1/query', {'query': query})['data']
        if data['resultType'] == 'scalar':
            return [({}, float(data['result'][1]))]
        return [(r['metric'], float(r['value'][1])) for r in data['result']]

    def value(self, query):
        result = self.promql(query)
        assert len(result) == 1, f'{query}: {len(result)} results'
        return result[0][1]

    def logql(self, query, **params):
        """Log query: [(labels, line)]; metric query: [(labels, [values])]."""
        data = self.json(3100, '/loki/api/v1/query_range', dict({'query': query, 'limit': 1000}, **params))['data']
        if data['resultType'] == 'streams':
            return [(s['stream'], line) for s in data['result'] for _, line, *_ in s['values']]
        return [(s['metric'], [float(v) for _, v in s['values']]) for s in data['result']]

    def jaeger(self, trace_id):
        return self.json(16686, '/api/traces/' + trace_id)['data'][0]

    def trace(self, trace_id):
        """The trace once it has arrived at Jaeger's API."""
        return wait_until(f'trace {trace_id}', 20, lambda: get(self.port(16686), '/api/traces/' + trace_id)[0] == 200 and self.jaeger(trace_id))

    def pharos(self, *arguments):
        done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout + done.stderr

    def page(self, classic, path='/'):
        """The page at a path: it must be the UI. Classic ports lead to the main one."""
        status, headers, body = request(self.port(classic), 'GET', path)
        if status == 302:
            target = urllib.parse.urlparse(headers['Location'])
            assert target.port == self.port(3000), headers
            status, _, body = request(target.port, 'GET', target.path)
        text = body.decode()
        assert status == 200 and '<div id="root">' in text, (status, text[:200])
        return text

    def metrics_of_shop(self):
        return self.get(8000, '/metrics')[1]

    def rule(self, name):
        """The rule of that name as /api/v1/rules shows it, once it has been evaluated."""
        def find():
            groups = self.json(9090, '/api/v1/rules')['data']['groups']
            return next((r for g in groups for r in g['rules'] if r['name'] == name and r['health'] == 'ok'), None)
        return wait_until(f'rule {name}', 40, find)


class Walk(Asker):
    """`./dev run` as it stands, and beside it `./dev run --lab`, whose files the tests may read."""

    def __init__(self):
        super().__init__(Stack(rate=20))
        self.lab, self.lab_folder = None, None

    def prepare(self):
        """Data that the cheat sheets ask for, and enough of the shop's own."""
        from seed_steps import data
        if LAB.exists():
            self.lab_folder = tempfile.mkdtemp(prefix='pharos-walk-')
            data.copy_lab(LAB, self.lab_folder + '/lab')
            self.lab = Asker(Stack(rate=10, lab=self.lab_folder + '/lab', env={'OTEL_METRIC_EXPORT_INTERVAL': '5000'}))
            data.push_alert_data(self.lab)
        data.push_metrics(self)
        data.push_logs(self)
        data.push_trace(self)
        wait_until('forty seconds of scrapes', 90, lambda: self.value('count_over_time(up{job="sample-app"}[1m])') >= 40)
        if self.lab:
            wait_until('three scrapes of the lab', 90, lambda: min(v for _, v in self.lab.promql('count_over_time(app_http_requests_total{route="/hello"}[5m])')) >= 3)

    def close(self):
        """`docker compose down -v`: SIGTERM must end all of it cleanly."""
        codes = [asker.stack.close() for asker in (self, self.lab) if asker]
        if self.lab_folder:
            shutil.rmtree(self.lab_folder, ignore_errors=True)
        assert set(codes) == {0}, 'the stack did not stop cleanly'


def tags(span):
    return {t['key']: t['value'] for t in span['tags']}


def spans_named(trace, name):
    return [s for s in trace['spans'] if s['operationName'] == name]
