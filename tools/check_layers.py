#!/usr/bin/env python3
"""Holds src/ against the table of layers in ARCHITECTURE.md and the house's size caps.

A folder may include itself and folders of a lower layer. The table is the truth: a folder
that is not in it, or a row without a folder, fails. Prints one line a fault; exit status 1.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROW = re.compile(r'^\| (\d) \| `(\w+)/` \|')
INCLUDE = re.compile(r'^\s*#include "([^"]+)"', re.M)
MAX_LINES = 1000


def layers():
    out = {}
    for line in (ROOT / 'ARCHITECTURE.md').read_text().splitlines():
        if m := ROW.match(line):
            out[m[2]] = int(m[1])
    return out


def faults():
    layer = layers()
    src = ROOT / 'src'
    folders = {p.name for p in src.iterdir() if p.is_dir() and any(p.rglob('*.cc'))}
    for folder in sorted(folders - layer.keys()):
        yield f'src/{folder}: not in the table of ARCHITECTURE.md'
    for folder in sorted(layer.keys() - {p.name for p in src.iterdir()}):
        yield f'ARCHITECTURE.md: row for src/{folder}, which does not exist'
    for path in sorted([*src.rglob('*.cc'), *src.rglob('*.h')]):
        name = path.relative_to(ROOT)
        folder = path.relative_to(src).parts[0]
        text = path.read_text()
        if (lines := text.count('\n')) > MAX_LINES:
            yield f'{name}: {lines} lines, cap {MAX_LINES}'
        for include in INCLUDE.findall(text):
            other = include.split('/')[0]
            if not (src / include).exists():
                if not (path.parent / include).exists():
                    yield f'{name}: includes "{include}", which is not below src/'
                continue
            if other != folder and layer.get(other, 99) >= layer.get(folder, 0):
                yield f'{name}: layer {layer.get(folder)} includes "{include}" of layer {layer.get(other)}'


if __name__ == '__main__':
    found = list(faults())
    print('\n'.join(found) or f'layers hold: {len(layers())} folders')
    sys.exit(bool(found))
