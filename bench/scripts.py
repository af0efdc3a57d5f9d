#!/usr/bin/env python3
"""A warm Groovy step through a whole flow: HTTPS, one script, end. The script reads 9 KB of JSON with JsonSlurper and
writes XML with MarkupBuilder, as most published JSON to XML scripts do. Beside it: the floors (the same flow without
a script, with a script that does nothing) and the script alone, timed inside the host. Calls are sequential over one
kept connection. usage: scripts.py [--calls N] [--warm N] [--pin] [--first] [-- OPTION OF tidemill serve...]"""
import argparse
import base64
import http.client
import json
import os
import statistics
import time

import flows
from load import Folder, Tidemill, tree, cpu_ns

BINARY = os.environ.get("BIN") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "build", "tidemill")

HEAD = '''import com.sap.gateway.ip.core.customdev.util.Message
import groovy.json.JsonSlurper
import groovy.xml.MarkupBuilder
import groovy.xml.StreamingMarkupBuilder
'''
CONTENT = '''{
        list.Order.each { o ->
            %(b)sOrder(id: o.Id) {
                %(b)sCustomer(o.Customer)
                %(b)sDate(o.Date)
                %(b)sItems {
                    o.Items.each { i ->
                        %(b)sItem(number: i.Number) {
                            %(b)sMaterial(i.Material)
                            %(b)sQuantity(i.Quantity)
                            %(b)sPrice(i.Price)
                        }
                    }
                }
            }
        }
    }'''
MARKUP = '''
def convert(String json) {
    def list = new JsonSlurper().parseText(json)
    def writer = new StringWriter()
    def xml = new MarkupBuilder(writer)
    xml.Orders ''' + CONTENT % {'b': ''} + '''
    return writer.toString()
}
'''
STREAMING = '''
def convert(String json) {
    def list = new JsonSlurper().parseText(json)
    def xml = new StreamingMarkupBuilder().bind { mkp -> Orders ''' + CONTENT % {'b': ''} + '''}
    return xml.toString()
}
'''
STEP = '''
def Message processData(Message message) {
    message.setBody(convert(message.getBody(String)))
    message.setHeader('Content-Type', 'application/xml')
    return message
}
'''
NOTHING = '''
def Message processData(Message message) {
    return message
}
'''
# The same work without the way to it: 50 times in the host, the median as the answer.
ALONE = '''
def Message processData(Message message) {
    def json = message.getBody(String)
    def times = []
    50.times {
        long start = System.nanoTime()
        convert(json)
        times << System.nanoTime() - start
    }
    message.setBody(String.valueOf(times.sort()[25] / 1000000.0))
    return message
}
'''


def orders(size=9000):
    """JSON as it comes from other systems: names, numbers and texts, two levels of lists."""
    found, n = [], 0
    while len(json.dumps({'Order': found})) < size - 300:
        found.append({'Id': '47%05d' % n, 'Customer': 'Customer %d' % (n * 7 % 100), 'Date': '2026-01-%02d' % (n % 28 + 1),
                      'Items': [{'Number': k * 10, 'Material': 'MAT-%04d' % (n * 37 + k), 'Quantity': k + 1, 'Price': '%d.50' % (n + k)}
                                for k in range(1, 4)]})
        n += 1
    return json.dumps({'Order': found})


def script_flow(name, text):
    steps = [('callActivity', 'Script', dict(activityType='Script', subActivityType='GroovyScript', script='step.groovy'), '')]
    return flows.bundle('bench_' + name, flows.flow('/bench/' + name, steps), {'src/main/resources/script/step.groovy': HEAD + text})


CASES = [('nothing', 'flow with a script that does nothing', NOTHING, 1), ('markup', 'JSON to XML, MarkupBuilder', MARKUP + STEP, 1),
         ('streaming', 'JSON to XML, StreamingMarkupBuilder', STREAMING + STEP, 1), ('alone', 'MarkupBuilder alone, in the host', MARKUP + ALONE, 50),
         ('alone2', 'StreamingMarkupBuilder alone, in the host', STREAMING + ALONE, 50)]


class Caller:
    def __init__(self, server, body):
        self.connection, self.body = http.client.HTTPConnection('127.0.0.1', server.port, timeout=120), body.encode()
        self.headers = {'Authorization': 'Basic ' + base64.b64encode(b'dev:dev').decode(), 'Content-Type': 'application/json', 'x': '42'}

    def call(self, name):
        start = time.perf_counter()
        self.connection.request('POST', '/http/bench/' + name, self.body, self.headers)
        r = self.connection.getresponse()
        text = r.read().decode()
        took = (time.perf_counter() - start) * 1000
        if r.status != 200:
            raise SystemExit('wrong answer of %s: %d %s' % (name, r.status, text[:300]))
        return took, text


def host_of(server):
    """The script host: the server's child."""
    return next(p for p in tree(server.pid) if 'java' in open('/proc/%d/comm' % p).read())


def row(server, caller, name, title, calls):
    host = host_of(server)
    whole, alone = cpu_ns(server.pid), cpu_ns(host)
    times = sorted(caller.call(name)[0] for _ in range(calls))
    whole, alone = cpu_ns(server.pid) - whole, cpu_ns(host) - alone
    print('%-42s %8.3f %8.3f %8.3f %8.0f %8.0f' % (title, times[0], times[len(times) // 2], times[len(times) * 9 // 10],
                                                  (whole - alone) / 1000 / calls, alone / 1000 / calls))
    return times[len(times) // 2]


def first_message(rounds=5):
    """From the start of the server to the answer of the first script's first message, and of a second flow's."""
    cold, warm = [], []
    for _ in range(rounds):
        with Folder() as folder:
            server = Tidemill(BINARY, folder)
            try:
                caller = Caller(server, orders())
                for found, name in ((cold, 'markup'), (warm, 'streaming')):
                    start = time.perf_counter()
                    server.deploy('bench_' + name, script_flow(name, dict((c[0], c[2]) for c in CASES)[name]))
                    caller.call(name)
                    found.append(time.perf_counter() - start)
            finally:
                server.stop()
    print('deploy and first message: right after start %.2f s, next flow %.2f s (medians of %d)' % (statistics.median(cold), statistics.median(warm), rounds))


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument('--calls', type=int, default=1000)
    ap.add_argument('--warm', type=int, default=5000)
    ap.add_argument('--pin', action='store_true', help='server and host on one core, the client on the other')
    ap.add_argument('--first', action='store_true', help='also the first messages')
    ap.add_argument('rest', nargs='*')
    a = ap.parse_args()
    body = orders()
    with Folder() as folder:
        server = Tidemill(BINARY, folder, *a.rest)
        if not a.pin:
            os.system('taskset -a -p -c 0-%d %d >/dev/null' % (os.cpu_count() - 1, server.pid))
        try:
            server.deploy('bench_pass', flows.pass_through())
            for name, _, text, _ in CASES:
                server.deploy('bench_' + name, script_flow(name, text))
            caller = Caller(server, body)
            for name in 'markup', 'streaming':
                text = caller.call(name)[1]
                if text.count('<Item number=') != body.count('"Number"'):
                    raise SystemExit('wrong answer of %s: %s' % (name, text[:300]))
            for name in 'nothing', 'markup', 'streaming':
                for _ in range(a.warm):
                    caller.call(name)
            print('%d bytes of JSON, %d calls each after %d to warm up; ms, CPU us per call' % (len(body), a.calls, a.warm))
            print('%-42s %8s %8s %8s %8s %8s' % ('', 'min', 'median', 'p90', 'server', 'host'))
            row(server, caller, 'pass', 'flow without a script', a.calls)
            for name, title, _, inside in CASES:
                if inside == 1:
                    row(server, caller, name, title, a.calls)
                    continue
                times = [float(caller.call(name)[1]) for _ in range(10)]
                print('%-42s %8.3f %8.3f' % (title, min(times), statistics.median(times)))
        finally:
            server.stop()
    if a.first:
        first_message()


if __name__ == '__main__':
    main()
