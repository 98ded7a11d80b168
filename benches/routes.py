#!/usr/bin/env python3
"""What a route costs among 10, 1,000 and 10,000: CPU microseconds of the server for a request.

    benches/routes.py [--seconds 3] [--rounds 3]

Also how long `micro check` and `micro routes` take on the largest file.
"""

import argparse
import statistics
import subprocess
import time

import harness

KINDS = {
    "literal": ("ROUTE /service/{n}/status$", "/service/{n}/status"),
    "parameter": ("ROUTE /service/{n}/{{id:int}}$", "/service/{n}/42"),
    "regular expression": (r"ROUTE /service/{n}/([a-f]+|\d+)/x$", "/service/{n}/42/x"),
}
COUNTS = [10, 1000, 10000]


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--seconds", type=int, default=3)
    options.add_argument("--rounds", type=int, default=3)
    options = options.parse_args()
    harness.need("wrk", "wrk")
    micro = harness.build()
    print(f"{'routes':<20}" + "".join(f"{count:>10}" for count in COUNTS) + "   10,000 / 10")
    for kind, (route, path) in KINDS.items():
        medians = []
        for count in COUNTS:
            port = harness.free_port()
            lines = [f"SERVER bench {port} host=127.0.0.1", "LOG level=warn"]
            for n in range(count):
                lines += [route.format(n=n), "GET ping.ping silent=true"]
            with harness.definition("\n".join(lines)) as file:
                with harness.server([micro, file], port) as pid:
                    # A spread of routes, so that one line of the cache does not answer for all.
                    paths = [path.format(n=n) for n in range(0, count, max(1, count // 100))]
                    runs = [
                        harness.load(pid, port, paths, options.seconds)
                        for _ in range(options.rounds)
                    ]
                medians.append(statistics.median(runs))
                if count == COUNTS[-1]:
                    for command in ("check", "routes"):
                        begin = time.monotonic()
                        subprocess.run([micro, command, file], check=True, capture_output=True)
                        print(f"  micro {command}, {count} {kind} routes: {time.monotonic() - begin:.2f} s")
        row = "".join(f"{median:>10.2f}" for median in medians)
        print(f"{kind:<20}{row}{medians[-1] / medians[0]:>14.2f}")


if __name__ == "__main__":
    main()
