"""The workloads of ../shared/tools/bench, small: every body acknowledged, every known answer right."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from stack import ROOT, Pharos

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
            for flush in ([], ['--flush', '/pharos/api/v1/admin/flush']):  # the second time all of it is a duplicate
                done = subprocess.run([PYTHON, BENCH / 'play.py', folder, url, str(pharos.process.pid), '--conns', '1', '--settle', '0', *flush], capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                figures = json.loads(done.stdout)
                self.assertEqual(figures['bodies_acked'], figures['bodies'])
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
