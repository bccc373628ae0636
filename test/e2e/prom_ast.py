"""PromQL queries as Prometheus 2.42 must be asked to give what Prometheus 3 gives: a syntax tree (from /api/v1/parse_query) printed with its differences turned into text.

What cannot be said in a query (a label name that 2.42 refuses) is mended in the answer: see RENAMED.
"""
import json
import re

RENAMED = 'utf8_name_'  # stands for the `~` of a label name that 2.42 does not take
EPSILON = 2.0 ** -53


def duration(ms):
    return f'-{duration(-ms)}' if ms < 0 else f'{ms}ms'


class Printer:
    """`lean`: which way sums lean, by the error that adding without compensation may make: -1, 0 or 1. `fixed`: start and end of the range in seconds, to be asked step by step."""

    def __init__(self, lean=0, fixed=None):
        self.lean, self.fixed = lean, fixed

    def text(self, node, in_subquery=False):
        return getattr(self, node['type'])(node, in_subquery)

    def numberLiteral(self, node, _):
        return node['val']

    def stringLiteral(self, node, _):
        return json.dumps(node['val'], ensure_ascii=False)

    def parenExpr(self, node, inside):
        return f'({self.text(node["expr"], inside)})'

    def unaryExpr(self, node, inside):
        return f'({node["op"]}{self.text(node["expr"], inside)})'

    def shift(self, node):
        out = ''
        if node['timestamp'] is not None:
            out += f' @ {node["timestamp"] / 1000:.3f}'
        elif node['startOrEnd']:
            out += f' @ {self.fixed[node["startOrEnd"] == "end"]:.3f}' if self.fixed else f' @ {node["startOrEnd"]}()'
        return out + (f' offset {duration(node["offset"])}' if node['offset'] else '')

    def selector(self, node):
        matchers = []
        for m in node['matchers']:
            if m['name'] == '__name__' and m['type'] == '=' and node['name']:
                continue
            value = f'(?s:{m["value"]})' if '~' in m['type'] else m['value']  # a dot matches a newline
            matchers.append(f'{m["name"]}{m["type"]}{json.dumps(value, ensure_ascii=False)}')
        return node['name'] + ('{' + ','.join(matchers) + '}' if matchers else '')

    def vectorSelector(self, node, _):
        return self.selector(node) + self.shift(node)

    def matrixSelector(self, node, _):
        return f'{self.selector(node)}[{duration(node["range"])}]{self.shift(node)}'

    def subquery(self, node, inside):
        step = duration(node['step']) if node['step'] else ''
        # Open on the left: the outer steps lie on the edges of the inner windows.
        return f'({self.text(node["expr"], True)})[{duration(node["range"] - inside)}:{step}]{self.shift(node)}'

    def clause(self, node):
        if not node['grouping'] and not node['without']:
            return ''
        return f' {"without" if node["without"] else "by"} ({", ".join(node["grouping"])})'

    def aggregation(self, node, inside):
        inner, clause, op = self.text(node['expr'], inside), self.clause(node), node['op']

        def of(name, what=inner):
            return f'{name}{clause} ({what})'
        total = of('sum')
        if self.lean:
            total = f'({total} + {self.lean * EPSILON} * {of("count")} * {of("sum", f"abs({inner})")})'
        if op == 'sum':
            return total
        if op == 'avg':  # one division
            return f'({total} / {of("count")})'
        if op in ('stddev', 'stdvar'):  # one NaN or infinity makes all NaN
            variance = f'({of("stdvar")} + 0 * {of("sum", f"({inner}) * 0")})'
            if self.lean:
                variance = f'clamp_min({variance} + {4 * self.lean * EPSILON} * {of("count")} * {of("max", f"abs({inner})")} ^ 2, 0)'
            return variance if op == 'stdvar' else f'sqrt({variance})'
        parameter = self.text(node['param'], inside) + ', ' if node['param'] else ''
        return f'{op}{clause} ({parameter}{inner})'

    def call(self, node, inside):
        name, args = node['func']['name'], [self.text(a, inside) for a in node['args']]
        if name in ('label_replace', 'label_join'):
            args = [re.sub(r'^"~', '"' + RENAMED, a) for a in args]
        elif name == 'avg_over_time':
            mean = f'(sum_over_time({args[0]}) / count_over_time({args[0]}))'
            return f'({mean} * (1 + {8 * self.lean * EPSILON}))' if self.lean else mean
        elif name == 'sum_over_time' and self.lean:
            return f'(sum_over_time({args[0]}) * (1 + {4 * self.lean * EPSILON}))'
        elif name in ('stddev_over_time', 'stdvar_over_time') and self.lean:
            squares = f'(max_over_time({args[0]}) ^ 2 + min_over_time({args[0]}) ^ 2)'
            variance = f'clamp_min(stdvar_over_time({args[0]}) + {8 * self.lean * EPSILON} * {squares}, 0)'
            return variance if name == 'stdvar_over_time' else f'sqrt({variance})'
        return f'{name}({", ".join(args)})'

    def binaryExpr(self, node, inside):
        match = ''
        if node['matching']:
            m = node['matching']
            if m['on'] or m['labels']:
                match += f' {"on" if m["on"] else "ignoring"} ({", ".join(m["labels"])})'
            group = {'many-to-one': 'group_left', 'one-to-many': 'group_right'}.get(m['card'])
            match += f' {group} ({", ".join(m["include"])})' if group else ''
        out = f'({self.text(node["lhs"], inside)} {node["op"]}{" bool" if node["bool"] else ""}{match} {self.text(node["rhs"], inside)})'
        return f'({out} * 1)' if node['op'] == 'atan2' else out  # which drops the name


def mended(labels):
    """A label set of 2.42's answer with the names that were asked for."""
    return tuple(sorted((k.replace(RENAMED, '~'), v) for k, v in labels))


def walk(node):
    """The node and all below it."""
    if isinstance(node, dict):
        if 'type' in node:
            yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)
