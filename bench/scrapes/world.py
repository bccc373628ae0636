"""A small cluster: hosts with node_exporter and cAdvisor, and kube-state-metrics over its objects.

world.targets(scale) are what Prometheus would scrape every 15 s. Series differ between hosts (other collectors, other hardware),
containers and pods come and go (5 % an hour), one host boots again on the way.
"""
import hashlib
import math
import random

import texts
import walk

# Collectors that stand on nearly every Linux host; the fixture's others (zfs, infiniband, …) are on some.
USUAL = {'arp', 'boot', 'context', 'cooling', 'cpu', 'disk', 'dmi', 'entropy', 'filefd', 'filesystem', 'forks', 'hwmon', 'intr', 'load1', 'load5', 'load15', 'memory', 'netstat', 'network', 'nf',
         'nvme', 'os', 'power', 'pressure', 'procs', 'schedstat', 'scrape', 'sockstat', 'softnet', 'thermal', 'time', 'timex', 'udp', 'uname', 'vmstat', 'softirqs', 'interrupts', 'lnstat', 'xfs'}
IMAGES = ('registry.example.org/shop/api:1.14.2', 'registry.example.org/shop/worker:1.14.2', 'docker.io/library/redis:7.2', 'docker.io/library/postgres:16.3', 'registry.k8s.io/coredns/coredns:v1.11.1')
WORDS = 'api worker cart search mail auth ledger stock media feed'.split()


def digest(*parts):
    return hashlib.sha256('/'.join(map(str, parts)).encode()).hexdigest()


class Series:
    __slots__ = ('name', 'labels', 'kind', 'walker', 'cache')

    def __init__(self, name, labels, kind, walker):
        self.name, self.labels, self.kind, self.walker, self.cache = name, labels, kind, walker, None


class Group:
    """Series that live and die together. `own_time`: the page says when they were measured, as cAdvisor does."""

    def __init__(self, make, identity, own_time=False, mortal=False):
        self.make, self.identity, self.own_time, self.mortal = make, identity, own_time, mortal
        self.generation, self.time_ms = 0, 0
        self.series = make(identity, 0)

    def replace(self):
        self.generation += 1
        self.series = self.make(self.identity, self.generation)


class Target:
    def __init__(self, job, instance, groups, rnd):
        self.job, self.instance, self.groups, self.rnd = job, instance, groups, rnd
        self.offset_ms, self.load = rnd.randrange(15_000), 1.0

    def busy(self):
        """One step of how busy the host is: wanders between about 0.3 and 3."""
        self.load = math.exp(.97 * math.log(self.load) + self.rnd.gauss(0, .12))
        return self.load

    def boot(self):
        for g in self.groups:
            for s in g.series:
                s.walker.reset()


def node_group(templates, rnd):
    groups = {}
    # The fixture leaves out what differs between runs; each collector tells how long it took.
    durations = [texts.Template('node_scrape_collector_duration_seconds', t.labels, .002, 'gauge') for t in templates if t.name == 'node_scrape_collector_success']
    for t in templates + durations:
        groups.setdefault(t.name.split('_')[1] if t.name.startswith('node_') else t.name, []).append(t)
    chosen = [t for name, ts in groups.items() if name in USUAL or not ts[0].name.startswith('node_') or rnd.random() < .12 for t in ts]
    return Group(lambda i, g: [Series(t.name, t.labels, t.kind, walk.walker(t, rnd)) for t in chosen], 'node')


def container_series(templates, host, rnd):
    def make(number, generation):
        word, image = WORDS[number % len(WORDS)], IMAGES[number % len(IMAGES)]
        d = digest(host, number, generation)
        pod = f'{word}-{d[:9]}-{d[9:14]}'
        ident = dict(id=f'/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{d[:8]}_{d[8:12]}_{d[12:16]}.slice/cri-containerd-{d}.scope', image=image, name=d[:32],
                     namespace='shop' if number % 3 else 'kube-system', pod=pod, container=word)
        out = []
        for t in templates:
            labels = {k: v for k, v in t.labels.items() if not k.startswith('container_') and k != 'zone_name'}
            labels.update(ident)
            out.append(Series(t.name, labels, t.kind, walk.walker(t, rnd)))
        return out
    return make


def object_series(templates, copy, rnd):
    """A copy of a Kubernetes object's series under names of its own."""
    def make(number, generation):
        d = digest(copy, number, generation)
        out = []
        for t in templates:
            labels = {}
            for k, v in t.labels.items():
                if k == 'uid':
                    v = f'{d[:8]}-{d[8:12]}-{d[12:16]}-{d[16:20]}-{d[20:32]}'
                elif k not in ('namespace', 'phase', 'condition', 'reason', 'status', 'resource', 'unit', 'type', 'node') and t.name.startswith('kube_' + k.split('_')[0]):
                    v = f'{v}-{d[:9]}-{d[9:14]}'
                elif k == 'namespace':
                    v = f'{v}-{copy}'
                labels[k] = v
            if labels == t.labels and copy:
                labels['copy'] = d[:8]
            out.append(Series(t.name, labels, t.kind, walk.walker(t, rnd)))
        return out
    return make


def targets(scale=1.0, nodes_only=False, hosts=None):
    rnd = random.Random(17)
    node = texts.node_exporter()
    hosts = hosts or max(2, round(8 * scale))
    out = []
    for h in range(hosts):
        hrnd = random.Random(1000 + h)
        name = f'10.20.{h // 200}.{h % 200 + 10}'
        out.append(Target('node', f'{name}:9100', [node_group(node, hrnd)], hrnd))
        if nodes_only:
            continue
        machine, container = texts.cadvisor()
        groups = [Group(lambda i, g, m=machine, r=hrnd: [Series(t.name, t.labels, t.kind, walk.walker(t, r)) for t in m], 'machine')]
        groups += [Group(container_series(container, name, hrnd), i, own_time=True, mortal=True) for i in range(4)]
        out.append(Target('cadvisor', f'{name}:4194', groups, hrnd))
    if not nodes_only:
        copies = max(2, round(8 * scale))
        groups = [Group(object_series(ts, c, rnd), i, mortal=True) for c in range(copies) for i, ts in enumerate(texts.kube_state_metrics())]
        out.append(Target('kube-state-metrics', 'kube-state-metrics.kube-system:8080', groups, rnd))
    return out
