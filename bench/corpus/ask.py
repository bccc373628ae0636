#!/usr/bin/env python3
"""Asks a corpus that `load` has written, checks each answer against the truth, and times it.

  ask.py URL TRUTH.json CPU_PID            warm: each question seven times, the median
  ask.py URL TRUTH.json CPU_PID --only N   one question once (run.sh asks so after a cold start)
"""
import http.client, json, statistics, sys, time, urllib.parse


def questions(truth):
    """Name, path, and what counts the answer."""
    if truth['traces']:
        for trace, spans in truth['traces']:
            yield 'trace', f'/tempo/api/traces/{trace}', spans
            yield 'lines of the trace', search(f'{{env="prod"}} |= "{trace}"', truth), 1
        return
    at = truth['id']
    for name, filter_, count in [
            ('(a) a word, one line', '|= "zyxw-single-needle"', 1), ('(a) a full id', f'|= "{at}"', 1), ('(a) a word, 100 lines', '|= "qvk-hundredfold"', truth['hundred']),
            ('(a) absent', '|= "qzx-not-there"', 0), ('(b) 12 hex digits of an id', f'|= "{at[10:22]}"', 1), ('(b) 12 hex digits, absent', '|= "e0f1d2c3b4a5"', 0),
            ('regex with a literal', '|~ "zyxw-[a-z]+-needle"', 1), ('regex without one', '|~ "[w-z]{4}-[a-s]+-"', 1)]:
        yield name, search('{env="prod"} ' + filter_, truth), count


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

    for number, (name, path, expected) in enumerate(questions(truth)):
        if only is not None and number != only: continue
        runs = 1 if only is not None or truth['traces'] else 7
        for _ in range(runs):
            took, body = ask(path)
            if body is None or count(body) != expected:
                wrong += 1
                print(f'WRONG {name}: {body and count(body)}, expected {expected}')
            times.setdefault(name, []).append(took)
    for name, took in times.items():
        took.sort()
        if only is not None: print(f'{name:28} cold {took[0]:8.2f} ms')
        else: print(f'{name:28} p50 {statistics.median(took):8.2f}  p95 {took[min(len(took) - 1, int(len(took) * .95))]:8.2f} ms  ({len(took)})')
    for line in open(f'/proc/{pid}/status'):
        if only is None and line.startswith(('VmRSS', 'VmHWM')): print(line.split()[0], int(line.split()[1]) // 1024, 'MB')
    sys.exit(1 if wrong else 0)


main()
