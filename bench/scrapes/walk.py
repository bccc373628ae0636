"""How the value of a series goes on: counters advance by noisy rates, gauges walk, most of a real page stands still.

A walker has step(load) -> value, called once a scrape; `load` is how busy its program is at that time (1 is usual).
"""
import math
import re
import struct

STEP_S = 15.0
STALE = struct.unpack('<d', struct.pack('<Q', 0x7FF0000000000002))[0]

STILL = re.compile(r'_info$|_created$|_size_bytes$|_limit|_max$|_max_|_min$|_min_|_spec_|threshold|_enabled$|mtu|_success$|start_time|boot_time|creation_time'
                   r'|_crit|_capacity|_up$|_state$|_disks|_label$|_config|_flags|_features|_speed|_type$|version|shares|_quota|_total_bytes$|MemTotal'
                   r'|CommitLimit|Vmalloc|Huge|scaling_ratio|scrape_error|_iface_|machine_|_hardware_|_phase$|_condition$|_status$')
RARE = re.compile(r'err|drop|fail|oom|collision|overrun|discard|reject|burst|throttl|missed|lost|abort|retrans|timeout|tcp_stats|udp|numa|hugetlb|migrate|events|swap')
COUNTER = re.compile(r'_total$|_count$|_sum$|_bucket$|^node_(vmstat_|netstat_|zfs_|xfs_|nfs|mountstats|lnstat|xfrm|infiniband|fibrechannel|intr)')


class Still:
    __slots__ = ('v',)

    def __init__(self, v):
        self.v = v

    def step(self, load):
        return self.v

    def reset(self):
        pass


class Events:
    """Whole things counted, at a rate a second."""

    __slots__ = ('v', 'mean', 'rnd')

    def __init__(self, v, rate, rnd):
        self.v, self.mean, self.rnd = float(int(v)), rate * STEP_S, rnd

    def step(self, load):
        mean = self.mean * load
        if mean < 4:
            n = 0
            while self.rnd.random() < mean / (1 + mean):
                n += 1
        else:
            n = max(0, int(self.rnd.gauss(mean, math.sqrt(mean) + .15 * mean)))
        self.v += n
        return self.v

    def reset(self):
        self.v = 0.0


class Amount:
    """An amount that grows in quanta (bytes in sectors, seconds in ticks): busy or idle for a while, then the other."""

    __slots__ = ('n', 'mean', 'quantum', 'scale', 'busy', 'stay', 'rnd')

    def __init__(self, v, rate, quantum, stay, rnd):
        """`scale` > 0 keeps decimal quanta exact (a tick of 0.01 is n / 100)."""
        self.quantum, self.stay, self.rnd, self.busy = quantum, stay, rnd, True
        self.scale = round(1 / quantum) if quantum < 1 else 0
        self.n, self.mean = int(v / quantum), rate * STEP_S / quantum

    def step(self, load):
        r = self.rnd.random()
        if r > self.stay:
            self.busy = not self.busy
        if self.busy:
            self.n += int(self.mean * load * (.4 + self.rnd.random() + .2 * r))
        return self.n / self.scale if self.scale else float(self.n * self.quantum)

    def reset(self):
        self.n = 0


class Level:
    """A gauge that wanders around where it began, in quanta; it moves in a part of the scrapes only."""

    __slots__ = ('home', 'n', 'spread', 'scale', 'quantum', 'moves', 'rnd')

    def __init__(self, v, spread, quantum, moves, rnd):
        self.quantum, self.scale = quantum, round(1 / quantum) if quantum < 1 else 0
        self.home = self.n = round(v / quantum)
        self.spread, self.moves, self.rnd = max(1.0, abs(self.home) * spread), moves, rnd

    def step(self, load):
        if self.rnd.random() < self.moves:
            self.n = max(0, round(self.n + .1 * (self.home * (.7 + .3 * load) - self.n) + self.rnd.gauss(0, self.spread)))
        return self.n / self.scale if self.scale else float(self.n * self.quantum)

    def reset(self):
        self.n = self.home


class Measured:
    """A measured duration or offset: all digits of a double differ each time."""

    __slots__ = ('v', 'rnd')

    def __init__(self, v, rnd):
        self.v, self.rnd = v or 1e-3, rnd

    def step(self, load):
        return self.v * math.exp(self.rnd.gauss(0, .25))

    def reset(self):
        pass


def tick(name):
    """Seconds come in the granularity of what counted them."""
    if name.startswith(('node_cpu', 'node_pressure')) and 'pressure' not in name:
        return .01
    if name.startswith(('node_disk', 'container_fs')):
        return .001
    return 1e-6 if name.startswith(('container_', 'node_pressure')) else 1e-9


def counter(t, rnd):
    rare = RARE.search(t.name)
    if t.name.startswith('container_') or t.name.startswith('kube_'):
        idle = rnd.random() < (.9 if rare else .15)
    else:
        idle = rnd.random() < (.95 if t.value == 0 else .8 if rare else .2)
    if idle:
        return Still(t.value)
    age = math.exp(rnd.uniform(math.log(3600), math.log(60 * 86400)))
    if 'seconds' in t.name:
        mode = t.labels.get('mode')
        rate = .93 if mode == 'idle' else math.exp(rnd.uniform(math.log(.0005), math.log(.4)))
        return Amount(t.value if t.value > 1e-3 else rate * age, rate, tick(t.name), .999 if mode else .97, rnd)
    if 'byte' in t.name:
        quantum = 512 if 'disk' in t.name else 4096 if '_fs_' in t.name or 'blkio' in t.name else 1
        rate = math.exp(rnd.uniform(math.log(200), math.log(4e6)))
        return Amount(max(t.value, rate * age), rate, quantum, .97, rnd)
    rate = math.exp(rnd.uniform(math.log(.002), math.log(3000 if not rare else .05)))
    return Events(max(t.value, rate * age), rate, rnd)


def gauge(t, rnd):
    if t.value == 0:
        return Still(0.0) if rnd.random() < .88 else Level(1, 1, 1, .05, rnd)
    if rnd.random() < .35:
        return Still(t.value)
    if 'byte' in t.name or 'memory' in t.name or '_bytes' in t.name:
        v = t.value if t.value > 1e5 else math.exp(rnd.uniform(math.log(4e6), math.log(8e9)))
        return Level(v, .004, 4096, .9, rnd)
    if 'celsius' in t.name:
        return Level(t.value, .01, 1 if t.value == int(t.value) else .001, .4, rnd)
    if 'load' in t.name:
        return Level(max(t.value, .3), .1, .01, .97, rnd)
    if 'seconds' in t.name or t.value != int(t.value):
        return Measured(t.value, rnd)
    return Level(t.value, .01, 1, .3, rnd)


def walker(t, rnd):
    if t.value != t.value or math.isinf(t.value):
        return Still(t.value)
    if t.name.endswith('scrape_collector_duration_seconds') or t.name == 'scrape_duration_seconds':
        return Measured(t.value, rnd)
    if t.name == 'node_time_seconds':
        return Measured(1.7e9, rnd)
    if t.name.startswith('kube_'):
        if t.name.endswith('_total') and rnd.random() < .1:
            return Events(t.value, .0005, rnd)
        return Still(t.value) if rnd.random() < .985 else Level(max(1, t.value), .01, 1, .02, rnd)
    if STILL.search(t.name) and not t.name.endswith('_total'):
        return Still(t.value)
    if t.kind in ('counter', 'histogram', 'summary') or COUNTER.search(t.name):
        if 'quantile' in t.labels:
            return Measured(t.value, rnd)
        return counter(t, rnd)
    return gauge(t, rnd)
