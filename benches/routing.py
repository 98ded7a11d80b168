#!/usr/bin/env python3
"""What the routing pack costs: durable writes, reads and pages among many mappings, filling Redis.

    benches/routing.py [--mappings 1000000] [--seconds 5] [--rounds 3] [writes] [live] [reads] [fill]

Writes: 64 clients that each wait for the answer, with changes committed together and with a commit
for each. Live: from a change to an answer that says that Redis has it, too. Reads: a mapping and a page, of 1,000 mappings and of very many. Fill: an empty Redis gets
all mappings, by micro and by `redis-cli --pipe`. Files are kept in a folder under target, so that
what is measured is a disk.
"""

import argparse
import contextlib
import http.client
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import harness

TOKEN = "0123456789abcdef0123456789abcdef"
DEFINITION = str(harness.ROOT / "micro" / "routing.micro")
IMPORT_LINES = 50_000
TENANT = "bench"
CLIENTS = 64
SMALL = 1000


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--mappings", type=int, default=1_000_000)
    options.add_argument("--seconds", type=int, default=5)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("parts", nargs="*", default=["writes", "live", "reads", "fill"])
    options = options.parse_args()
    harness.need("wrk", "wrk")
    harness.need("redis-server", "redis-server")
    harness.need("redis-cli", "redis-tools")
    micro = harness.build()
    target = Path(os.environ.get("CARGO_TARGET_DIR", harness.ROOT / "target"))
    with tempfile.TemporaryDirectory(dir=target) as folder:
        folder = Path(folder)
        if "writes" in options.parts:
            writes(micro, folder, options)
        if "live" in options.parts:
            live(micro, folder, options)
        if "reads" in options.parts or "fill" in options.parts:
            make(micro, folder / "many.db", options.mappings)
        if "reads" in options.parts:
            reads(micro, folder, options)
        if "fill" in options.parts:
            fill(micro, folder, options)


@contextlib.contextmanager
def routing(micro, database, **settings):
    """A routing service on a file of SQLite: its process id and port."""
    port = harness.free_port()
    environment = {
        "ROUTING_ADMIN_TOKEN": TOKEN,
        "SERVER_ROUTING_PORT": str(port),
        "SERVER_ROUTING_HTTP_MAX_CONTENT_LENGTH": "64MiB",
        "DATABASE_ROUTING_URL": f"sqlite:{database}",
        "ROUTING_MAPPINGS_MAX": "10000000",
        "LOG_LEVEL": "warn",
        **settings,
    }
    with harness.server([micro, DEFINITION], port, environment) as pid:
        yield pid, port


def ask(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request(method, path, body, {"X-Auth-Token": TOKEN})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if answer.status >= 300:
        raise SystemExit(f"{method} {path}: {answer.status} {content[:200]}")
    return json.loads(content)


def domain(number):
    return f"site-{number}.example.org"


def backends(number):
    return [f"http://10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}:8080"]


def make(micro, database, count):
    """Makes a database with so many mappings."""
    begin = time.monotonic()
    with routing(micro, database) as (_, port):
        for first in range(0, count, IMPORT_LINES):
            numbers = range(first, min(first + IMPORT_LINES, count))
            lines = (
                json.dumps({"tenant": TENANT, "domain": domain(n), "backends": backends(n)})
                for n in numbers
            )
            ask(port, "POST", "/v1/import", "\n".join(lines))
    print(f"{count} mappings imported in {time.monotonic() - begin:.1f} s")


def script(lines):
    return "\n".join([f'local headers = {{["X-Auth-Token"] = "{TOKEN}"}}', *lines])


def writes(micro, folder, options):
    """Durable writes, with changes committed together and with a commit for each."""
    print(f"\ndurable writes, {CLIENTS} clients   writes a second   CPU us a write")
    kinds = {"a commit for each": "1", "committed together": "256"}
    figures = {kind: [] for kind in kinds}
    for turn in range(options.rounds):
        for kind, group_max in kinds.items():
            database = folder / f"writes-{turn}-{group_max}.db"
            with routing(micro, database, DATABASE_ROUTING_GROUP_MAX=group_max) as (pid, port):
                send = script([
                    "local number = 0",
                    "request = function()",
                    "  number = number + 1",
                    '  local body = string.format(\'{"domain":"d%d.example.org",'
                    '"backends":["http://10.0.0.1:8080"]}\', number)',
                    f'  return wrk.format("PUT", "/v1/{TENANT}/mapping", headers, body)',
                    "end",
                ])
                figures[kind].append(harness.drive(pid, port, send, options.seconds, CLIENTS))
    rates = {}
    for kind, runs in figures.items():
        rates[kind] = statistics.median(rate for _, rate in runs)
        cost = statistics.median(cost for cost, _ in runs)
        print(f"{kind:<28}{rates[kind]:>18.0f}{cost:>17.1f}")
    ratio = rates["committed together"] / rates["a commit for each"]
    print(f"{'ratio':<28}{ratio:>18.2f}")


def live(micro, folder, options):
    """How long one client waits for one change after another to be on the disk, and in Redis."""
    times = {"committed": [], "live": []}
    with redis(folder) as port, routing(
        micro, folder / "live.db", ROUTING_REDIS_URL=f"redis://127.0.0.1:{port}"
    ) as (_, api):
        connection = http.client.HTTPConnection("127.0.0.1", api, timeout=60)
        for number in range(1000 * options.rounds):
            kind, query = (("live", "?wait=live"), ("committed", ""))[number % 2]
            body = json.dumps({"domain": domain(number), "backends": backends(number)})
            begin = time.monotonic()
            connection.request(
                "PUT", f"/v1/{TENANT}/mapping{query}", body, {"X-Auth-Token": TOKEN}
            )
            answer = connection.getresponse()
            answer.read()
            times[kind].append(time.monotonic() - begin)
            if answer.status != 201:
                raise SystemExit(f"a change was answered {answer.status}")
    print("\none client, ms a change         median       99 %")
    for kind, runs in times.items():
        middle, late = statistics.median(runs), statistics.quantiles(runs, n=100)[98]
        print(f"{kind:<28}{middle * 1000:>10.2f}{late * 1000:>11.2f}")


def reads(micro, folder, options):
    """A mapping, and pages, of few and of many."""
    make(micro, folder / "few.db", SMALL)
    far = options.mappings // 2 // 50 * 50 - 50
    cases = [
        (f"a mapping of {SMALL}", "few.db", mapping_of(SMALL)),
        (f"a mapping of {options.mappings}", "many.db", mapping_of(options.mappings)),
        ("page 1", "many.db", page(0)),
        (f"page {far // 50 + 1}", "many.db", page(far)),
    ]
    figures = {name: [] for name, _, _ in cases}
    for _ in range(options.rounds):
        for name, database, send in cases:
            with routing(micro, folder / database) as (pid, port):
                # What is first read of a file is not what a read costs.
                harness.drive(pid, port, send, 2)
                figures[name].append(harness.drive(pid, port, send, options.seconds)[0])
    print(f"\n{'CPU us a request':<28}{'':>12}{'ratio':>10}")
    medians = {name: statistics.median(runs) for name, runs in figures.items()}
    for (base, _, _), (other, _, _) in (cases[0:2], cases[2:4]):
        print(f"{base:<28}{medians[base]:>12.1f}")
        print(f"{other:<28}{medians[other]:>12.1f}{medians[other] / medians[base]:>10.2f}")


def mapping_of(count):
    return script([
        "request = function()",
        f"  local number = math.random(0, {count - 1})",
        f'  local path = string.format("/v1/{TENANT}/mapping/site-%d.example.org", number)',
        '  return wrk.format("GET", path, headers)',
        "end",
    ])


def page(offset):
    path = f"/v1/{TENANT}/mapping?offset={offset}"
    return script(["request = function()", f'  return wrk.format("GET", "{path}", headers)', "end"])


def fill(micro, folder, options):
    """An empty Redis gets everything."""
    commands = folder / "commands"
    with commands.open("wb") as file:
        for number in range(options.mappings):
            words = ["SADD", f"frontend:{domain(number)}", *backends(number)]
            coded = (f"${len(word)}\r\n{word}\r\n" for word in words)
            file.write(f"*{len(words)}\r\n{''.join(coded)}".encode())
    figures = {"redis-cli --pipe": [], "micro": []}
    for _ in range(options.rounds):
        with redis(folder) as port, commands.open("rb") as file:
            begin = time.monotonic()
            command = ["redis-cli", "-p", str(port), "--pipe"]
            subprocess.run(command, stdin=file, check=True, stdout=subprocess.DEVNULL)
            figures["redis-cli --pipe"].append(time.monotonic() - begin)
        with redis(folder) as port:
            begin = time.monotonic()
            with routing(
                micro, folder / "many.db", ROUTING_REDIS_URL=f"redis://127.0.0.1:{port}"
            ) as (_, api):
                # All mappings, and the mark.
                while size(port) < options.mappings:
                    time.sleep(0.01)
                figures["micro"].append(time.monotonic() - begin)
                wait_for_sweep(api)
    print(f"\n{options.mappings} mappings into an empty Redis")
    base = statistics.median(figures["redis-cli --pipe"])
    for kind, runs in figures.items():
        median = statistics.median(runs)
        print(f"{kind:<28}{median:>10.2f} s{median / base:>8.2f}")


@contextlib.contextmanager
def redis(folder):
    """An empty Redis: its port."""
    port = harness.free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1"]
    command += ["--save", "", "--appendonly", "no", "--dir", str(folder)]
    with harness.server(command, port):
        yield port


def size(port):
    command = ["redis-cli", "-p", str(port), "DBSIZE"]
    return int(subprocess.run(command, check=True, capture_output=True).stdout)


def wait_for_sweep(port):
    """Waits until micro has compared everything."""
    while ask(port, "GET", "/v1/drift")["last_sweep"] is None:
        time.sleep(0.05)


if __name__ == "__main__":
    main()
