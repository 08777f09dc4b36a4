"""What one writes without batchd: the official SDK, sqlite3, and a loop. The benchmark's peer.

It is written as well as such a script usually is: constant memory, statements run many at a time where the library
has a call for it, a durable commit every 10,000 rows, and each row settled by an UPDATE by its id.

usual.py ROWS.jsonl DATABASE API_BASE
"""

import hashlib
import json
import os
import re
import sqlite3
import sys
import time

import requests
import stripe

ROWS_A_COMMIT = 10_000
ROWS_A_JOB = 691_200
VALID_ID = re.compile(r"[A-Za-z0-9_-]{1,255}").fullmatch
QUEUED, IN_FLIGHT, SUCCEEDED, FAILED = range(4)


def open_database(path):
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(
        """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA cache_size = -65536;
        CREATE TABLE row (
          number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, state INTEGER NOT NULL, attempts INTEGER NOT NULL,
          status INTEGER, error TEXT, payload TEXT NOT NULL
        );
        """
    )
    return db


def chunks(lines):
    chunk = []
    for line in lines:
        chunk.append(line)
        if len(chunk) == ROWS_A_COMMIT:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def ingest(db, path):
    """Checks and stores every row."""

    def check(line):
        row = json.loads(line)
        if not VALID_ID(row["id"]) or not isinstance(row["path_params"]["customer"], str):
            raise ValueError("not a good row")
        return row["id"], line

    with open(path, encoding="utf-8") as file:
        for chunk in chunks(file):
            db.execute("BEGIN")
            db.executemany(
                "INSERT INTO row (id, state, attempts, payload) VALUES (?, 0, 0, ?)", (check(line) for line in chunk))
            db.execute("COMMIT")


def stage(db, path):
    """Writes the input file of the next job; returns how many rows are in it."""
    last = db.execute(
        "SELECT max(number) FROM (SELECT number FROM row WHERE state = ? ORDER BY number LIMIT ?)",
        (QUEUED, ROWS_A_JOB)).fetchone()[0]
    if last is None:
        return 0
    digest = hashlib.sha256()
    with open(path, "wb") as file:
        for payload, in db.execute(
                "SELECT payload FROM row WHERE state = ? AND number <= ? ORDER BY number", (QUEUED, last)):
            line = payload.encode()
            digest.update(line)
            file.write(line)
        file.flush()
        os.fsync(file.fileno())
    return db.execute(
        "UPDATE row SET state = ? WHERE state = ? AND number <= ?", (IN_FLIGHT, QUEUED, last)).rowcount


def run_job(client, path, results):
    """Sends a file, waits until its job has ended, and fetches the results."""
    job = client.v2.core.batch_jobs.create({
        "endpoint": {"path": "/v1/customers/:customer", "http_method": "post"},
        "skip_validation": False, "metadata": {}})
    with open(path, "rb") as file:
        requests.put(
            job.status_details.ready_for_upload.upload_url.url, data=file,
            headers={"Content-Type": "application/octet-stream"}).raise_for_status()
    while job.status != "complete":
        time.sleep(0.2)
        job = client.v2.core.batch_jobs.retrieve(job.id)
        if job.status not in ("validating", "in_progress", "ready_for_upload", "complete"):
            raise RuntimeError(f"the job ended as {job.status}")
    with requests.get(job.status_details.complete.output_file.download_url.url, stream=True) as answer:
        answer.raise_for_status()
        with open(results, "wb") as file:
            for piece in answer.iter_content(1 << 20):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())


def settle(db, path):
    """Gives every row of the results its state."""
    with open(path, encoding="utf-8") as file:
        for chunk in chunks(file):
            db.execute("BEGIN")
            for line in chunk:
                result = json.loads(line)
                status = result["status"]
                error = None if status == 200 else json.dumps(result["response"].get("error"))
                state = SUCCEEDED if status == 200 else QUEUED if status in (409, 429) else FAILED
                db.execute(
                    "UPDATE row SET state = ?, attempts = attempts + 1, status = ?, error = ? WHERE id = ?",
                    (state, status, error, result["id"]))
            db.execute("COMMIT")


def main(rows, database, api_base):
    db = open_database(database)
    client = stripe.StripeClient("sk_test_usual", base_addresses={"api": api_base})
    folder = os.path.dirname(database)
    input_path, results = os.path.join(folder, "input.jsonl"), os.path.join(folder, "results.jsonl")
    ingest(db, rows)
    while stage(db, input_path):
        run_job(client, input_path, results)
        settle(db, results)
    print(dict(db.execute("SELECT state, count(*) FROM row GROUP BY state")))


main(*sys.argv[1:])
