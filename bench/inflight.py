#!/usr/bin/env python3
"""Ten thousand messages at once against a receiver that answers five seconds after the last of them has come: all must
complete, on two worker threads. usage: inflight.py [COUNT [SECONDS]]"""
import asyncio
import functools
import os
import resource
import sys
import time

import flows
from load import Folder, Tidemill, free_port, rss_mb

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
PATIENCE = 30  # seconds for the last message to come; the flow waits 60 for its answer
DELAY = float(sys.argv[2]) if len(sys.argv) > 2 else 5
BINARY = os.environ.get("BIN") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "build", "tidemill")


class Parked:
    """The messages at the receiver; none is answered before all are there, however slow the machine is."""
    now = most = 0
    all_here = asyncio.Event()

    @classmethod
    async def wait(cls, count):
        cls.now += 1
        cls.most = max(cls.most, cls.now)
        if cls.now == count:
            cls.all_here.set()
        try:
            await asyncio.wait_for(cls.all_here.wait(), PATIENCE)
        except asyncio.TimeoutError:
            pass  # one got lost: the count of those that completed will say so
        await asyncio.sleep(DELAY)
        cls.now -= 1


async def receiver(count, reader, writer):
    try:
        while True:
            head = await reader.readuntil(b'\r\n\r\n')
            length = [int(l.split(b':')[1]) for l in head.split(b'\r\n') if l.lower().startswith(b'content-length:')]
            if length:
                await reader.readexactly(length[0])
            await Parked.wait(count)
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone')
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def message(port, results):
    try:
        reader, writer = await asyncio.open_connection('127.0.0.1', port)
        writer.write(b'POST /http/bench/call HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ZGV2OmRldg==\r\nContent-Type: text/plain\r\n'
                     b'Content-Length: 5\r\nConnection: close\r\n\r\nhello')
        answer = await reader.read()
        results.append(answer.startswith(b'HTTP/1.1 200') and answer.endswith(b'done') or answer[:12] + answer[-200:])
        writer.close()
    except OSError as e:
        results.append(repr(e))


async def main():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = COUNT if hard == resource.RLIM_INFINITY else min(COUNT, (hard - 200) // 2)
    if count < COUNT:  # two descriptors a message, here and in the server
        print('only %d messages: this machine allows a process %d open files' % (count, hard))
    port = free_port()
    backend = await asyncio.start_server(functools.partial(receiver, count), '127.0.0.1', port, backlog=20000)
    with Folder() as folder:
        server = Tidemill(BINARY, folder, '--workers', '2')
        try:
            await asyncio.to_thread(server.deploy, 'bench_call', flows.call_receiver('http://127.0.0.1:%d/slow' % port))
            results, peak, start = [], 0, time.monotonic()
            tasks = []
            for n in range(count):
                tasks.append(asyncio.create_task(message(server.port, results)))
                if n % 200 == 199:
                    await asyncio.sleep(0.01)
            while len(results) < count and time.monotonic() - start < PATIENCE + DELAY + 60:
                peak = max(peak, rss_mb(server.pid))
                await asyncio.sleep(0.1)
            good = sum(r is True for r in results)
            print('%d of %d messages completed in %.1f s, %d of them in flight at once; peak RSS %.0f MB'
                  % (good, count, time.monotonic() - start, Parked.most, peak))
            for r in list({str(r) for r in results if r is not True})[:5]:
                print('  failed: ' + r)
        finally:
            asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # the receiver's connections end with the server
            server.stop()
            backend.close()
    return good == count

if __name__ == '__main__':
    sys.exit(0 if asyncio.run(main()) else 1)
