#!/usr/bin/env python3
"""What the broker pack costs: creates and binds on SQLite, and the status of an instance.

    benches/broker.py [--seconds 5] [--rounds 3]

Ours has changes committed together, or a commit for each. The peer is a broker as its guide has it, in
Flask, that writes one row for a create and one for a bind into SQLite, and does nothing else: ours
commits twice for each, makes a file or a link that is on the disk as well, and encrypts a password. 64
clients wait for their answers; files are kept in a folder under target, so that what is measured is a
disk.
"""

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
from pathlib import Path

import harness

LOGIN = "dHN1cnU6b3BlbiBzZXNhbWUh"  # tsuru:open sesame!
DEFINITION = str(harness.ROOT / "micro" / "broker.micro")
CLIENTS = 64
PEER = """
import sqlite3, sys, threading
from flask import Flask, jsonify, request

app = Flask(__name__)
own = threading.local()

def database():
    if not hasattr(own, "database"):
        own.database = sqlite3.connect(sys.argv[1], timeout=60)
        own.database.execute("PRAGMA synchronous = FULL")
    return own.database

first = database()
first.execute("PRAGMA journal_mode = WAL")
first.execute("CREATE TABLE instance (name TEXT PRIMARY KEY)")
first.execute("CREATE TABLE bind (name TEXT, app TEXT, PRIMARY KEY (name, app))")

@app.before_request
def login():
    login = request.authorization
    if not login or (login.username, login.password) != ("tsuru", "open sesame!"):
        return "", 401

@app.post("/resources")
def create():
    with database() as changes:
        changes.execute("INSERT INTO instance VALUES (?)", [request.form["name"]])
    return "", 201

@app.post("/resources/<name>/bind-app")
def bind(name):
    with database() as changes:
        changes.execute("INSERT INTO bind VALUES (?, ?)", [name, request.form["app-name"]])
    return jsonify(SOMEVAR="somevalue"), 201

@app.get("/resources/<name>/status")
def status(name):
    found = database().execute("SELECT 1 FROM instance WHERE name = ?", [name]).fetchone()
    return "", 204 if found else 404

from werkzeug.serving import WSGIRequestHandler
WSGIRequestHandler.protocol_version = "HTTP/1.1"
app.run("127.0.0.1", int(sys.argv[2]), threaded=True)
"""


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--seconds", type=int, default=5)
    options.add_argument("--rounds", type=int, default=3)
    options = options.parse_args()
    harness.need("wrk", "wrk")
    try:
        import flask  # noqa: F401
    except ImportError:
        sys.exit("flask is needed: apt-get install python3-flask")
    micro = harness.build()
    kinds = {
        "Flask, a commit for each": lambda folder: peer(folder),
        "micro, a commit for each": lambda folder: broker(micro, folder, "1"),
        "micro, committed together": lambda folder: broker(micro, folder, "256"),
    }
    figures = {kind: {"creates": [], "binds": [], "status": []} for kind in kinds}
    target = Path(os.environ.get("CARGO_TARGET_DIR", harness.ROOT / "target"))
    # What is deleted has ext4 search for longer, for what is made within the next seconds.
    with tempfile.TemporaryDirectory(dir=target) as whole:
        for turn in range(options.rounds):
            for number, (kind, start) in enumerate(kinds.items()):
                folder = Path(whole) / f"{turn}-{number}"
                folder.mkdir()
                with start(folder) as server:
                    measure(*server, options.seconds, figures[kind])
    for what in ["creates", "binds", "status"]:
        print(f"\n{what:<28}{'a second':>12}{'ratio':>8}{'CPU us each':>14}{'ratio':>8}")
        base = None
        for kind in kinds:
            runs = figures[kind][what]
            cost = statistics.median(cost for cost, _ in runs)
            rate = statistics.median(rate for _, rate in runs)
            base = base or (rate, cost)
            ratios = rate / base[0], cost / base[1]
            print(f"{kind:<28}{rate:>12.0f}{ratios[0]:>8.2f}{cost:>14.1f}{ratios[1]:>8.3f}")


@contextlib.contextmanager
def broker(micro, folder, group_max):
    """A broker with a plan of SQLite files: its process id and port."""
    port = harness.free_port()
    environment = {
        "BROKER_USERNAME": "tsuru",
        "BROKER_PASSWORD": "open sesame!",
        "BROKER_KEY": "0123456789abcdef" * 4,
        "BROKER_INSTANCES_MAX": "10000000",
        "BROKER_BINDS_MAX": "10000000",
        "BROKER_PLAN_SMALL_FOLDER": str(folder / "data"),
        "SERVER_BROKER_PORT": str(port),
        "DATABASE_BROKER_URL": f"sqlite:{folder / 'broker.db'}",
        "DATABASE_BROKER_GROUP_MAX": group_max,
        "LOG_LEVEL": "error",
    }
    with harness.server([micro, DEFINITION], port, environment) as pid:
        yield pid, port


@contextlib.contextmanager
def peer(folder):
    """The broker in Flask: its process id and port."""
    port = harness.free_port()
    command = [sys.executable, "-c", PEER, str(folder / "peer.db"), str(port)]
    with harness.server(command, port) as pid:
        yield pid, port


def measure(pid, port, seconds, figures):
    """Creates, binds to what was created first, and asks for a status."""
    create = form('"/resources"', '"name=i" .. number')
    figures["creates"].append(harness.drive(pid, port, create, seconds, CLIENTS))
    bind = form('"/resources/i" .. (number % 50 + 10) .. "/bind-app"', '"app-name=a" .. number')
    figures["binds"].append(harness.drive(pid, port, bind, seconds, CLIENTS))
    status = [
        f'local headers = {{["Authorization"] = "Basic {LOGIN}"}}',
        "request = function()",
        '  return wrk.format("GET", "/resources/i10/status", headers)',
        "end",
    ]
    figures["status"].append(harness.drive(pid, port, "\n".join(status), seconds))


def form(path, content):
    return "\n".join([
        f'local headers = {{["Authorization"] = "Basic {LOGIN}"}}',
        'headers["Content-Type"] = "application/x-www-form-urlencoded"',
        "local number = 0",
        "request = function()",
        "  number = number + 1",
        f'  return wrk.format("POST", {path}, headers, {content})',
        "end",
    ])


if __name__ == "__main__":
    main()
