#!/usr/bin/env python3
"""Holds idle connections and answers requests meanwhile; prints the memory for each connection.

    benches/idle.py [--connections 10000]
"""

import argparse
import resource
import socket
import sys
import time

import harness

REQUEST = b"GET /test/ping HTTP/1.1\r\nHost: bench\r\n\r\n"


def ask(connection):
    connection.sendall(REQUEST)
    answer = b""
    while not answer.endswith(b'{"ping":"pong"}'):
        piece = connection.recv(4096)
        if not piece:
            sys.exit("a connection was closed")
        answer += piece


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--connections", type=int, default=10000)
    count = options.parse_args().connections
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < count + 100:
        sys.exit(f"{count} connections need as many descriptors; the hard limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    micro = harness.build()
    port = harness.free_port()
    text = f"LOG level=warn\nSERVER bench {port} host=127.0.0.1\nROUTE /test/ping$\nGET ping.ping\n"
    env = {"SERVER_BENCH_IDLE_TIMEOUT": "600"}
    with harness.definition(text) as file, harness.server([micro, file], port, env) as pid:
        with socket.create_connection(("127.0.0.1", port)) as first:
            ask(first)
            before = harness.resident_kib(pid)
            held = []
            for _ in range(count):
                held.append(socket.create_connection(("127.0.0.1", port)))
            for connection in held:
                ask(connection)
            after = harness.resident_kib(pid)
            begin = time.monotonic()
            for _ in range(10000):
                ask(first)
            took = time.monotonic() - begin
            for connection in held[:: max(1, count // 100)]:
                ask(connection)
        print(f"{count} idle connections, each answered once: {(after - before) / count:.2f} KiB each")
        print(f"10000 requests on one more connection meanwhile: {took:.2f} s")
        for connection in held:
            connection.close()


if __name__ == "__main__":
    main()
