"""The workloads of ../shared/tools/bench, small: every body acknowledged, every known answer right."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from stack import ROOT, Pharos, request

BENCH = ROOT.parent / 'shared/tools/bench'
PYTHON = '/usr/bin/python3'  # Debian's, which has python3-snappy


@unittest.skipUnless(BENCH.exists(), f'{BENCH} is not here')
class Workloads(unittest.TestCase):
    def play(self, what, scale, query, prefix):
        folder = tempfile.mkdtemp(prefix='pharos-load-')
        self.addCleanup(shutil.rmtree, folder, True)
        subprocess.run([PYTHON, BENCH / 'gen.py', what, folder, str(scale)], check=True, stdout=subprocess.DEVNULL)
        with Pharos() as pharos:
            url = f'http://127.0.0.1:{pharos.port}'
            done = subprocess.run([PYTHON, BENCH / 'play.py', folder, url, str(pharos.process.pid), '--conns', '1', '--settle', '0'], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            figures = json.loads(done.stdout)
            self.assertEqual(figures['bodies_acked'], figures['bodies'])
            self.ask(query, folder, url, prefix)
            self.assertEqual(request(pharos.port, 'POST', '/pharos/api/v1/admin/flush')[0], 200)
            self.ask(query, folder, url, prefix)  # the same from parts as from memory
            pharos.kill()
            pharos.start()
            self.ask(query, folder, f'http://127.0.0.1:{pharos.port}', prefix)

    def ask(self, query, folder, url, prefix):
        """query.py exits with 1 where an answer is not what the generator knows to be true."""
        done = subprocess.run([PYTHON, BENCH / 'query.py', query, os.path.join(folder, 'meta.json'), url, '--prefix', prefix, '--n', '1'], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_metrics(self):
        self.play('metrics', 0.02, 'promql', '')

    def test_logs(self):
        self.play('logs', 0.02, 'logql', '')

    def test_traces(self):
        self.play('traces', 0.02, 'traces', '/tempo/api/traces/')


if __name__ == '__main__':
    unittest.main(argv=['test_workloads'])
