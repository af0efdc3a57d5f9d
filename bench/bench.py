#!/usr/bin/env python3
"""The named workloads, each beside nginx's `return 200` in the same run: what counts is CPU time per request as a
ratio to that floor. Answers are checked before anything is timed. usage: bench.py [-o json] [--rounds N] [--only WORD]"""
import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time

import flows
from load import Folder, Nginx, Tidemill, free_port, measure, rss_mb, show

BINARY = os.environ.get("BIN") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "build", "tidemill")
BASIC = 'Authorization: Basic ZGV2OmRldg=='


def lua(folder, name, text):
    path = os.path.join(folder, name + '.lua')
    with open(path, 'w') as f:
        f.write(text)
    return path


def post_script(folder, name, body):
    with open(os.path.join(folder, name + '.body'), 'w') as f:
        f.write(body)
    return lua(folder, name, 'wrk.method = "POST"\nlocal f = io.open("%s", "rb")\nwrk.body = f:read("*a")\n'
               'wrk.headers["Content-Type"] = "application/xml"\nwrk.headers["x"] = "42"\n' % os.path.join(folder, name + '.body'))


def check(condition, what):
    if not condition:
        raise SystemExit('wrong answer: ' + what)


def send(server, path, body):
    return server.call('POST', path, body=body, headers={'Content-Type': 'application/xml', 'x': '42'})


def seed_logs(server, folder, count=10000):
    """Rows of the processing log as messages leave them; returns their ids."""
    from load import wrk
    script = post_script(folder, 'seed', '<x/>')
    while True:
        status, text = server.call('GET', '/api/v1/MessageProcessingLogs/$count')
        if int(text) >= count:
            break
        wrk(server.url + '/http/bench/pass', 64, 1, script, [BASIC])
    ids, path = [], '/api/v1/MessageProcessingLogs?$select=MessageGuid&$format=json'
    while len(ids) < count and path:
        d = json.loads(server.call('GET', path)[1])['d']
        ids += [r['MessageGuid'] for r in d['results']]
        path = d.get('__next')
        path = path[path.index('/api/v1'):] if path else None
    return ids[:count]


def ten_at_once(server, folder, ids):
    """A script that reads ten rows in one batch: a request of it is to be cheaper than ten by key."""
    parts = ''.join('--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n'
                    "GET MessageProcessingLogs('%s')?$format=json HTTP/1.1\r\n\r\n\r\n" % i for i in ids[:10]) + '--b--\r\n'
    form = 'multipart/mixed; boundary=b'
    status, text = server.call('POST', '/api/v1/$batch', body=parts, headers={'Content-Type': form})
    check(status == 202 and text.count('HTTP/1.1 200') == 10, 'batch: %d %s' % (status, text[:200]))
    with open(os.path.join(folder, 'batch.body'), 'w', newline='') as f:
        f.write(parts)
    return lua(folder, 'batch', 'wrk.method = "POST"\nwrk.body = io.open("%s", "rb"):read("*a")\nwrk.headers["Content-Type"] = "%s"\n'
               % (os.path.join(folder, 'batch.body'), form))


def filtered_page(days, status='COMPLETED'):
    since = time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(time.time() - days * 86400))
    return ("/api/v1/MessageProcessingLogs?$filter=Status%%20eq%%20'%s'%%20and%%20LogEnd%%20ge%%20datetime'%s'"
            "&$orderby=LogEnd%%20desc&$top=50&$format=json" % (status, since))


def load_cases(server, floor, folder):
    for ident, zipped in (('bench_pass', flows.pass_through()), ('bench_xslt', flows.router_xslt()), ('bench_split', flows.split_gather())):
        server.deploy(ident, zipped)
    order, orders = flows.order(), flows.orders()
    status, text = send(server, '/http/bench/pass', '<x/>')
    check(status == 200 and text == '<x/>', 'pass-through: %d %s' % (status, text[:200]))
    status, text = send(server, '/http/bench/xslt', order)
    check(status == 200 and '<Id>4711</Id>' in text and text.count('<Line') > 100, 'router and XSLT: %d %s' % (status, text[:200]))
    status, text = send(server, '/http/bench/split', orders)
    check(status == 200 and text.count('<Order>') == 1000, 'split and gather: %d %s' % (status, text[:200]))
    ids = seed_logs(server, folder)
    status, text = server.call('GET', "/api/v1/MessageProcessingLogs('%s')?$format=json" % ids[0])
    check(status == 200 and json.loads(text)['d']['MessageGuid'] == ids[0], 'get by key: %d %s' % (status, text[:200]))
    page = filtered_page(1 / 24)
    status, text = server.call('GET', page)
    check(status == 200 and len(json.loads(text)['d']['results']) == 50, 'filtered page: %d %s' % (status, text[:200]))
    with open(os.path.join(folder, 'ids'), 'w') as f:
        f.write('\n'.join(ids))
    by_key = lua(folder, 'key', 'local ids = {}\nfor l in io.lines("%s") do ids[#ids + 1] = l end\nlocal n = 42\n'
                 'request = function() n = (n * 1103515245 + 12345) %% 2147483648\n'
                 'return wrk.format("GET", "/api/v1/MessageProcessingLogs(\'" .. ids[n %% #ids + 1] .. "\')?$format=json") end\n' % os.path.join(folder, 'ids'))
    bearer = ['Authorization: Bearer ' + server.token]
    ours = lambda name, path, **more: {'name': name, 'process': server, 'url': server.url + path, **more}
    small, big, many = post_script(folder, 'small', flows.order(931)), post_script(folder, 'big', order), post_script(folder, 'many', orders)
    return [{'name': 'floor: nginx return 200', 'process': floor, 'url': floor.url},
            ours('odata get by key, 10,000 rows', '/', script=by_key, headers=bearer),
            ours('odata batch of ten by key', '/api/v1/$batch', script=ten_at_once(server, folder, ids), headers=bearer),
            ours('odata filtered page of 50', page, headers=bearer),
            ours('pass-through, durable log', '/http/bench/pass', script=small, headers=[BASIC]),
            ours('pass-through, durable log', '/http/bench/pass', script=small, headers=[BASIC], connections=256) | {'name': 'pass-through, 256 connections'},
            ours('router, XPath and XSLT, 10 KB', '/http/bench/xslt', script=big, headers=[BASIC], connections=8),
            ours('split 1000 and gather, 69 KB', '/http/bench/split', script=many, headers=[BASIC], connections=4)]


def deploy_cycle(server, count=60):
    times = []
    for n in range(count):
        zipped, start = flows.deploy_cycle(n), time.monotonic()
        server.deploy('bench_cycle_%d' % n, zipped)
        status, _ = send(server, '/http/bench/cycle/%d' % n, '<x/>')
        times.append((time.monotonic() - start) * 1000)
        check(status == 200, 'deployed flow: %d' % status)
    times.sort()
    return {'deploy cycle p50 ms': times[len(times) // 2], 'deploy cycle p99 ms': times[int(len(times) * .99) - 1]}


def cold_start(rounds=10):
    first, rss = [], []
    for _ in range(rounds):
        with Folder() as folder:
            start = time.monotonic()
            server = Tidemill(BINARY, folder)
            server.call('GET', '/api/v1/?$format=json')
            first.append((time.monotonic() - start) * 1000)
            time.sleep(0.2)
            rss.append(rss_mb(server.pid))
            server.stop()
    with Folder() as folder:
        path = os.path.join(folder, 'pass.zip')
        with open(path, 'wb') as f:
            f.write(flows.pass_through())
        runs = []
        for _ in range(rounds):
            start = time.monotonic()
            subprocess.run([BINARY, 'run', path, '--body', '-'], input=b'<x/>', stdout=subprocess.DEVNULL, check=True)
            runs.append((time.monotonic() - start) * 1000)
    return {'first answer after start ms': statistics.median(first), 'RSS idle MB': statistics.median(rss), 'tidemill run, whole process ms': statistics.median(runs)}


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument('--rounds', type=int, default=5)
    ap.add_argument('-o', '--output', choices=['table', 'json'], default='table')
    ap.add_argument('--only', default='')
    a = ap.parse_args()
    with Folder() as folder:
        floor, server = Nginx(folder), Tidemill(BINARY, folder)
        try:
            cases = [c for c in load_cases(server, floor, folder) if a.only in c['name'] or c['name'].startswith('floor')]
            rows = measure(cases, cases[0]['name'], a.rounds)
            single = deploy_cycle(server) if not a.only else {}
        finally:
            server.stop()
            floor.stop()
    if not a.only:
        single.update(cold_start())
    if a.output == 'json':
        print(json.dumps({'load': rows, 'single': single}, indent=1))
        return
    show(rows)
    cpu = {r['name']: r['cpu_us'] for r in rows}
    if 'odata batch of ten by key' in cpu and 'odata get by key, 10,000 rows' in cpu:
        print('a batch of ten takes %.2f of the CPU time of ten requests' % (cpu['odata batch of ten by key'] / 10 / cpu['odata get by key, 10,000 rows']))
    for name, value in single.items():
        print('%-34s %10.2f' % (name, value))


if __name__ == '__main__':
    main()
