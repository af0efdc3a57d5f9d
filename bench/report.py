#!/usr/bin/env python3
"""The usage report beside the script it replaces: 1,000 flows, 1,000,000 log rows, the same server, the same run. Both must give
the same rows; the report must take less than 2 s and a fiftieth of the script's time (median of nine runs; cpu: client and server). usage: report.py [--data DIR] [-o json]"""
import argparse
import datetime
import glob
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

from load import free_port

HERE = os.path.dirname(os.path.abspath(__file__))
BINARY = os.environ.get("BIN") or os.path.join(HERE, "..", "build", "tidemill")
SCRIPT = os.path.join(HERE, "..", "tests", "data", "usage")


def start(data, port):
    server = subprocess.Popen([BINARY, "serve", "--dev", "--data", data, "--listen", f"127.0.0.1:{port}", "--retention-days", "36500",
                               "--log-level", "error"])
    import urllib.request
    for _ in range(600):
        try:
            if urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).status == 200:
                return server
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the server did not start")


def cpu(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def timed(server, command, folder):
    before, own, at = cpu(server.pid), resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, cwd=folder, check=True, stderr=subprocess.DEVNULL)
    seconds, after = time.monotonic() - at, resource.getrusage(resource.RUSAGE_CHILDREN)
    server_cpu = cpu(server.pid) - before + after.ru_utime + after.ru_stime - own.ru_utime - own.ru_stime
    newest = max(glob.glob(os.path.join(folder, "CIAnalysisResults *.CSV")), key=os.path.getmtime)
    with open(newest) as f:
        lines = f.read().splitlines()
    os.unlink(newest)
    return seconds, server_cpu, lines


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", help="a tenant that report usage --sample --data has made")
    options.add_argument("-o", default="text")
    options = options.parse_args()
    folder = tempfile.mkdtemp(prefix="tidemill-report-")
    data = options.data or os.path.join(folder, "data")
    if not options.data:
        subprocess.run([BINARY, "report", "usage", "--sample", "--data", data, "--out", os.devnull], check=True)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump({"oauth": {"url": url, "tokenurl": url + "/oauth/token", "clientid": "dev", "clientsecret": "dev"}}, f)
    shutil.copy(os.path.join(SCRIPT, "script.py"), folder)
    server = start(data, port)
    try:
        # A month whose messages are all there, on the 25th of the month after.
        day = (datetime.date.today().replace(day=1) - datetime.timedelta(days=1)).replace(day=25)
        day = day if day.month > 1 else day.replace(month=12, year=day.year - 1)
        month = (day.replace(day=1) - datetime.timedelta(days=1)).strftime("%Y-%m")
        report = [BINARY, "report", "usage", "--month", month, "--edited", "timestamps"]
        script = [sys.executable, os.path.join(SCRIPT, "today.py"), day.isoformat(), "script.py"]
        first = timed(server, report, folder)
        old = timed(server, script, folder)
        runs = [timed(server, report, folder) for _ in range(9)]
        new = sorted(runs)[4]
        ours = [line for line in new[2] if not line.startswith(";")]  # those only deployed, the script does not see
        same = ours == old[2]
        result = {"month": month, "rows": len(old[2]) - 1, "same": same, "messages": sum(int(x.rsplit(";", 1)[1]) for x in old[2][1:]),
                  "script_s": round(old[0], 3), "script_cpu_s": round(old[1], 2), "report_first_s": round(first[0], 3),
                  "report_s": round(new[0], 3), "report_best_s": round(min(runs)[0], 3),
                  "report_cpu_s": round(sum(r[1] for r in runs) / len(runs), 3), "times": round(old[0] / new[0], 1)}
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder)
    print(json.dumps(result) if options.o == "json" else "\n".join(f"{k:22} {v}" for k, v in result.items()))
    sys.exit(0 if same and new[0] < 2 and old[0] / new[0] >= 50 else 1)


if __name__ == "__main__":
    main()
