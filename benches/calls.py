#!/usr/bin/env python3
"""What a call of another service costs: CPU microseconds of the caller, all in one go.

    benches/calls.py [--seconds 3] [--rounds 3] [--only micro,nginx]

The service that is called is nginx, on kept connections. A server answers `/test/ping` by itself,
and `/call` with the answer to one call: the difference is the call. micro does it with a handler in
a shared library, nginx with `proxy_pass`, hyper with the client of hyper-util. Python has no server
here: its clients make one call after another. Rounds alternate between the callers; medians are
printed, and behind each call the ratio to micro.
"""

import argparse
import contextlib
import http.client
import statistics
import time

import compare
import harness

SERVERS = ("micro", "nginx", "hyper")
CLIENTS = ("http.client", "requests")


@contextlib.contextmanager
def micro(port, backend):
    lines = ["LOG level=warn", f"SERVER bench {port} host=127.0.0.1"]
    lines += ["ROUTE /test/ping$", "GET ping.ping", "ROUTE /call$", "GET passing.pass"]
    lines += [f"CONNECTION backend http://127.0.0.1:{backend}", "RESOURCE get /test/ping"]
    with harness.definition("\n".join(lines)) as file:
        with harness.server([MICRO, file, "--modules", MODULES], port) as pid:
            yield pid


def nginx(port, backend):
    upstream = f"""
      upstream backend {{
        server 127.0.0.1:{backend};
        keepalive 64;
        keepalive_requests 1000000000;
      }}"""
    location = """
      location = /call {
        proxy_pass http://backend/test/ping;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
      }"""
    return compare.nginx(port, 0, http=upstream, server=location)


def hyper(port, backend):
    return harness.server([str(PEERS / "calls"), str(port), str(backend)], port)


def ask_with_http_client(port, end):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    while time.monotonic() < end:
        connection.request("GET", "/test/ping")
        yield connection.getresponse().read()


def ask_with_requests(port, end):
    with requests.Session() as session:
        while time.monotonic() < end:
            yield session.get(f"http://127.0.0.1:{port}/test/ping").content


def client(ask, port, seconds):
    """CPU microseconds of this process for each call."""
    before, count = time.process_time(), 0
    for answer in ask(port, time.monotonic() + seconds):
        assert answer == b'{"ping":"pong"}', answer
        count += 1
    return (time.process_time() - before) / count * 1e6


def main():
    global MICRO, MODULES, PEERS, requests
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--seconds", type=int, default=3)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", default=",".join(SERVERS + CLIENTS))
    options = options.parse_args()
    names = options.only.split(",")
    if "requests" in names:
        try:
            import requests
        except ImportError:
            print("requests is left out: pip install requests")
            names.remove("requests")
    harness.need("wrk", "wrk")
    harness.need("nginx", "nginx-light")
    MICRO = harness.build()
    MODULES = harness.build_example("micro", "passing")
    PEERS = compare.build_peers()
    servers = {"micro": micro, "nginx": nginx, "hyper": hyper}
    clients = {"http.client": ask_with_http_client, "requests": ask_with_requests}
    alone = {name: [] for name in names}
    calling = {name: [] for name in names}
    backend = harness.free_port()
    with compare.nginx(backend, 0):
        for _ in range(options.rounds):
            for name in names:
                if name in clients:
                    calling[name].append(client(clients[name], backend, options.seconds))
                    continue
                port = harness.free_port()
                with servers[name](port, backend) as pid:
                    for path, found in (("/test/ping", alone[name]), ("/call", calling[name])):
                        found.append(harness.load(pid, port, path, options.seconds))
    median = lambda found: statistics.median(found) if found else 0.0
    call = {name: median(calling[name]) - median(alone[name]) for name in names}
    ours = call.get("micro")
    print(f"{'CPU us':<14}{'by itself':>12}{'with a call':>14}{'the call':>18}")
    for name in names:
        ratio = f" ({call[name] / ours:.2f})" if ours else ""
        itself = f"{median(alone[name]):.2f}" if alone[name] else "-"
        row = f"{name:<14}{itself:>12}{median(calling[name]):>14.2f}"
        print(row + f"{call[name]:.2f}{ratio}".rjust(18))


if __name__ == "__main__":
    main()
