"""Reads scrape pages (Prometheus text format 0.0.4) as templates: which series a program shows.

Only what the generators need: family types, names, labels and the first value of each series.
"""
import json
import os
import re

ROOT = os.environ.get('PHAROS_SHARED_DATA') or os.path.normpath(
    os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..', 'shared', 'data'))
LINE = re.compile(r'([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+\S+)?$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
UNESCAPE = {r'\\': '\\', r'\"': '"', r'\n': '\n'}


class Template:
    """One series of a page: name, labels (a dict), value, and the type of its family."""

    __slots__ = ('name', 'labels', 'value', 'kind')

    def __init__(self, name, labels, value, kind):
        self.name, self.labels, self.value, self.kind = name, labels, value, kind


def parse(text):
    """The series of a page in its order; a series that is there twice is taken once."""
    types, seen, out = {}, set(), []
    for line in text.split('\n'):
        if line.startswith('# TYPE '):
            _, _, family, kind = line.split(None, 3)
            types[family] = kind.strip()
        if not line or line[0] == '#':
            continue
        m = LINE.match(line)
        if not m:
            continue
        name, labels, value = m.groups()
        key = (name, labels)
        if key in seen:
            continue
        seen.add(key)
        pairs = {k: re.sub(r'\\[\\"n]', lambda e: UNESCAPE[e.group()], v) for k, v in LABEL.findall(labels or '')}
        kind = types.get(name)
        if kind is None:
            kind = next((types[name[:-len(s)]] for s in ('_bucket', '_count', '_sum') if name.endswith(s) and name[:-len(s)] in types), 'untyped')
        out.append(Template(name, pairs, float(value), kind))
    return out


def read(path):
    full = os.path.join(ROOT, path)
    if not os.path.exists(full):
        raise SystemExit(f'{full} is missing: these benchmarks read real scrape pages at run time; PHAROS_SHARED_DATA names the folder that holds them')
    with open(full, encoding='utf-8') as f:
        return f.read()


def node_exporter():
    return parse(read('node_exporter/fixtures/e2e-output.txt'))


def cadvisor():
    """(series of the machine, series of one container)"""
    both = parse(read('cadvisor/metrics/prometheus_metrics'))
    machine = parse(read('cadvisor/metrics/prometheus_machine_metrics'))
    return machine + [t for t in both if 'id' not in t.labels], [t for t in both if 'id' in t.labels]


def kube_state_metrics():
    """Lists of series, one a Kubernetes object kind's test case."""
    cases = json.loads(read('kube_state_metrics/expected_metric_text.json'))['cases']
    seen, out = set(), []
    for case in cases:
        group = []
        for t in parse(case['want']):
            key = (t.name, tuple(sorted(t.labels.items())))
            if key not in seen:
                seen.add(key)
                group.append(t)
        if group:
            out.append(group)
    return out
