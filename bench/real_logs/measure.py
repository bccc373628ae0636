#!/usr/bin/env python3
"""What real logs cost to store: measure.py PHAROS [--megabytes 60] [--sets Android,Apache,...] [--port 4760] [--workload FOLDER] [--push-bytes 270000] [--rounds 1]

Each set of loghub (../shared/data, or PHAROS_SHARED_DATA) is made longer: its lines in random order, their numbers and ids drawn anew, times of now. It goes as Loki
push requests over two connections to a new server, which then writes and merges all it holds. A line of output a set: CPU nanoseconds a byte of text and microseconds
a line, bytes a line on disk, peak memory. --workload: a folder of made bodies with its meta.json (raw_bytes, items), measured the same way first,
whole and as much of it as of a set. --push-bytes: of the text in a request; at first as many as the benchmark's have, so that what a request costs
whatever is in it (a commit, wake-ups) has the same share in both. Promtail sends up to 1 MiB. --rounds: so often each is played, all in turn; the least
counts. Needs Debian's python3-snappy.
"""
import os
import random
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'scrapes'))
from cost import measure  # noqa: E402
from write_bodies import field, varint  # noqa: E402
import snappy  # noqa: E402

PUSH_BYTES = 270_000
LABELS = b'{job="real"}'
LOKI = ('/loki/api/v1/push', {'Content-Type': 'application/x-protobuf', 'Content-Encoding': 'snappy'})
WORD = re.compile(rb'[0-9A-Za-z]+')


def redrawn(line, draw):
    """Digits anew, and hex ids; clock times and what belongs to them stay, as do leading zeros."""
    def word(m):
        text = m.group()
        if not any(48 <= c <= 57 for c in text):
            return text
        if line[m.start() - 1:m.start()] == b':' or line[m.end():m.end() + 1] == b':':
            return text
        if len(text) >= 8 and all(c in b'0123456789abcdefABCDEF' for c in text):
            return bytes(draw.choice(b'0123456789') if c < 58 else draw.choice(b'abcdef' if c >= 97 else b'ABCDEF') for c in text)
        return bytes(draw.choice(b'123456789') if 49 <= c <= 57 else c for c in text)
    return WORD.sub(word, line)


def make_bodies(name, megabytes, push_bytes=PUSH_BYTES):
    """Request bodies, how many lines they hold, and how many bytes of text."""
    shared = os.environ.get('PHAROS_SHARED_DATA', os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../shared/data'))
    with open(f'{shared}/loghub/{name}/{name}_2k.log', 'rb') as f:
        lines = f.read().splitlines()
    draw, bodies, count, size = random.Random(7), [], 0, 0
    time_ns = time.time_ns() - 3600 * 10**9
    while size < megabytes * 1_000_000:
        entries, push = [field(1, LABELS)], 0
        while push < push_bytes:
            line = redrawn(draw.choice(lines), draw)
            time_ns += 100_000
            stamp = b'\x08' + varint(time_ns // 10**9) + b'\x10' + varint(time_ns % 10**9)
            entries.append(field(2, field(1, stamp) + field(2, line)))
            push += len(line) + 1
        count += len(entries) - 1
        size += push
        bodies.append(snappy.compress(field(1, b''.join(entries))))
    return bodies, count, size


if __name__ == '__main__':
    measure(__doc__, 'line', 'Android,Apache,BGL,HDFS,HPC,Hadoop,Linux,Mac,OpenSSH,OpenStack,Spark,Windows,Zookeeper', 4760, make_bodies, LOKI, PUSH_BYTES)
