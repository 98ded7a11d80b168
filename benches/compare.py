#!/usr/bin/env python3
"""micro beside its peers: CPU microseconds of the server for a request, all in one go.

    benches/compare.py [--seconds 3] [--rounds 3] [--only micro,nginx]

Every server runs on one thread and answers a small JSON document. Rounds alternate between the
servers, so that a drift of the machine meets all of them; medians are printed, and behind each
the ratio to micro.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

import harness

SCENARIOS = {
    "keep-alive": {"path": "/test/ping"},
    "pipelined x 16": {"path": "/test/ping", "pipeline": 16},
    "closing": {"path": "/test/ping", "close": True},
    "1,000 routes": {"path": [f"/service/{n}/status" for n in range(0, 1000, 37)], "routes": 1000},
    "parameter": {"path": "/item/42"},
}
ONLY_PING = {"epoll", "hyper"}

NGINX = """
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 20000; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  default_type application/json;
  {http}
  server {{
    listen 127.0.0.1:{port};
    location = /test/ping {{ return 200 '{{"ping":"pong"}}'; }}
    location ~ ^/item/(\\d+)$ {{ return 200 '{{"ping":"pong"}}'; }}
    {routes}
  }}
}}
"""


@contextlib.contextmanager
def micro(port, routes, *options):
    lines = ["LOG level=warn", f"SERVER bench {port} host=127.0.0.1"]
    lines += ["ROUTE /test/ping$", "GET ping.ping", "ROUTE /item/{id:int}$", "GET ping.ping"]
    for n in range(routes):
        lines += [f"ROUTE /service/{n}/status$", "GET ping.ping"]
    with harness.definition("\n".join(lines)) as file:
        with harness.server([MICRO, file, *options], port) as pid:
            yield pid


def loaded(port, routes):
    """micro with the handler in a shared library."""
    return micro(port, routes, "--modules", MODULES)


@contextlib.contextmanager
def nginx(port, routes, http="", server=""):
    """nginx, with more in its block `http` and in its server."""
    with tempfile.TemporaryDirectory() as folder:
        more = "\n".join(
            f"location = /service/{n}/status {{ return 200 '{{\"ping\":\"pong\"}}'; }}"
            for n in range(routes)
        )
        config = Path(folder) / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, port=port, http=http, routes=more + server))
        with harness.server(["nginx", "-p", folder, "-c", str(config)], port) as pid:
            yield pid


def peer(name):
    def run(port, routes):
        return harness.server([str(PEERS / name), str(port), str(routes)], port)

    return run


SERVERS = {"micro": micro, "loaded": loaded, "nginx": nginx}
SERVERS |= {name: peer(name) for name in ("epoll", "hyper", "axum", "actix")}


def build_peers():
    """The folder of the peers' binaries."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", harness.ROOT / "target")) / "peers"
    subprocess.run(
        ["cargo", "build", "--release", "--quiet", "--locked", "--target-dir", str(target)],
        cwd=harness.ROOT / "benches" / "peers",
        check=True,
    )
    return target / "release"


def main():
    global MICRO, MODULES, PEERS
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--seconds", type=int, default=3)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", default=",".join(SERVERS))
    options = options.parse_args()
    names = options.only.split(",")
    harness.need("wrk", "wrk")
    harness.need("nginx", "nginx-light")
    MICRO = harness.build()
    MODULES = harness.build_example("micro-basics", "ping")
    PEERS = build_peers()
    print(f"{'CPU us per request':<18}" + "".join(f"{name:>16}" for name in names))
    for scenario, how in SCENARIOS.items():
        how = dict(how)
        routes = how.pop("routes", 0)
        runs = {name: [] for name in names}
        for _ in range(options.rounds):
            for name in names:
                if name in ONLY_PING and how["path"] != "/test/ping":
                    continue
                port = harness.free_port()
                with SERVERS[name](port, routes) as pid:
                    runs[name].append(harness.load(pid, port, how["path"], options.seconds, **{
                        key: value for key, value in how.items() if key != "path"
                    }))
        medians = {name: statistics.median(found) for name, found in runs.items() if found}
        ours = medians.get("micro")
        cells = []
        for name in names:
            if name not in medians:
                cells.append(f"{'-':>16}")
            else:
                ratio = f" ({medians[name] / ours:.2f})" if ours else ""
                cells.append(f"{medians[name]:.2f}{ratio}".rjust(16))
        print(f"{scenario:<18}" + "".join(cells), flush=True)


if __name__ == "__main__":
    main()
