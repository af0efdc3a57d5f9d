#!/usr/bin/env python3
"""Tidemill beside SAP CAP: get by key and filtered page of 10,000 rows, same core, same load, interleaved. The ratio is
CAP's CPU time per request by ours. usage: side_by_side.py CAP-FOLDER [--rounds N]; see run."""
import argparse
import json
import os
import sys
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import bench
from load import Folder, Nginx, Process, Tidemill, free_port, measure, show

ROWS = '/odata/v2/api/MessageProcessingLogs'
GUID = 'AG%026d'
PAGE = ROWS + '?' + urllib.parse.urlencode({'$filter': "Status eq 'COMPLETED' and LogEnd ge datetimeoffset'2026-10-31T00:00:00Z'", '$orderby': 'LogEnd desc',
                                            '$top': '50', '$format': 'json'}, quote_via=urllib.parse.quote, safe="$'")


class Cap(Process):
    def __init__(self, folder, log):
        port = free_port()
        os.environ.update(PORT=str(port), NODE_ENV='production', HOST='127.0.0.1')
        super().__init__(['sh', '-c', 'cd "$0" && exec node node_modules/@sap/cds/bin/serve.js', folder], log)
        self.wait_port(port)
        self.url = 'http://127.0.0.1:%d' % port

    def get(self, path):
        with urllib.request.urlopen(self.url + path) as answer:
            return json.load(answer)['d']


def cap_cases(cap, folder):
    bench.check(cap.get(ROWS + "('%s')?$format=json" % (GUID % 42))['MessageGuid'] == GUID % 42, 'CAP, get by key')
    bench.check(len(cap.get(PAGE)['results']) == 50, 'CAP, filtered page')
    by_key = bench.lua(folder, 'cap', 'local n = 42\nrequest = function() n = (n * 1103515245 + 12345) % 2147483648\n'
                       'return wrk.format("GET", string.format("' + ROWS + "('" + GUID + "')?$format=json" + '", n % 10000)) end\n')
    return [{'name': 'CAP get by key', 'process': cap, 'url': cap.url, 'script': by_key}, {'name': 'CAP filtered page of 50', 'process': cap, 'url': cap.url + PAGE}]


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument('cap')
    ap.add_argument('--rounds', type=int, default=3)
    a = ap.parse_args()
    with Folder() as folder:
        running = [Nginx(folder)]
        try:
            running += [Tidemill(bench.BINARY, folder), Cap(a.cap, os.path.join(folder, 'cap.log'))]
            floor, server, cap = running
            ours = [c for c in bench.load_cases(server, floor, folder) if c['name'].startswith(('floor', 'odata get', 'odata filtered'))]
            rows = measure(ours + cap_cases(cap, folder), ours[0]['name'], a.rounds)
        finally:
            for p in running:
                p.stop()
    show(rows)
    by = {r['name'].split(',')[0]: r for r in rows}
    for what in ('get by key', 'filtered page of 50'):
        mine, theirs = by['odata ' + what], by['CAP ' + what]
        print('%-34s CAP takes %.1f x the CPU time, Tidemill answers %.1f x the requests' % (what, theirs['cpu_us'] / mine['cpu_us'], mine['rate'] / theirs['rate']))


if __name__ == '__main__':
    main()
