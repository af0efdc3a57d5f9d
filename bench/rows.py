#!/usr/bin/env python3
"""The filtered page of 50 from 10,000 rows and from many, beside the floor, in the same run: the many may cost 1.5 times the CPU.
The rows are those of the usage report's sample. Ten million take 4 GB in $TMPDIR and some minutes to make.
usage: rows.py [--rows N] [--rounds N] [--data DIR: made by report usage --sample --data, kept]"""
import argparse
import json
import os
import subprocess
import sys

from bench import BINARY, check, filtered_page
from load import Folder, Nginx, Tidemill, measure, show

FEW, FLOOR = 10000, 'floor: nginx return 200'


class Rows:
    """A server of its own on a sample of so many rows."""
    def __init__(self, folder, rows, data=None):
        self.name, self.folder = '{:,} rows'.format(rows), os.path.join(folder, str(rows))
        os.makedirs(self.folder)
        if data:
            os.symlink(os.path.abspath(data), os.path.join(self.folder, 'data'))
        else:
            subprocess.run([BINARY, 'report', 'usage', '--sample', '--sample-rows', str(rows), '--data', os.path.join(self.folder, 'data'),
                            '--out', os.devnull], stderr=subprocess.DEVNULL, check=True)
        self.server = Tidemill(BINARY, self.folder, '--retention-days', '36500')

    def cases(self):
        for what, status, days, at_least in (('page', 'COMPLETED', 30, 50), ('page of few', 'FAILED', 30, 1), ('page of none', 'ESCALATED', 30, 0)):
            path = filtered_page(days, status)
            code, text = self.server.call('GET', path)
            check(code == 200 and len(json.loads(text)['d']['results']) >= at_least, '%s, %s: %d %s' % (what, self.name, code, text[:200]))
            yield {'name': '%s, %s' % (what, self.name), 'process': self.server, 'url': self.server.url + path,
                   'headers': ['Authorization: Bearer ' + self.server.token]}


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument('--rows', type=int, default=10000000)
    ap.add_argument('--rounds', type=int, default=5)
    ap.add_argument('--data')
    a = ap.parse_args()
    with Folder() as folder:
        few, many = Rows(folder, FEW), Rows(folder, a.rows, a.data)
        floor = Nginx(folder)
        try:
            cases = [{'name': FLOOR, 'process': floor, 'url': floor.url}] + list(few.cases()) + list(many.cases())
            rows = measure(cases, FLOOR, a.rounds)
        finally:
            few.server.stop()
            many.server.stop()
            floor.stop()
    show(rows)
    floors = {r['name']: r['cpu_ratio'] for r in rows}  # of the same round: steadier than the times
    few, many = floors['page, ' + few.name], floors['page, ' + many.name]
    print('the page takes %.1f times the CPU of the floor, %.2f times as much from the many rows' % (few, many / few))
    sys.exit(few > 25 or many / few > 1.5)


if __name__ == '__main__':
    main()
