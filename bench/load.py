"""Processes on their own core, load from the other one, and what they cost: CPU time is read from the kernel's
per-thread accounts, so it says the same on a busy machine."""
import base64
import http.client
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

SERVER_CORE, LOAD_CORE = '0', '1' if os.cpu_count() > 1 else '0'


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def seconds(text):
    value, unit = re.match(r'([\d.]+)(us|ms|s|m)', text).groups()
    return float(value) * {'us': 1e-6, 'ms': 1e-3, 's': 1, 'm': 60}[unit]


def tree(pid):
    found, todo = [], [pid]
    while todo:
        p = todo.pop()
        found.append(p)
        try:
            for t in os.listdir('/proc/%d/task' % p):
                todo += [int(c) for c in open('/proc/%d/task/%s/children' % (p, t)).read().split()]
        except OSError:
            pass
    return found


def cpu_ns(pid):
    total = 0
    for p in tree(pid):
        try:
            for t in os.listdir('/proc/%d/task' % p):
                total += int(open('/proc/%d/task/%s/schedstat' % (p, t)).read().split()[0])
        except OSError:
            pass
    return total


def rss_mb(pid):
    total = 0
    for p in tree(pid):
        try:
            total += int(re.search(r'VmRSS:\s+(\d+)', open('/proc/%d/status' % p).read()).group(1))
        except (OSError, AttributeError):
            pass
    return total / 1024


class Process:
    def __init__(self, command, log):
        self.log = open(log, 'wb')
        self.started = time.monotonic()
        self.popen = subprocess.Popen(['taskset', '-c', SERVER_CORE] + command, stdout=self.log, stderr=subprocess.STDOUT)
        self.pid = self.popen.pid

    def wait_port(self, port):
        while True:
            if self.popen.poll() is not None:
                raise SystemExit('it did not start: ' + open(self.log.name).read()[-2000:])
            try:
                socket.create_connection(('127.0.0.1', port), 0.2).close()
                return
            except OSError:
                time.sleep(0.001)

    def stop(self):
        self.popen.terminate()
        try:
            self.popen.wait(20)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        self.log.close()


class Nginx(Process):
    """The floor: one worker that answers 200 with two bytes. A second port answers after a while."""
    def __init__(self, folder):
        self.port = free_port()
        conf = os.path.join(folder, 'nginx.conf')
        with open(conf, 'w') as f:
            f.write('worker_processes 1; daemon off; pid %s/nginx.pid; error_log %s/error.log;\n'
                    'events { worker_connections 4096; }\n'
                    'http { access_log off; keepalive_requests 1000000; client_body_temp_path %s/b; proxy_temp_path %s/p;\n'
                    'fastcgi_temp_path %s/f; uwsgi_temp_path %s/u; scgi_temp_path %s/s;\n'
                    'server { listen 127.0.0.1:%d; location / { return 200 "ok"; } } }\n' % ((folder,) * 7 + (self.port,)))
        super().__init__(['nginx', '-c', conf, '-p', folder], os.path.join(folder, 'nginx.log'))
        self.wait_port(self.port)
        self.url = 'http://127.0.0.1:%d' % self.port


class Tidemill(Process):
    def __init__(self, binary, folder, *extra):
        self.port = free_port()
        super().__init__([binary, 'serve', '--dev', '--data', os.path.join(folder, 'data'), '--listen', '127.0.0.1:%d' % self.port,
                          '--log-level', 'warn', *extra], os.path.join(folder, 'tidemill.log'))
        self.wait_port(self.port)
        self.url = 'http://127.0.0.1:%d' % self.port
        self.token = None

    def call(self, method, path, obj=None, body=None, headers=None):
        if not hasattr(self, 'connection'):
            self.connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=120)
        if not self.token:
            self.token = 'none'
            status, answer = self.call('POST', '/oauth/token', body='grant_type=client_credentials&client_id=dev&client_secret=dev',
                                       headers={'Content-Type': 'application/x-www-form-urlencoded'})
            self.token = json.loads(answer)['access_token']
        h = {'Accept': 'application/json', **(headers or {})}
        if self.token != 'none':
            h['Authorization'] = 'Bearer ' + self.token
        if obj is not None:
            body, h['Content-Type'] = json.dumps(obj), 'application/json'
        try:
            self.connection.request(method, path, body, h)
            r = self.connection.getresponse()
        except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):  # idle for too long
            self.connection.close()
            self.connection.request(method, path, body, h)
            r = self.connection.getresponse()
        return r.status, r.read().decode('utf8', 'replace')

    def deploy(self, ident, zipped):
        self.call('POST', '/api/v1/IntegrationPackages', {'Id': 'bench', 'Name': 'bench', 'ShortText': 'bench'})
        status, text = self.call('POST', '/api/v1/IntegrationDesigntimeArtifacts',
                                 {'Name': ident, 'Id': ident, 'PackageId': 'bench', 'ArtifactContent': base64.b64encode(zipped).decode()})
        if status != 201:
            raise SystemExit('upload of %s: %d %s' % (ident, status, text))
        status, text = self.call('POST', "/api/v1/DeployIntegrationDesigntimeArtifact?Id='%s'&Version='active'" % ident)
        if status != 202:
            raise SystemExit('deployment of %s: %d %s' % (ident, status, text))
        while True:
            status, text = self.call('GET', "/api/v1/IntegrationRuntimeArtifacts('%s')" % ident)
            state = json.loads(text)['d']['Status'] if status == 200 else ''
            if state == 'STARTED':
                return
            if state == 'ERROR':
                raise SystemExit('%s: %s' % (ident, self.call('GET', "/api/v1/IntegrationRuntimeArtifacts('%s')/ErrorInformation/$value" % ident)[1]))
            time.sleep(0.001)


def wrk(url, connections=32, duration=3, script=None, headers=()):
    command = ['taskset', '-c', LOAD_CORE, 'wrk', '-t', '1', '-c', str(connections), '-d', '%ds' % duration, '--latency', '--timeout', '20s']
    for h in headers:
        command += ['-H', h]
    if script:
        command += ['-s', script]
    text = subprocess.run(command + [url], capture_output=True, text=True).stdout
    found = lambda pattern, default='0': (re.search(pattern, text) or [None, default])[1]
    return {'rate': float(found(r'Requests/sec:\s+([\d.]+)')), 'requests': int(found(r'(\d+) requests in')),
            'p50': seconds(found(r'\n\s+50%\s+(\S+)', '0s')), 'p99': seconds(found(r'\n\s+99%\s+(\S+)', '0s')),
            'bad': int(found(r'Non-2xx or 3xx responses: (\d+)')), 'errors': found(r'(Socket errors:.*)', '')}


def measure(cases, floor, rounds):
    """cases: dicts of name, process, and what wrk takes. Interleaved; medians; ratios to the floor of the same round."""
    results = {c['name']: [] for c in cases}
    for n in range(rounds):
        for c in cases:
            before = cpu_ns(c['process'].pid)
            r = wrk(c['url'], c.get('connections', 32), c.get('duration', 2), c.get('script'), c.get('headers', ()))
            r['cpu_us'] = (cpu_ns(c['process'].pid) - before) / 1000 / max(1, r['requests'])
            r['rss'] = rss_mb(c['process'].pid)
            results[c['name']].append(r)
    rows = []
    for c in cases:
        rs, fs = results[c['name']], results[floor]
        med = lambda key: statistics.median(r[key] for r in rs)
        rows.append({'name': c['name'], 'connections': c.get('connections', 32), 'cpu_us': med('cpu_us'),
                     'cpu_ratio': statistics.median(r['cpu_us'] / f['cpu_us'] for r, f in zip(rs, fs)), 'rate': med('rate'),
                     'rate_ratio': statistics.median(r['rate'] / f['rate'] for r, f in zip(rs, fs)), 'p50_ms': med('p50') * 1000,
                     'p99_ms': med('p99') * 1000, 'rss_mb': med('rss'), 'bad': sum(r['bad'] for r in rs), 'errors': [r['errors'] for r in rs if r['errors']]})
    return rows


def show(rows):
    print('%-34s %4s %10s %9s %10s %9s %9s %9s %8s %s' % ('workload', 'conn', 'CPU us/req', 'x floor', 'req/s', 'of floor', 'p50 ms', 'p99 ms', 'RSS MB', ''))
    for r in rows:
        print('%-34s %4d %10.1f %9.2f %10.0f %9.3f %9.3f %9.3f %8.1f %s' % (r['name'], r['connections'], r['cpu_us'], r['cpu_ratio'], r['rate'], r['rate_ratio'],
              r['p50_ms'], r['p99_ms'], r['rss_mb'], ('%d BAD ANSWERS ' % r['bad'] if r['bad'] else '') + ' '.join(r['errors'][:1])))


class Folder:
    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix='tidemill-bench-')
        return self.path

    def __exit__(self, *x):
        shutil.rmtree(self.path, ignore_errors=True)
