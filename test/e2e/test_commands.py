"""The words of the command line, the start's refusals, the reload, and every command that the README prints."""
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import unittest

from stack import BINARY, ROOT, Pharos, free_port, get_json, request, wait_until


def run(*arguments, stdin=None):
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=30, input=stdin)
    return done.returncode, done.stdout, done.stderr


class Commands(unittest.TestCase):
    def test_version_and_help(self):
        self.assertRegex(run('version')[1], r'^pharos \d+\.\d+\.\d+\n$')
        self.assertIn('serve', run('--help')[1])
        self.assertNotEqual(run('nonsense')[0], 0)

    def test_parse(self):
        code, out, _ = run('parse', 'promql', stdin='"sum(up)"\n"sum("\n"rate(x[5m])"\nnot json\n')
        self.assertEqual(code, 0)
        lines = out.splitlines()
        self.assertEqual((lines[0], lines[2]), ('ok', 'ok'))
        self.assertEqual(lines[1], 'error: 1:5: parse error: unclosed left parenthesis')
        self.assertTrue(lines[3].startswith('error: '))
        self.assertEqual(run('parse', 'logql', stdin='"{a=\\"b\\"} |= \\"x\\""\n')[1], 'ok\n')

    def test_run_moves_each_port_once(self):
        """`./dev run --port-offset 22000` makes 30000 of 8000, which begins like 3000."""
        def start(offset):
            return subprocess.run([ROOT / 'tools/run.sh', '--data-dir', folder, '--port-offset', offset], capture_output=True, text=True, timeout=60,
                                  env=dict(os.environ, PHAROS_BUILD=folder))  # with a Pharos that ends at once
        with tempfile.TemporaryDirectory() as folder:
            os.symlink('/bin/false', os.path.join(folder, 'pharos'))
            self.assertIn('Pharos did not start', start('22000').stderr)
            with open(os.path.join(folder, 'prometheus.yml')) as f:
                self.assertEqual(re.findall(r'localhost:(\d+)', f.read()), ['30000', '30001', '25000'])
            for bad in '41312', '08', 'x', '-1', '':
                refused = start(bad)
                self.assertEqual(refused.returncode, 2)
                self.assertIn('give a number up to 41311', refused.stderr)

    def test_check(self):
        with tempfile.TemporaryDirectory() as folder:
            good, bad = os.path.join(folder, 'good.yml'), os.path.join(folder, 'bad.yml')
            with open(good, 'w') as f:
                f.write('scrape_configs:\n- job_name: a\n  static_configs: [{targets: ["localhost:1"]}]\n')
            with open(bad, 'w') as f:
                f.write('scrape_configs:\n- job_name: a\n  scrape_intervall: 5s\n')
            self.assertEqual(run('check', good)[0], 0)
            code, out, _ = run('check', bad)
            self.assertEqual(code, 1)
            self.assertIn(f'{bad}:3: field scrape_intervall not found', out)
            self.assertEqual(run('check', os.path.join(folder, 'missing.yml'))[0], 1)

    def test_query_and_inspect(self):
        with Pharos() as pharos:
            url = f'http://127.0.0.1:{pharos.port}'
            self.assertEqual(run('query', 'promql', '1 + 1', '--url', url)[1], '2\n')
            self.assertEqual(run('query', 'promql', 'sum(', '--url', url)[0], 1)
            ns = time.time_ns()
            body = json.dumps({'streams': [{'stream': {'app': 'q'}, 'values': [[str(ns), 'a line']]}]})
            self.assertEqual(request(pharos.port, 'POST', '/loki/api/v1/push', body, {'Content-Type': 'application/json'})[0], 204)
            self.assertEqual(run('query', 'logql', '{app="q"}', '--url', url)[1], f'{ns} a line\n')
            self.assertEqual(request(pharos.port, 'POST', '/pharos/api/v1/admin/flush')[0], 200)
            data = os.path.join(pharos.data_dir, 'data')
            code, _, error = run('inspect', data)
            self.assertEqual(code, 2, 'a running Pharos holds the directory')
            self.assertIn(data, error)
            code, out, error = run('inspect', 'samples', data)
            self.assertEqual(code, 0, 'samples are inspected beside a running Pharos: ' + out + error)
            code, out, error = run('inspect', 'events', data)
            self.assertEqual(code, 0, 'events too: ' + out + error)
            self.assertIn('1 items', out)
            self.assertEqual(pharos.stop(), 0)
            code, out, _ = run('inspect', data)
            self.assertEqual(code, 0, out)
            self.assertIn('1 items', out)
            parts = [os.path.join(d, f) for d, _, files in os.walk(data) for f in files if 'part-' in d]
            with open(parts[0], 'r+b') as f:
                f.seek(60)
                byte = f.read(1)
                f.seek(60)
                f.write(bytes([byte[0] ^ 1]))
            code, out, _ = run('inspect', data)
            self.assertEqual(code, 1)
            self.assertIn('WRONG', out)


    def test_inspect_samples(self):
        with Pharos() as pharos:
            data = os.path.join(pharos.data_dir, 'data')
            now = time.time_ns()
            points = [{'asInt': str(n), 'timeUnixNano': str(now - n * 1_000_000_000), 'attributes': [{'key': 'n', 'value': {'stringValue': str(n)}}]} for n in range(9)]
            body = json.dumps({'resourceMetrics': [{'scopeMetrics': [{'metrics': [{'name': 'queue_length', 'gauge': {'dataPoints': points}}]}]}]})
            self.assertEqual(request(pharos.port, 'POST', '/v1/metrics', body, {'Content-Type': 'application/json'})[0], 200)
            self.assertEqual(request(pharos.port, 'POST', '/pharos/api/v1/admin/flush')[0], 200)
            code, out, error = run('inspect', 'samples', data, '--json')
            self.assertEqual(code, 0, out + error)
            found = json.loads(out)
            self.assertTrue(found['sound'])
            self.assertEqual([(m['series'], m['samples']) for m in found['metrics'] if m['name'] == 'queue_length'], [(9, 9)])
            code, out, _ = run('inspect', 'samples', data, '--top', '1')
            self.assertEqual(code, 0)
            self.assertIn('every page is sound', out)
            self.assertEqual(pharos.stop(), 0)
            part = os.path.join(data, found['parts'][0]['path'], 'samples.part')
            with open(part, 'r+b') as f:
                f.seek(20)
                byte = f.read(1)
                f.seek(20)
                f.write(bytes([byte[0] ^ 1]))
            code, out, _ = run('inspect', 'samples', data)
            self.assertEqual(code, 1)
            self.assertIn(found['parts'][0]['path'], out)
            self.assertIn('WRONG', out)
            self.assertEqual(run('inspect', 'samples', data + '/nothing')[0], 2)
            self.assertEqual(run('inspect', 'nonsense', data)[0], 2)

    def test_inspect_names_a_damaged_trace_filter_that_reads_do_without(self):
        trace = f'{7:032x}'
        span = {'traceId': trace, 'spanId': f'{9:016x}', 'name': 'checkout', 'kind': 1, 'startTimeUnixNano': str(time.time_ns()), 'endTimeUnixNano': str(time.time_ns())}
        with Pharos() as pharos:
            data = os.path.join(pharos.data_dir, 'data')
            body = json.dumps({'resourceSpans': [{'scopeSpans': [{'spans': [span]}]}]})
            self.assertEqual(request(pharos.port, 'POST', '/v1/traces', body, {'Content-Type': 'application/json'})[0], 200)
            self.assertEqual(request(pharos.port, 'POST', '/pharos/api/v1/admin/flush')[0], 200)
            self.assertEqual(pharos.stop(), 0)
            (part,) = [os.path.join(d, 'data') for d, _, _ in os.walk(data) if '/spans/' in d and '/part-' in d]
            with open(part, 'r+b') as f:
                whole = f.read()
                entry = whole.rindex(b'\x0ctrace_filter') + 13 + 4 + 1  # docs/format/part.md: behind the name, the number of pages and a codec
                offset = int.from_bytes(whole[entry:entry + 8], 'little')
                f.seek(offset)
                f.write(bytes([whole[offset] ^ 1]))
            code, out, _ = run('inspect', 'events', data)
            self.assertEqual(code, 1, out)
            self.assertIn('section trace_filter page 0 fails its checksum', out)
            pharos.start()
            self.assertEqual(request(pharos.ports['jaeger'], 'GET', f'/api/traces/{trace}')[0], 200)
            with open(pharos.log.name, encoding='utf-8') as f:
                warnings = [line for line in f if 'trace filter' in line]
            self.assertEqual(len(warnings), 1, warnings)
            self.assertIn('/spans/', warnings[0])


class Starting(unittest.TestCase):
    def test_refusals(self):
        with tempfile.TemporaryDirectory() as folder, Pharos() as pharos:
            taken = f'127.0.0.1:{pharos.port}'
            code, _, error = run('serve', '--data-dir', folder + '/a', '--listen', taken)
            self.assertEqual(code, 1)
            self.assertIn(str(pharos.port), error)
            code, _, error = run('serve', '--data-dir', folder + '/b', '--listen', '0.0.0.0:0')
            self.assertEqual(code, 1)
            self.assertIn('--insecure', error)
            code, _, error = run('serve', '--data-dir', os.path.join(pharos.data_dir, 'data'), '--listen', '127.0.0.1:0', '--listen.otlp-grpc', 'off')
            self.assertEqual(code, 1)
            self.assertIn('data', error)
            code, _, error = run('serve', '--data-dir', folder + '/c', '--config.statsd', 'x.yaml')
            self.assertEqual(code, 1)
            self.assertIn('--config.statsd', error)
            code, _, error = run('serve', '--data-dir', folder + '/c', '--config.loki', 'x.yaml')
            self.assertEqual((code, error), (1, 'pharos: x.yaml: no such file\n'))
            self.assertFalse(os.path.exists(folder + '/c'), 'nothing is touched before the configuration is understood')

    def test_files_of_the_demo_are_fine(self):
        code, out, error = run('check', str(ROOT / 'demo'))
        self.assertEqual(code, 0, out + error)
        self.assertRegex(out, r'\n\d+ files, 0 errors, 0 findings\n$')

    def test_reload(self):
        with tempfile.TemporaryDirectory() as folder:
            config = os.path.join(folder, 'prometheus.yml')
            port = free_port()

            def write(job):
                with open(config, 'w') as f:
                    f.write(f'scrape_configs:\n- {job}: first\n  scrape_interval: 1s\n  static_configs: [{{targets: ["127.0.0.1:{port}"]}}]\n')
            write('job_name')
            with Pharos('--config.prometheus', config, '--web.enable-lifecycle') as pharos:
                jobs = lambda: [t['labels']['job'] for t in get_json(pharos.port, '/api/v1/targets')['data']['activeTargets']]
                self.assertEqual(jobs(), ['first'])
                wait_until('down', 10, lambda: get_json(pharos.port, '/api/v1/targets')['data']['activeTargets'][0]['health'] == 'down')
                write('job_nam')
                status, _, body = request(pharos.port, 'POST', '/-/reload')
                self.assertEqual(status, 500)
                self.assertIn(b'field job_nam not found', body)
                self.assertEqual(jobs(), ['first'], 'a bad file leaves the old configuration running')
                with open(config, 'w') as f:
                    f.write('scrape_configs: []\n')
                pharos.process.send_signal(signal.SIGHUP)
                wait_until('no targets', 5, lambda: jobs() == [])
                self.assertIn('scrape_configs: []', get_json(pharos.port, '/api/v1/status/config')['data']['yaml'])

    def test_ends_cleanly(self):
        with Pharos() as pharos:
            self.assertEqual(pharos.stop(), 0)
        with Pharos('--web.enable-lifecycle') as pharos:
            self.assertEqual(request(pharos.port, 'POST', '/-/quit')[0], 200)
            self.assertEqual(pharos.process.wait(20), 0)

    def test_starts_fast_and_small(self):
        with Pharos() as pharos:
            with open(f'/proc/{pharos.process.pid}/status') as status:
                resident = next(int(line.split()[1]) for line in status if line.startswith('VmRSS'))
            self.assertLess(resident, 200 * 1024)


class Readme(unittest.TestCase):
    """Each shell line of the README is either run here or by name somewhere in these tests."""

    def test_every_command_is_known(self):
        text = (ROOT / 'README.md').read_text()
        commands = [line.strip().split('   ')[0] for line in text.splitlines() if line.startswith('    ')]
        self.assertEqual([c for c in commands if not self.covered(c)], [])

    def covered(self, command):
        if command in ('./dev run', './dev test'):
            return True  # test_live runs what ./dev run runs; this is part of ./dev test
        if command.startswith('curl -s'):
            return self.curl(command)
        return command.startswith('build/release/pharos serve')  # every test here starts one

    def curl(self, command):
        """The printed curl must be answered with success by a Pharos without data (ports differ)."""
        with Pharos() as pharos:
            ports = {'9090': 'prometheus', '3100': 'loki', '16686': 'jaeger', '3200': 'tempo'}
            shell = re.sub(r'localhost:(\d+)', lambda m: f'127.0.0.1:{pharos.ports[ports[m[1]]]}', command)
            done = subprocess.run(shell + " -w ' %{http_code}'", shell=True, capture_output=True, text=True)
            return done.stdout.endswith(' 200')


if __name__ == '__main__':
    unittest.main(argv=['test_commands'])
