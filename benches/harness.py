"""Starting servers on free loopback ports, loading them with wrk, and reading what they cost.

CPU time is read from the kernel's own account of the server's process (schedstat, nanoseconds),
so the load generator and everything else on the machine are left out of it.
"""

import contextlib
import glob
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 20.0


def need(program, package):
    """Ends with a hint if a program is not installed."""
    if shutil.which(program) is None:
        sys.exit(f"{program} is needed: apt-get install {package}")


def build():
    """The release binary of micro."""
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", ROOT / "target")
    return str(Path(target) / "release" / "micro")


def build_example(package, name):
    """The folder with the library of an example."""
    example = ["cargo", "build", "--release", "--quiet", "-p", package, "--example", name]
    subprocess.run(example, cwd=ROOT, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", ROOT / "target")
    return str(Path(target) / "release" / "examples")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process):
    """Waits until something listens on the port."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            sys.exit(f"a server ended with {process.returncode} before it listened")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    sys.exit("a server did not listen in time")


@contextlib.contextmanager
def server(command, port, env=None):
    """A running server; it is stopped, by its process id, at the end."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(env or {})},
    )
    try:
        wait_for(port, process)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def definition(text):
    """A definition file that exists for as long as it is needed."""
    with tempfile.NamedTemporaryFile("w", suffix=".micro") as file:
        file.write(text)
        file.flush()
        yield file.name


def family(pid):
    """The process and its children: nginx answers in a child."""
    pids = [pid]
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        # A thread may end meanwhile.
        with contextlib.suppress(OSError):
            pids += [int(child) for child in Path(path).read_text().split()]
    return pids


def cpu_seconds(pid):
    """CPU time that a server and its children have used."""
    total = 0
    for member in family(pid):
        living = 0
        for path in glob.glob(f"/proc/{member}/task/*/schedstat"):
            with contextlib.suppress(OSError):
                living += int(Path(path).read_text().split()[0])
        total += max(living / 1e9, with_the_dead(member))
    return total


def with_the_dead(pid):
    """CPU time of a process with that of its threads that have ended, in the kernel's ticks."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0


def resident_kib(pid):
    """Memory that a server and its children hold, what they share counted once."""
    total = 0
    for member in family(pid):
        text = Path(f"/proc/{member}/smaps_rollup").read_text()
        total += int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1])
    return total


def load(pid, port, path, seconds, connections=32, pipeline=1, close=False):
    """CPU microseconds of the server for each request that wrk got answered."""
    script = ["local paths = {", *(f'  "{one}",' for one in ([path] if isinstance(path, str) else path))]
    header = 'headers["Connection"] = "close"' if close else ""
    script += [
        "}",
        "local at = 0",
        "request = function()",
        "  local batch = {}",
        f"  for n = 1, {pipeline} do",
        "    at = at % #paths + 1",
        "    local headers = {}",
        f"    {header}",
        '    batch[n] = wrk.format("GET", paths[at], headers)',
        "  end",
        "  return table.concat(batch)",
        "end",
    ]
    return drive(pid, port, "\n".join(script), seconds, connections)[0]


def drive(pid, port, script, seconds, connections=32):
    """Has wrk send what a script of it makes: CPU microseconds of the server for each request that
    was answered with 2xx or 3xx, as all have to be, and how many were answered in a second."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        before = cpu_seconds(pid)
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", file.name]
        command.append(f"http://127.0.0.1:{port}/")
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        used = cpu_seconds(pid) - before
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    if failed:
        sys.exit(f"{failed[1]} requests were not answered with 2xx:\n{out}")
    answered = int(re.search(r"(\d+) requests in", out)[1])
    return used / answered * 1e6, answered / seconds
