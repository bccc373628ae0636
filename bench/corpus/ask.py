#!/usr/bin/env python3
"""Asks a corpus that `load` has written, checks each answer against the truth, and times it.

  ask.py URL TRUTH.json CPU_PID            each question of a kind once: the first, p50, p95
  ask.py URL TRUTH.json CPU_PID --only N   one question of the Nth kind, others after the last (run.sh asks so after a cold start)
"""
import http.client, json, random, statistics, sys, time, urllib.parse


def kinds(truth):
    """By name: a path and what counts the answer for each question; none is asked twice, but for the last regex."""
    draw = random.Random(5)
    def lines(pairs): return [(search('{env="prod"} ' + filter_, truth), count) for filter_, count in pairs]
    if truth['traces']:
        return {'trace': [(f'/tempo/api/traces/{trace}', spans) for trace, spans in truth['traces']],
                'lines of the trace': lines((f'|= "{trace}"', 1) for trace, _ in truth['traces'])}
    singles = truth['singles']
    return {
        '(a) a word, one line': lines((f'|= "{word}"', 1) for word, _ in singles),
        '(a) a full id': lines((f'|= "{at}"', 1) for _, at in singles),
        '(a) a word, 100 lines': lines((f'|= "{word}"', count) for word, count in truth['hundreds']),
        '(a) absent': lines(('|= "qzx%s"' % ''.join(draw.choices('bcdfghjk', k=6)), 0) for _ in singles),
        '(b) 12 hex digits of an id': lines((f'|= "{at[10:22]}"', 1) for _, at in singles),
        '(b) 12 hex digits, absent': lines(('|= "%012x"' % draw.getrandbits(48), 0) for _ in singles),
        'regex with a literal': lines((f'|~ "{word[:4]}-[a-z]+-needle"', 1) for word, _ in singles),
        'regex without one': lines([('|~ "[w-z]{2}[a-z]{2}-[a-s]+-"', len(singles))] * 7)}


def search(query, truth):
    return '/loki/api/v1/query_range?' + urllib.parse.urlencode(dict(query=query, start=truth['start_ns'], end=truth['end_ns'], limit=1000))


def count(body):
    found = json.loads(body)
    if 'data' in found: return sum(len(stream['values']) for stream in found['data']['result'])
    return sum(len(scope['spans']) for batch in found.get('batches', found.get('resourceSpans', [])) for scope in batch.get('scopeSpans', []))


def main():
    url, truth, pid = urllib.parse.urlparse(sys.argv[1]), json.load(open(sys.argv[2])), sys.argv[3]
    only = int(sys.argv[5]) if len(sys.argv) > 4 else None
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=600)
    wrong, times = 0, {}

    def ask(path):
        begin = time.perf_counter()
        connection.request('GET', path, headers={'Accept': 'application/json'})
        answer = connection.getresponse()
        body = answer.read()
        return (time.perf_counter() - begin) * 1000, body if answer.status == 200 else None

    asked = list(kinds(truth).items())
    if only is not None:
        round, (name, questions) = only // len(asked) + 1, asked[only % len(asked)]
        asked = [(name, [questions[len(questions) * round // (round + 1)]])]
    for name, questions in asked:
        for path, expected in questions:
            took, body = ask(path)
            if body is None or count(body) != expected:
                wrong += 1
                print(f'WRONG {name}: {body and count(body)}, expected {expected}')
            times.setdefault(name, []).append(took)
    for name, took in times.items():
        if only is not None: print(f'{name:28} cold {took[0]:8.2f} ms')
        else: print(f'{name:28} first {took[0]:8.2f}  p50 {statistics.median(took):8.2f}  p95 {sorted(took)[int(len(took) * .95)]:8.2f} ms  ({len(took)})')
    for line in open(f'/proc/{pid}/status'):
        if only is None and line.startswith(('VmRSS', 'VmHWM')): print(line.split()[0], int(line.split()[1]) // 1024, 'MB')
    sys.exit(1 if wrong else 0)


main()
