#!/usr/bin/env python3
"""User-space instructions of the server for a keep-alive request, counted by callgrind: the same
number again and again, whatever else the machine does.

    benches/instructions.py [--only micro,hyper]

`loaded` is micro with the handler in a shared library. Each server is run twice, with different numbers of requests; the difference is what requests cost.
"""

import argparse
import re
import socket
import subprocess
import tempfile
from pathlib import Path

import compare
import harness

REQUEST = b"GET /test/ping HTTP/1.1\r\nHost: 127.0.0.1:12345\r\n\r\n"
FEW, MANY = 500, 1500


def count(command, port, requests):
    """Instructions of a whole run with so many requests."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        valgrind = ["valgrind", "--tool=callgrind", f"--log-file={log}"]
        valgrind.append(f"--callgrind-out-file={folder}/out")
        with harness.server(valgrind + command, port):
            with socket.create_connection(("127.0.0.1", port)) as client:
                for _ in range(requests):
                    client.sendall(REQUEST)
                    answer = b""
                    while b"pong" not in answer:
                        answer += client.recv(4096)
        return int(re.search(r"Collected : (\d+)", log.read_text())[1])


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--only", default="micro,loaded,epoll,hyper,axum,actix")
    names = options.parse_args().only.split(",")
    harness.need("valgrind", "valgrind")
    micro, peers, modules = harness.build(), compare.build_peers(), harness.build_example("micro-basics", "ping")
    for name in names:
        runs = []
        for requests in (FEW, MANY):
            port = harness.free_port()
            text = f"LOG level=warn\nSERVER bench {port} host=127.0.0.1\nROUTE /test/ping$\nGET ping.ping\n"
            with harness.definition(text) as file:
                command = {
                    "micro": [micro, file],
                    "loaded": [micro, file, "--modules", modules],
                }.get(name, [str(peers / name), str(port)])
                runs.append(count(command, port, requests))
        print(f"{name:<10}{(runs[1] - runs[0]) // (MANY - FEW):>8} instructions", flush=True)


if __name__ == "__main__":
    main()
