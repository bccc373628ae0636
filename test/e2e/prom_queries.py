"""Queries for the comparison with Debian's Prometheus: the compliance templates in every expansion, and random ones by grammar."""
import itertools
import random
import re

VARIANTS = {
    'range': ['1s', '15s', '1m', '5m', '15m', '1h'],
    'offset': ['1m', '5m', '10m'],
    'simpleAggrOp': ['sum', 'avg', 'max', 'min', 'count', 'stddev', 'stdvar'],
    'simpleTimeAggrOp': ['sum', 'avg', 'max', 'min', 'count', 'stddev', 'stdvar', 'absent', 'last', 'present'],
    'topBottomOp': ['topk', 'bottomk'],
    'quantile': ['-0.5', '0.1', '0.5', '0.75', '0.95', '0.90', '0.99', '1', '1.5'],
    'arithBinOp': ['+', '-', '*', '/', '%', '^'],
    'compBinOp': ['==', '!=', '<', '>', '<=', '>='],
    'binOp': ['+', '-', '*', '/', '%', '^', '==', '!=', '<', '>', '<=', '>='],
    'simpleMathFunc': ['abs', 'ceil', 'floor', 'exp', 'sqrt', 'ln', 'log2', 'log10', 'round'],
    'extrapolatedRateFunc': ['delta', 'rate', 'increase'],
    'clampFunc': ['clamp_min', 'clamp_max'],
    'instantRateFunc': ['idelta', 'irate'],
    'dateFunc': ['day_of_month', 'day_of_week', 'days_in_month', 'hour', 'minute', 'month', 'year'],
}


def templates(path):
    """Every `query:` of the file with each combination of what it has in {{.braces}}."""
    out = []
    for line in path.read_text().splitlines():
        found = re.match(r'\s*(?:- )?query:\s*(.*)$', line)
        if not found:
            continue
        text = found[1].strip()
        if text[:1] in '\'"' and text[-1] == text[0]:
            text = text[1:-1].replace("''", "'") if text[0] == "'" else text[1:-1]
        names = list(dict.fromkeys(re.findall(r'{{\.(\w+)}}', text)))
        for values in itertools.product(*(VARIANTS[n] for n in names)):
            query = text
            for name, value in zip(names, values):
                query = query.replace('{{.' + name + '}}', value)
            out.append(query)
    return out


def natives():
    """Over native histograms: first what 2.42 knew already."""
    out = []
    for name in ('odd_native', 'odd_native_float', 'odd_native_gauge'):
        out += [name, f'histogram_count({name})', f'histogram_sum({name})', f'sum by (shard) ({name})', f'count({name})', f'group by (job) ({name})', f'timestamp({name})']
        out += [f'histogram_fraction({a}, {b}, {name})' for a, b in ((0, 1), (-1, 0), (-0.5, 2.5), ('-Inf', 0.1))]
        for window in ('1m', '2m', '5m', '30m'):
            out += [f'count_over_time({name}[{window}])', f'present_over_time({name}[{window}])']
            if name != 'odd_native_gauge':
                out += [f'histogram_count(rate({name}[{window}]))', f'histogram_sum(increase({name}[{window}]))', f'rate({name}[{window}])', f'increase({name}[{window}])']
            out += [f'histogram_quantile({q}, {name})' for q in (0, 0.5, 0.99)]
        out += [f'avg({name})', f'-{name}', f'{name} * 2', f'{name} / 4', f'{name} + {name}', f'{name} == {name}', f'sum({name})', f'sum_over_time({name}[1m])', f'resets({name}[30m])']
    return out


class Grammar:
    """Random queries that both versions understand, over the series of prom_data."""
    GAUGES = ['demo_memory_usage_bytes', 'demo_disk_usage_bytes', 'demo_intermittent_metric', 'demo_num_cpus', 'node_memory_MemFree_bytes', 'node_load1', 'up', 'odd_gauge',
              'odd_special', 'odd_scale', 'odd_const']
    COUNTERS = ['demo_cpu_usage_seconds_total', 'demo_items_shipped_total', 'node_cpu_seconds_total', 'node_network_receive_bytes_total', 'odd_total', 'odd_big_total',
                'odd_resets_total', 'demo_api_request_duration_seconds_count', 'demo_api_request_duration_seconds_bucket']
    MATCHERS = {'demo': ['instance="demo.promlabs.com:10001"', 'instance=~"demo.+1"', 'instance!~".*:10000"', 'type=~"free|used"', 'type!="cached"', 'mode="idle"', 'method="GET"', 'job="demo"'],
                'node': ['region="eu-1"', 'region=~"eu-[12]"', 'env!="prod"', 'mode!~"idle|user"', 'instance=~"host-000[0-3].*"', 'cpu="0"'],
                'up': ['region=~"eu-.*"', 'env="staging"'],
                'odd': ['shard="3"', 'shard=~"[0-2]"', 'kind="a"', 'kind!="a"', 'shard!="0"', 'absent=""']}
    BY = {'demo': ['instance', 'type', 'mode', 'job', 'method'], 'node': ['region', 'env', 'mode', 'instance'], 'up': ['region', 'env'], 'odd': ['shard', 'kind', 'job']}
    RANGES = ['30s', '45s', '1m', '90s', '2m', '5m', '10m', '33m', '1h']

    def __init__(self, seed):
        self.r, self.without_topk = random.Random(seed), False

    def one(self):
        return self.vector(3) if self.r.random() < .93 else self.scalar(2)

    def family(self, name):
        return name.split('_')[0]

    def selector(self, names=None):
        r = self.r
        name = r.choice(names or self.GAUGES + self.COUNTERS)
        matchers = r.sample(self.MATCHERS[self.family(name)], r.choice((0, 0, 1, 1, 2)))
        return name + ('{' + ','.join(matchers) + '}' if matchers else ''), name

    def shift(self):
        roll = self.r.random()
        if roll < .1:
            return ' offset ' + self.r.choice(('30s', '5m', '-2m', '1h'))
        return ' @ end()' if roll < .13 else ' @ start()' if roll < .15 else ''

    def window(self, names=None):
        selector, name = self.selector(names)
        return f'{selector}[{self.r.choice(self.RANGES)}]{self.shift()}', name

    def labels(self, name):
        pool = self.BY[self.family(name)]
        return ', '.join(self.r.sample(pool, self.r.randrange(0, 3)))

    def over_time(self):
        r, kind = self.r, self.r.random()
        if kind < .4:
            return f'{r.choice(("rate", "increase", "irate", "resets"))}({self.window(self.COUNTERS)[0]})'
        if kind < .8:
            f = r.choice(('min', 'max', 'count', 'last', 'present', 'sum', 'avg', 'stddev', 'stdvar', 'absent'))
            return f'{f}_over_time({self.window()[0]})'
        if kind < .92:
            f = r.choice(('delta', 'idelta', 'changes', 'deriv'))
            return f'{f}({self.window(self.GAUGES)[0]})'
        if kind < .96:
            return f'quantile_over_time({r.choice(("0", "0.25", "0.9", "1"))}, {self.window()[0]})'
        return f'predict_linear({self.window(self.GAUGES)[0]}, {r.choice(("60", "-30", "3600"))})'

    def vector(self, depth):
        r, kind = self.r, self.r.random()
        if depth <= 0 or kind < .12:
            return self.selector()[0] + self.shift()
        if kind < .34:
            return self.over_time()
        if kind < .56:
            return self.aggregate(depth)
        if kind < .74:
            return self.binary(depth)
        if kind < .88:
            f = r.choice(('abs', 'ceil', 'floor', 'sqrt', 'ln', 'log2', 'log10', 'exp', 'sgn', 'timestamp', 'sin', 'atan', 'deg', '-', '+'))
            return f'{f}({self.vector(depth - 1)})'
        if kind < .91:
            return f'{r.choice(("round", "clamp_min", "clamp_max"))}({self.vector(depth - 1)}, {r.choice(("0.5", "10", "100", "1e6"))})'
        if kind < .93:
            return f'label_replace({self.vector(depth - 1)}, "to", "$1-x", "job", "(.).*")'
        if kind < .97:
            self.without_topk = True  # of equal series it may keep others at each step
            inner = self.vector(depth - 2)
            self.without_topk = False
            return f'{r.choice(("max", "min", "count", "last", "sum"))}_over_time(({inner})[{r.choice(("2m", "5m", "10m"))}:{r.choice(("10s", "30s", "1m"))}])'
        return f'histogram_quantile({r.choice(("0", "0.5", "0.9", "0.999", "1"))}, {r.choice(("sum by (le, instance) (", "sum by (le) (", "("))}rate(demo_api_request_duration_seconds_bucket[{r.choice(self.RANGES)}])))'

    def aggregate(self, depth):
        r = self.r
        selector, name = self.selector()
        inner = r.choice((selector + self.shift(), f'{"rate" if name in self.COUNTERS else "delta"}({selector}[{r.choice(self.RANGES)}])', self.vector(depth - 1)))
        op = r.choice(('sum', 'sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar', 'topk', 'bottomk', 'quantile', 'count_values'))
        parameter = {'topk': '2, ', 'bottomk': '3, ', 'quantile': '0.7, ', 'count_values': '"v", '}.get(op, '')
        if op in ('topk', 'bottomk') and self.without_topk:
            op = 'max'
        if op in ('topk', 'bottomk') and depth < 3:
            inner = f'({inner}) <= Inf'  # which of the NaN it takes cannot be seen in what is made of them
        clause = r.choice(('', f' by ({self.labels(name)})', f' without ({self.labels(name)})'))
        return f'{op}{clause}({parameter}{inner})'

    def binary(self, depth):
        r, kind = self.r, self.r.random()
        op = r.choice(('+', '-', '*', '/', '%', '^', 'atan2'))
        compare = r.choice(('==', '!=', '<', '>', '<=', '>='))
        if kind < .35:
            left, right = self.vector(depth - 1), self.scalar(depth - 1)
            if r.random() < .4:
                left, right = right, left
            return f'({left}) {r.choice((op, op, compare, compare + " bool"))} ({right})'
        selector, name = self.selector()
        other = r.choice((selector, f'{selector} offset 1m', f'{selector} * 2'))
        if kind < .7:
            return f'{selector} {r.choice((op, compare, compare + " bool"))} ({other})'
        if kind < .85:
            return f'({self.vector(depth - 1)}) {r.choice(("and", "or", "unless"))} ({self.vector(depth - 1)})'
        label = r.choice(self.BY[self.family(name)])
        return f'{selector} {op} on ({label}) group_left () ({r.choice(("sum", "max", "count"))} by ({label}) ({selector}))'

    def scalar(self, depth):
        r, kind = self.r, self.r.random()
        if depth <= 0 or kind < .5:
            return r.choice(('0', '1', '2', '-1', '0.5', '1e3', '3.14159', '100', 'Inf', 'NaN'))
        if kind < .7:
            return r.choice(('time()', 'pi()', 'scalar(sum(up))', 'scalar(odd_const)', 'scalar(up)', 'scalar(minute())'))
        return f'({self.scalar(depth - 1)} {r.choice(("+", "-", "*", "/", "^", "%", "< bool", ">= bool"))} {self.scalar(depth - 1)})'


# Requests that are refused: path, parameters, and the sentence that Prometheus 3 changed in this one.
BAD_REQUESTS = [
    ('query', {}, ('1:1: parse error', 'unknown position: parse error')),
    ('query', {'query': ''}, ('1:1: parse error', 'unknown position: parse error')),
    ('query', {'query': 'up', 'time': 'abc'}, None),
    ('query', {'query': 'up', 'time': '1e400'}, None),
    ('query', {'query': 'up', 'timeout': 'x'}, None),
    ('query', {'query': 'up', 'timeout': '-5s'}, None),
    ('query', {'query': 'up('}, None),
    ('query', {'query': 'sum(up) by (x'}, None),
    ('query', {'query': 'rate(up)'}, None),
    ('query', {'query': 'up[5m'}, None),
    ('query', {'query': 'up{a=~"("}'}, ('missing closing ): `^(?:()$`', 'missing ): ^(?:()$')),
    ('query', {'query': '{}'}, None),
    ('query', {'query': 'foo bar'}, None),
    ('query', {'query': '"a'}, None),
    ('query', {'query': 'up offset'}, ('expected duration', 'expected number, duration, step(), or range()')),
    ('query', {'query': 'topk(up)'}, None),
    ('query', {'query': 'nosuch(up)'}, None),
    ('query', {'query': '1 + on(a) up'}, None),
    ('query', {'query': 'up and 1'}, None),
    ('query', {'query': '1 > 2'}, None),
    ('query', {'query': 'sum(up)[5m]'}, None),
    ('query', {'query': 'up[5m][5m]'}, None),
    ('query', {'query': 'up[0s]'}, None),
    ('query', {'query': 'label_replace(up,"a")'}, None),
    ('query', {'query': 'up @ foo'}, None),
    ('query', {'query': 'up{a="b",}}'}, None),
    ('query', {'query': '\n\n up {'}, None),
    ('query', {'query': 'count_values("a-bÿ", up)'}, None),
    ('query', {'query': 'vector("a")'}, None),
    ('query', {'query': '-"a"'}, None),
    ('query', {'query': 'sum by (a,) (up) )'}, None),
    ('query', {'query': '0x'}, None),
    ('query', {'query': '1..2'}, ('1:3: parse error: unexpected number ".2"', '1:1: parse error: bad number or duration syntax: "1.."')),
    ('query', {'query': 'up == bool'}, None),
    ('query', {'query': 'a + ignoring(x) group_left(x) b'}, None),
    ('query', {'query': 'a + on(x) group_left(x) b'}, None),
    ('query', {'query': 'a or group_left b'}, None),
    ('query', {'query': 'up{__name__="x"}'}, None),
    ('query', {'query': '# only a comment'}, None),
    ('query', {'query': 'up["x"]'}, ('missing unit character in duration', 'unexpected character in duration expression: \'"\'')),
    ('query', {'query': 'up[1y2w3d:x]'}, ("unexpected colon 'x'", "unexpected character: 'x', expected ':'")),
    ('query', {'query': 'sum(up, up)'}, None),
    ('query', {'query': 'quantile("a", up)'}, None),
    ('query', {'query': 'time(1)'}, None),
    ('query', {'query': 'absent_over_time(up)'}, None),
    ('query_range', {}, None),
    ('query_range', {'query': 'up', 'start': 1, 'end': 2}, None),
    ('query_range', {'query': 'up', 'start': 'a', 'end': 2, 'step': 1}, None),
    ('query_range', {'query': 'up', 'start': 1, 'end': 'b', 'step': 1}, None),
    ('query_range', {'query': 'up', 'start': 5, 'end': 2, 'step': 1}, None),
    ('query_range', {'query': 'up', 'start': 1, 'end': 2, 'step': 0}, None),
    ('query_range', {'query': 'up', 'start': 1, 'end': 2, 'step': -1}, None),
    ('query_range', {'query': 'up', 'start': 1, 'end': 2, 'step': 'x'}, None),
    ('query_range', {'query': 'up', 'start': 0, 'end': 11002, 'step': 1}, None),
    ('query_range', {'query': 'up', 'start': 0, 'end': 11000, 'step': 1}, None),
    ('query_range', {'query': 'up[5m]', 'start': 0, 'end': 10, 'step': 1}, ('invalid expression type', 'invalid parameter "query": invalid expression type')),
    ('query_range', {'query': '"a"', 'start': 0, 'end': 10, 'step': 1}, ('invalid expression type', 'invalid parameter "query": invalid expression type')),
    ('query_range', {'query': 'up', 'start': 1, 'end': 2, 'step': '9999999999999999'}, None),
    ('series', {}, None),
    ('series', {'match[]': ''}, ('1:1: parse error', 'unknown position: parse error')),
    ('series', {'match[]': '{'}, None),
    ('series', {'match[]': 'up', 'start': 'x'}, None),
    ('series', {'match[]': 'up', 'start': 10, 'end': 1}, None),
    ('series', {'match[]': '{a=""}'}, None),
    ('series', {'match[]': 'up[5m]'}, None),
    ('labels', {'match[]': '{x'}, None),
    ('labels', {'start': 'q'}, None),
    ('label/__name__/values', {'match[]': '('}, None),
    ('label/__name__/values', {'end': 'z'}, None),
    ('query_exemplars', {}, ('1:1: parse error', 'unknown position: parse error')),
    ('query_exemplars', {'query': 'up{'}, None),
    ('query_exemplars', {'query': 'up', 'start': 5, 'end': 1}, None),
    ('query_exemplars', {'query': 'up', 'start': 'x'}, None),
    ('format_query', {}, ('1:1: parse error', 'unknown position: parse error')),
    ('format_query', {'query': 'up('}, None),
    ('metadata', {'limit': 'x'}, None),
    ('targets/metadata', {'limit': 'x'}, None),
    ('targets/metadata', {'match_target': '{'}, None),
    ('rules', {'type': 'x'}, None),
    ('nothing', {}, None),
    ('status/nothing', {}, None),
]
# Sentences of all of them: 2.42's and 3's.
NEW_SENTENCES = [('Invalid time value', 'invalid time value')]
