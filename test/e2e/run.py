#!/usr/bin/env python3
"""Runs the end-to-end tests: every test_*.py beside this file, and the seeds' walk.

run.py [--long] [NAME…]: only the named ones. Closes with `N passed, N failed`.
"""
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent


def main():
    long = '--long' in sys.argv
    names = [a for a in sys.argv[1:] if not a.startswith('--')]
    programs = sorted(HERE.glob('test_*.py')) + [HERE / 'seed_walk']
    passed = failed = 0
    for program in programs:
        if names and program.stem not in names:
            continue
        begin = time.time()
        code = subprocess.run([sys.executable, program, *(['--long'] if long else [])], check=False).returncode
        passed, failed = passed + (code == 0), failed + (code != 0)
        print(f'e2e {program.stem}: {"ok" if code == 0 else "FAILED"} in {time.time() - begin:.0f} s', flush=True)
    print(f'{passed} passed, {failed} failed')
    return failed > 0 or passed == 0


sys.exit(main())
