"""One batchsim for each class of tests, and the installed Stripe SDK to drive it with.

The simulator runs in real time, sixty times as fast as the wall: five minutes pass in five seconds.
"""

import json
import os
import re
import subprocess
import tempfile
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
import stripe
from stripe._api_version import _ApiVersion

BATCHSIM = os.environ.get("BATCHSIM", "batchsim")
VERSION = _ApiVersion.CURRENT
HAS_MAXIMUM_RPS = VERSION < "2026-06-24"
KEY = "sk_test_sdk"
CUSTOMERS = {"path": "/v1/customers/:customer", "http_method": "post"}
FINAL = {"complete", "canceled", "validation_failed", "batch_failed", "upload_timeout", "timeout"}


def wait(what, fact, seconds=20):
    """Awaits a fact, and returns it as soon as it is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = fact()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s in vain for: {what}")


def row(number, **fields):
    """A line that updates a customer of its own."""
    line = {"id": f"r-{number}", "path_params": {"customer": f"cus_{number}"}, "params": {"name": "Ada"}}
    return json.dumps({**line, **fields})


class Receiver:
    """A webhook endpoint that keeps what it is sent, and answers as it is told."""

    def __init__(self):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.append((body, self.headers["Stripe-Signature"]))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.received, self.answers = [], []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def clear(self):
        self.received.clear()
        self.answers.clear()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class SimulatorTest(unittest.TestCase):
    """A fresh simulator, without faults and without jobs, for the tests of one class."""

    arguments = ()

    @classmethod
    def setUpClass(cls):
        cls.log = tempfile.TemporaryFile(mode="w+")
        cls.process = subprocess.Popen(
            [BATCHSIM, "serve", "--listen", "127.0.0.1:0", "--time-scale", "60", *cls.arguments],
            stdout=cls.log, stderr=subprocess.STDOUT)
        cls.addClassCleanup(cls.stop)
        cls.base = wait("batchsim listens", cls.address)

    @classmethod
    def address(cls):
        cls.log.seek(0)
        found = re.search(r"listening on (http://\S+)", cls.log.read())
        if cls.process.poll() is not None:
            raise AssertionError(f"batchsim ended with {cls.process.returncode}")
        return found and found.group(1)

    @classmethod
    def stop(cls):
        died = cls.process.poll()
        cls.process.terminate()
        status = cls.process.wait(10)
        cls.log.seek(0)
        log = cls.log.read()
        cls.log.close()
        if died is not None or status != 0:
            raise AssertionError(f"batchsim ended by itself or badly, with {status}:\n{log}")

    def setUp(self):
        self.control("DELETE", "faults")
        self.control("POST", "reset")
        self.client = self.connect()

    def connect(self, key=KEY, retries=0, **options):
        return stripe.StripeClient(
            key, base_addresses={"api": self.base}, max_network_retries=retries, **options)

    # Jobs

    def create(self, client=None, options=None, **fields):
        body = {"endpoint": CUSTOMERS, "skip_validation": False, "metadata": {}, **fields}
        return self.jobs(client).create(body, options or {})

    def jobs(self, client=None):
        return (client or self.client).v2.core.batch_jobs

    def upload(self, job, *lines):
        url = job.status_details.ready_for_upload.upload_url.url
        answer = requests.put(
            url, data="".join(line + "\n" for line in lines).encode(),
            headers={"Content-Type": "application/octet-stream"})
        self.assertEqual(answer.status_code, 200, answer.text)

    def finish(self, job):
        """The job once it has ended."""
        def ended():
            now = self.jobs().retrieve(job.id)
            return now if now.status in FINAL else None
        return wait("the job ends", ended)

    def run_job(self, *lines, **fields):
        job = self.create(**fields)
        self.upload(job, *lines)
        return self.finish(job)

    def results(self, job):
        """The lines of the result file, by row id."""
        file = job.status_details[job.status]["output_file"]
        answer = requests.get(file["download_url"]["url"])
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(len(answer.content), file["size"])
        lines = [json.loads(line) for line in answer.text.splitlines()]
        return {line["id"]: line for line in lines}

    # The simulator's own controls

    def control(self, method, path, body=None):
        answer = requests.request(method, f"{self.base}/_sim/{path}", json=body)
        self.assertEqual(answer.status_code, 200, answer.text)
        return answer.json()

    def inject(self, **scenario):
        self.control("POST", "faults", scenario)

    def advance(self, seconds):
        self.control("POST", "clock", {"advance_seconds": seconds})

    def attempts(self, operation):
        return sum(self.control("GET", "requests").get(operation, {}).values())

    # Refusals

    def refusal(self, kind, call):
        """The error of exactly this class that `call` raises."""
        with self.assertRaises(stripe.StripeError) as caught:
            call()
        self.assertIs(type(caught.exception), kind, caught.exception)
        return caught.exception
