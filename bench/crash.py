#!/usr/bin/env python3
"""Kills the server with SIGKILL at random moments under load. Every message that got an answer must have its log, and
the store must open by itself. usage: crash.py [TIMES]"""
import http.client
import json
import os
import random
import sys
import threading
import time

import flows
from load import Folder, Tidemill

BINARY = os.environ.get('BIN') or os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'build', 'tidemill')
CLIENTS = 8


def client(port, answered, stop):
    """Sends messages until the server is gone; keeps the ids of those that were answered."""
    try:
        c = http.client.HTTPConnection('127.0.0.1', port, timeout=5)
        while not stop.is_set():
            c.request('POST', '/http/bench/pass', b'<x/>', {'Authorization': 'Basic ZGV2OmRldg==', 'Content-Type': 'text/xml'})
            r = c.getresponse()
            if r.read() == b'<x/>' and r.status == 200:
                answered.append(r.getheader('SAP_MessageProcessingLogID'))
    except (OSError, http.client.HTTPException):
        pass


def logged(server, ids):
    """How many of the ids have a COMPLETED log."""
    missing = []
    for i in ids:
        status, text = server.call('GET', "/api/v1/MessageProcessingLogs('%s')?$format=json" % i)
        if status != 200 or json.loads(text)['d']['Status'] != 'COMPLETED':
            missing.append(i)
    return missing


def run(times, folder):
    server, total, lost, opened = Tidemill(BINARY, folder), 0, [], []
    server.deploy('bench_pass', flows.pass_through())
    for n in range(times):
        answered, stop = [], threading.Event()
        threads = [threading.Thread(target=client, args=(server.port, answered, stop)) for _ in range(CLIENTS)]
        for t in threads:
            t.start()
        time.sleep(random.uniform(0.02, 0.3))
        server.popen.kill()
        server.popen.wait()
        stop.set()
        for t in threads:
            t.join()
        start = time.monotonic()
        server = Tidemill(BINARY, folder)
        opened.append(time.monotonic() - start)
        while server.call('POST', '/http/bench/pass', body='<x/>')[0] != 200 and time.monotonic() - start < 10:
            time.sleep(0.005)
        total += len(answered)
        lost += logged(server, answered)
    server.stop()
    return total, lost, max(opened)


def main():
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with Folder() as folder:
        total, lost, slowest = run(times, folder)
    print('%d kills, %d answered messages, %d without a log; slowest restart %.0f ms' % (times, total, len(lost), slowest * 1000))
    return 1 if lost or not total else 0


if __name__ == '__main__':
    sys.exit(main())
