#!/usr/bin/env python3
"""How much slower queries get while metrics, logs and traces come in at half of what the machine can take.

mixed.py URL METRICS LOGS TRACES [--seconds 8]: three folders of request bodies (NNNNN.bin beside a meta.json with `path` and `headers`, times of the last hour), played once
each: half of them to have something to ask, then 15 % as fast as they are taken (that rate is the capacity), the rest at half that rate. Queries run before (idle, after --settle seconds) and meanwhile.
Prints p50 and p99 of both and their ratio; Pharos must be empty and running at URL.
"""
import argparse
import http.client
import json
import multiprocessing
import pathlib
import time
import urllib.parse

QUERIES = [('/api/v1/query_range', 'sum by (mode) (rate(node_cpu_seconds_total[5m]))', 60), ('/api/v1/query_range', 'node_load1{instance=~"host-00.*"}', 60),
           ('/api/v1/query_range', 'histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))', 60), ('/api/v1/query', 'topk(5, node_load1)', None),
           ('/api/v1/query', 'count by (region) (up)', None), ('/api/v1/query_range', 'max by (region) (node_memory_MemAvailable_bytes)', 30)]


def bodies(folder):
    meta = json.loads((folder / 'meta.json').read_text())
    return meta, [p.read_bytes() for p in sorted(folder.glob('*.bin'))]


def send(host, port, meta, part, rate, started):
    """Plays bodies one after the other, at `rate` a second (None: as they are taken); returns the seconds."""
    connection = http.client.HTTPConnection(host, port, timeout=60)
    started.wait()
    begin = time.perf_counter()
    for i, body in enumerate(part):
        if rate and (ahead := begin + i / rate - time.perf_counter()) > 0:
            time.sleep(ahead)
        connection.request('POST', meta['path'], body, meta['headers'])
        answer = connection.getresponse()
        answer.read()
        if answer.status >= 400:
            raise SystemExit(f'{meta["path"]}: {answer.status}')
    return time.perf_counter() - begin


def worker(results, key, *args):
    results.put((key, send(*args)))


def play(host, port, parts, rates):
    """All three at once, a process each; {signal: seconds}."""
    results, started = multiprocessing.Queue(), multiprocessing.Event()
    processes = [multiprocessing.Process(target=worker, args=(results, key, host, port, meta, part, rates.get(key), started)) for key, (meta, part) in parts.items()]
    for p in processes:
        p.start()
    started.set()
    return processes, results


def finish(processes, results):
    seconds = dict(results.get() for _ in processes)
    for p in processes:
        p.join()
    return seconds


def ask(host, port, start, end, until):
    """Milliseconds of each query, one after the other, until `until()` says so."""
    connection, times, i = http.client.HTTPConnection(host, port, timeout=60), [], 0
    while not until():
        path, query, step = QUERIES[i % len(QUERIES)]
        i += 1
        params = {'query': query, 'time': end} if step is None else {'query': query, 'start': start, 'end': end, 'step': step}
        begin = time.perf_counter()
        connection.request('GET', path + '?' + urllib.parse.urlencode(params))
        answer = connection.getresponse()
        body = answer.read()
        times.append((time.perf_counter() - begin) * 1000)
        if answer.status != 200:
            raise SystemExit(f'{query}: {answer.status} {body[:200]}')
    return sorted(times)


def show(title, times):
    print(f'{title}: {len(times)} queries, p50 {times[len(times) // 2]:.2f} ms, p99 {times[int(len(times) * .99)]:.2f} ms', flush=True)
    return times[int(len(times) * .99)]


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument('url')
    options.add_argument('folders', nargs=3, type=pathlib.Path, metavar='FOLDER')
    options.add_argument('--seconds', type=float, default=8)
    options.add_argument('--settle', type=float, default=6, help='seconds for what is stored to be sealed and merged before the idle queries')
    given = options.parse_args()
    url = urllib.parse.urlsplit(given.url)
    loads = {name: bodies(folder) for name, folder in zip(('metrics', 'logs', 'traces'), given.folders)}

    def cut(begin, end):
        return {name: (meta, all_bodies[int(len(all_bodies) * begin):int(len(all_bodies) * end)]) for name, (meta, all_bodies) in loads.items()}
    finish(*play(url.hostname, url.port, cut(0, .5), {}))
    meta = loads['metrics'][0]
    start = meta['start_ms'] // 1000
    end = start + (meta['end_ms'] - meta['start_ms']) // 2000
    time.sleep(given.settle)
    stop = time.perf_counter() + given.seconds
    idle = show('idle', ask(url.hostname, url.port, start, end, lambda: time.perf_counter() > stop))
    part = cut(.5, .65)
    seconds = finish(*play(url.hostname, url.port, part, {}))
    rates = {name: len(part[name][1]) / seconds[name] / 2 for name in part}
    print('half capacity: ' + ', '.join(f'{name} {rate:.1f} requests/s ({rate * loads[name][0]["items"] / len(loads[name][1]):,.0f} items/s)' for name, rate in rates.items()), flush=True)
    processes, results = play(url.hostname, url.port, cut(.65, 1), rates)
    loaded = show('loaded', ask(url.hostname, url.port, start, end, lambda: any(not p.is_alive() for p in processes)))
    finish(processes, results)
    print(f'p99 loaded / idle: {loaded / idle:.2f}')


if __name__ == '__main__':
    main()
