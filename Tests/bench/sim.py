"""How batchsim bears many rows and many jobs: rows a second, memory, and how long a look at a job takes.

  sim.py           the whole table: a million rows in one job, two hundred jobs at once
  sim.py --check   a small run that fails when memory grows with the rows
"""

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

BATCHSIM = os.environ.get("BATCHSIM", "batchsim")
HEADERS = {
    "Authorization": "Bearer sk_test_bench", "Stripe-Version": "2026-09-30.preview",
    "Content-Type": "application/json"}
BODY = json.dumps({
    "endpoint": {"path": "/v1/customers/:customer", "http_method": "post"}, "skip_validation": False,
    "metadata": {}})


class Simulator:
    """A batchsim that executes rows as fast as it can, and the highest memory it was seen to hold."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.log = open(self.path("log"), "w+")
        self.process = subprocess.Popen(
            [BATCHSIM, "serve", "--listen", "127.0.0.1:0", "--rps", "1000000", "--dir", self.path("state")],
            stdout=self.log, stderr=subprocess.STDOUT)
        try:
            self.address = self.listening()
        except BaseException:
            self.__exit__()
            raise
        self.highest, self.stopped = 0, threading.Event()
        self.watcher = threading.Thread(target=self.watch, daemon=True)
        self.watcher.start()
        return self

    def __exit__(self, *_):
        if hasattr(self, "stopped"):
            self.stopped.set()
            self.watcher.join()
        self.process.terminate()
        self.process.wait(30)
        self.log.close()
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def listening(self):
        while self.process.poll() is None:
            self.log.seek(0)
            found = re.search(r"listening on http://(\S+)", self.log.read())
            if found:
                return found.group(1)
            time.sleep(0.05)
        raise SystemExit(f"batchsim ended with {self.process.returncode}")

    def memory(self):
        """Megabytes of its own: the pages of its files are lent, and go back when the system needs them."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"RssAnon:\s+(\d+)", status.read()).group(1)) / 1024

    def watch(self):
        while not self.stopped.wait(0.1):
            self.highest = max(self.highest, self.memory())

    # Calls

    def send(self, method, path, body=None, headers=HEADERS):
        connection = http.client.HTTPConnection(self.address, timeout=120)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:300]}")
        return text

    def run(self, rows):
        """Creates a job, uploads rows of its own, and returns its id."""
        job = json.loads(self.send("POST", "/v2/core/batch_jobs", BODY))
        url = urlsplit(job["status_details"]["ready_for_upload"]["upload_url"]["url"])
        path = self.path(job["id"])
        with open(path, "w") as file:
            for n in range(rows):
                name = f"{job['id'][-6:]}-{n}"
                file.write(
                    f'{{"id":"r-{name}","path_params":{{"customer":"cus_{name}"}},'
                    f'"params":{{"name":"Ada {n}","metadata":{{"tier":"gold"}}}}}}\n')
        with open(path, "rb") as file:
            self.send(
                "PUT", f"{url.path}?{url.query}", file,
                {"Content-Type": "application/octet-stream", "Content-Length": str(os.path.getsize(path))})
        os.unlink(path)
        return job["id"]

    def look(self, job):
        """The status of a job, and how many milliseconds it took to learn it."""
        begun = time.monotonic()
        status = json.loads(self.send("GET", f"/v2/core/batch_jobs/{job}"))["status"]
        return status, (time.monotonic() - begun) * 1000

    def executed(self):
        """Rows that took effect once, after making sure that none took effect twice."""
        summary = json.loads(self.send("GET", "/_sim/ledger/summary"))
        if summary["rows_executed_more_than_once"] or summary["rows_never_executed"]:
            raise SystemExit(f"rows were not executed once each: {summary}")
        return summary["rows"]

    def listed(self):
        """How many lines the ledger has."""
        connection = http.client.HTTPConnection(self.address, timeout=120)
        connection.request("GET", "/_sim/ledger")
        answer = connection.getresponse()
        count = 0
        while piece := answer.read(1 << 20):
            count += piece.count(b"\n")
        connection.close()
        return count


def measure(jobs, rows):
    """Runs so many jobs of so many rows at once, and returns a line of the table."""
    with Simulator() as simulator:
        empty = simulator.memory()
        with ThreadPoolExecutor(4) as pool:
            begun = time.monotonic()
            open_jobs = list(pool.map(simulator.run, [rows] * jobs))
            uploaded = time.monotonic()
            looks = []
            while open_jobs:
                found = list(pool.map(simulator.look, open_jobs))
                looks += [milliseconds for _, milliseconds in found]
                for job, (status, _) in zip(open_jobs, found):
                    if status not in ("validating", "in_progress", "complete"):
                        raise SystemExit(f"{job} is {status}")
                open_jobs = [job for job, (status, _) in zip(open_jobs, found) if status != "complete"]
                time.sleep(0.01)
            ended = time.monotonic()
        if simulator.executed() != jobs * rows or simulator.listed() != jobs * rows:
            raise SystemExit("the ledger does not have every row once")
        looks.sort()
        return {
            "jobs": jobs, "rows": rows, "upload": uploaded - begun, "seconds": ended - begun,
            "rate": jobs * rows / (ended - begun), "empty": empty, "memory": simulator.highest,
            "p50": looks[len(looks) // 2], "p99": looks[int(len(looks) * 0.99)], "looks": len(looks)}


def show(measurements):
    print("| jobs at once | rows in each | seconds | of these uploading | rows/s | memory | retrieve p50 | p99 |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for m in measurements:
        print(
            f"| {m['jobs']} | {m['rows']:,} | {m['seconds']:.1f} | {m['upload']:.1f} | {m['rate']:,.0f} "
            f"| {m['memory']:.0f} MB | {m['p50']:.1f} ms | {m['p99']:.1f} ms |", flush=True)


def check():
    """Memory may not grow with the rows; how long it takes is not judged.

    The first hundred thousand rows still fill the allocator's own reserves, so counting begins behind them.
    """
    small, large, many = measure(1, 200_000), measure(1, 1_000_000), measure(60, 500)
    show([small, large, many])
    growth = (large["memory"] - small["memory"]) * (1 << 20) / 800_000
    print(f"800,000 rows more take {growth:.0f} bytes of memory each")
    if growth > 20:
        raise SystemExit("FAILED: the memory of batchsim grows with the rows of a job")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--check", action="store_true")
    arguments.add_argument("--rows", type=int, default=1_000_000, help="rows of the large job")
    arguments.add_argument("--jobs", type=int, default=200, help="jobs at once")
    options = arguments.parse_args()
    if options.check:
        return check()
    sizes = [
        (1, options.rows // 10), (1, options.rows), (1, 2 * options.rows),
        (options.jobs, options.rows // options.jobs)]
    show(measure(*size) for size in sizes)


if __name__ == "__main__":
    sys.exit(main())
