#!/usr/bin/env python3
"""What a server over a database costs where `cargo compare --database` does not look.

Two tables, as Markdown, of the programs in target/release:

- CPU time per request of one greeting: from memory, from PostgreSQL on pipelined connections, from PostgreSQL
  through a pool of deadpool-postgres, and the 503 while PostgreSQL is down. Requests per second beside it.
- 1,000 requests that wait for at least 100 ms at the same time: memory of each with its connection, and CPU
  time of each. Beside the framework's plain program, whose handler waits for a timer.

The server has the first core, PostgreSQL and the load generator the second. Programs take turns in random
order. A figure is the median of the rounds, with the lowest and the highest. `--build` builds what is measured.

Needs Linux, two cores, PostgreSQL, and Python 3.11. The run ends with an error if an answer is wrong.
"""

import argparse
import os
import pwd
import random
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RELEASE = ROOT / "target" / "release"
FRAMEWORKS = ["axum", "actix-web", "warp", "salvo"]
SERVER_CORE, OTHER_CORE = 0, 1
ITEM = b"GET /greetings/en HTTP/1.1\r\nHost: localhost\r\n\r\n"
SLOW = b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"
WAIT = 0.1
"""For how long each request waits, in seconds: what PostgreSQL is locked for, at least."""


class Postgres:
    """A cluster of the run's own, on the second core."""

    def __init__(self) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if on_path := shutil.which("initdb"):
            found.append(Path(on_path).resolve().parent)
        if not found:
            sys.exit("no PostgreSQL (Debian: apt-get install postgresql)")
        self.bin = found[-1]
        self.directory = Path(tempfile.mkdtemp(prefix="quartet-lab-", dir="/dev/shm"))
        self.user = None
        if os.geteuid() == 0:
            self.user = next(
                user.pw_name
                for user in pwd.getpwall()
                if user.pw_name in ("postgres", "nobody")
            )
            shutil.chown(self.directory, self.user)
        self.port = free_port()
        data = self.directory / "data"
        self.run("initdb", "-D", data, "-U", "quartet", "--auth=trust", "-N", "--no-instructions")
        self.process = None
        self.url = f"postgres://quartet@127.0.0.1:{self.port}/postgres"

    def run(self, program, *arguments) -> None:
        command = [self.bin / program, *arguments]
        subprocess.run(command, user=self.user, check=True, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        settings = {
            "port": self.port,
            "unix_socket_directories": self.directory,
            "listen_addresses": "127.0.0.1",
            "shared_buffers": "128MB",
            "fsync": "off",
        }
        options = [f"-c{name}={value}" for name, value in settings.items()]
        self.process = subprocess.Popen(
            [self.bin / "postgres", "-D", self.directory / "data", *options],
            user=self.user,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, {OTHER_CORE}),
        )
        wait_for(lambda: self.ready(), "PostgreSQL")

    def ready(self) -> bool:
        command = [self.bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGINT)
            self.process.wait()
            self.process = None

    def end(self) -> None:
        self.stop()
        shutil.rmtree(self.directory)

    def lock(self) -> "Lock":
        return Lock(self)


class Lock:
    """A lock that every query on the table waits for."""

    def __init__(self, postgres: Postgres) -> None:
        self.psql = subprocess.Popen(
            [postgres.bin / "psql", "-qAtX", "-v", "ON_ERROR_STOP=1", postgres.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.say("BEGIN; LOCK TABLE greetings IN ACCESS EXCLUSIVE MODE;")

    def say(self, statements: str) -> None:
        self.psql.stdin.write(statements + "\n\\echo done\n")
        self.psql.stdin.flush()
        if self.psql.stdout.readline() != "done\n":
            sys.exit("psql failed")

    def release(self) -> None:
        self.say("COMMIT;")
        self.psql.stdin.close()
        self.psql.wait()


class Server:
    """A server's process, on the first core."""

    def __init__(self, program: Path, *options: str) -> None:
        self.port = free_port()
        address = f"127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [program, "--listen", address, "--workers", "1", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),
        )
        if not self.process.stdout.readline():
            sys.exit(f"{program} does not start")

    def cpu(self) -> float:
        """The CPU time so far, in seconds."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def memory(self) -> float:
        """Private memory, in KiB."""
        rollup = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return float(re.search(r"Pss_Anon:\s+(\d+)", rollup)[1])

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port))

    def ask(self, request: bytes, status: int) -> None:
        with self.connect() as connection:
            connection.sendall(request)
            expect(connection, status)

    def end(self) -> None:
        self.process.terminate()
        self.process.wait()


def expect(connection: socket.socket, status: int) -> None:
    """Reads an answer, which must have this status."""
    answer = b""
    connection.settimeout(20)
    while b"\r\n\r\n" not in answer:
        part = connection.recv(4096)
        if not part:
            sys.exit(f"closed after {answer!r}")
        answer += part
    head, _, content = answer.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
    while len(content) < length:
        content += connection.recv(4096)
    if not head.startswith(b"HTTP/1.1 %d " % status):
        sys.exit(f"not {status}: {answer!r}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"{what} does not get ready")
        time.sleep(0.02)


def build() -> None:
    def cargo(*arguments: str) -> None:
        subprocess.run(["cargo", "build", "--release", "--locked", *arguments], cwd=ROOT, check=True)

    cargo("--package", "quartet-generator", "--example", "load")
    for name in FRAMEWORKS:
        package = ["--package", f"quartet-{name}"]
        cargo(*package, "--features", "database", "--bin", f"quartet-{name}-database")
        cargo(*package, "--features", "deadpool", "--bin", f"quartet-{name}-deadpool")
        cargo("--package", f"quartet-{name}-plain", "--features", "fault-injection", "--bin", f"plain-{name}")


def load(server: Server, status: int, seconds: int) -> tuple[float, float]:
    """Loads a server with 64 connections: CPU time per request in microseconds, and requests per second."""
    server.ask(ITEM, status)
    before = server.cpu()
    command = [
        RELEASE / "examples" / "load",
        f"http://127.0.0.1:{server.port}/greetings/en",
        *("--seconds", str(seconds), "--cores", str(OTHER_CORE)),
    ]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if f"status {status}," not in said:
        sys.exit(said)
    rate = float(re.search(r"(\d+) requests/s", said)[1])
    # The load generator sends the same requests for a tenth of a second before it counts.
    return (server.cpu() - before) * 1e6 / (rate * (seconds + 0.1)), rate


def requests_over(postgres: Postgres, rounds: int, seconds: int) -> None:
    # A 503 is measured last: PostgreSQL is stopped for it.
    modes = {
        "memory": (200, []),
        "pipelined": (200, ["--database", postgres.url]),
        "deadpool": (200, ["--database", postgres.url, "--database-deadpool", "16"]),
        "503": (503, ["--database", postgres.url]),
    }
    found = {(name, mode): [] for name in FRAMEWORKS for mode in modes}
    for _ in range(rounds):
        for name in random.sample(FRAMEWORKS, len(FRAMEWORKS)):
            for mode in [*random.sample(list(modes)[:3], 3), "503"]:
                status, options = modes[mode]
                if mode == "503":
                    postgres.stop()
                server = Server(RELEASE / f"quartet-{name}-deadpool", *options)
                found[name, mode].append(load(server, status, seconds))
                server.end()
                if mode == "503":
                    postgres.start()
    print("\nCPU time per request, µs:\n")
    print("| framework | memory | pipelined | deadpool | pipelined ÷ deadpool | pipelined ÷ memory | 503 | rate of 503 ÷ memory |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for name in FRAMEWORKS:
        cpu = {mode: [pair[0] for pair in found[name, mode]] for mode in modes}
        rate = {mode: [pair[1] for pair in found[name, mode]] for mode in modes}
        cells = [shown(cpu[mode], 1) for mode in ["memory", "pipelined", "deadpool"]]
        cells += [ratio(cpu["pipelined"], cpu[other]) for other in ["deadpool", "memory"]]
        cells += [shown(cpu["503"], 1), ratio(rate["503"], rate["memory"])]
        print(f"| {name} | {' | '.join(cells)} |")


def wait_together(server: Server, postgres: Postgres | None, count: int, bursts: int):
    """Memory of each of `count` connections with a request that waits, in KiB, and CPU time of each, in µs."""
    request = SLOW if postgres is None else ITEM
    if postgres is not None:
        wait_for(lambda: is_ready(server), "the server")
    for _ in range(100):
        server.ask(ITEM, 200)
    time.sleep(0.2)
    without = server.memory()
    connections = [server.connect() for _ in range(count)]
    memory, cpu = None, []
    for _ in range(bursts):
        time.sleep(0.2)
        lock = postgres.lock() if postgres else None
        before = server.cpu()
        for connection in connections:
            connection.sendall(request)
        time.sleep(WAIT)
        memory = memory or (server.memory() - without) / count
        if lock:
            lock.release()
        for connection in connections:
            expect(connection, 200)
        cpu.append((server.cpu() - before) * 1e6 / count)
    for connection in connections:
        connection.close()
    return memory, statistics.median(cpu)


def is_ready(server: Server) -> bool:
    with server.connect() as connection:
        connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return connection.recv(4096).startswith(b"HTTP/1.1 200 ")


def waiting(postgres: Postgres, rounds: int, count: int) -> None:
    # Longer than usual, so that a busy machine does not turn a wait into a 503.
    over = ["--database", postgres.url, "--database-query-timeout", "5s"]
    programs = {
        "plain": (lambda name: RELEASE / f"plain-{name}", [], None),
        "over PostgreSQL": (lambda name: RELEASE / f"quartet-{name}-database", over, postgres),
    }
    found = {(name, kind): [] for name in FRAMEWORKS for kind in programs}
    for _ in range(rounds):
        for name, kind in random.sample(list(found), len(found)):
            program, options, database = programs[kind]
            server = Server(program(name), *options)
            found[name, kind].append(wait_together(server, database, count, 2 if database is None else 5))
            server.end()
    print(f"\n{count:,} requests that wait together:\n")
    print("| framework | KiB each | plain program's | ratio | CPU µs each | plain program's |")
    print("|---|---:|---:|---:|---:|---:|")
    for name in FRAMEWORKS:
        over, plain = found[name, "over PostgreSQL"], found[name, "plain"]
        memory = [[pair[0] for pair in both] for both in (over, plain)]
        cpu = [[pair[1] for pair in both] for both in (over, plain)]
        cells = [*(shown(values, 1) for values in memory), ratio(*memory), *(shown(values, 1) for values in cpu)]
        print(f"| {name} | {' | '.join(cells)} |")


def shown(values: list[float], digits: int) -> str:
    middle, lowest, highest = (
        f"{value:.{digits}f}" for value in (statistics.median(values), min(values), max(values))
    )
    return f"{middle} ({lowest} to {highest})"


def ratio(values: list[float], others: list[float]) -> str:
    """The ratio of two figures of the same rounds."""
    return shown([value / other for value, other in zip(values, others)], 2)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--build", action="store_true", help="build the programs first")
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="rounds (7)")
    parser.add_argument("--seconds", type=int, default=1, metavar="N", help="time of each load (1)")
    parser.add_argument("--waiting", type=int, default=1000, metavar="N", help="requests that wait (1000)")
    parser.add_argument("--only", choices=["load", "waiting"], help="one of the two tables")
    options = parser.parse_args()
    if options.build:
        build()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    os.sched_setaffinity(0, {OTHER_CORE})
    # Ended otherwise, it would leave PostgreSQL running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    postgres = Postgres()
    try:
        postgres.start()
        seed = [RELEASE / "quartet-axum-database", "--database", postgres.url, "database", "seed"]
        seed += ["--greetings", ROOT / "greetings.json"]
        subprocess.run(seed, check=True, stderr=subprocess.DEVNULL)
        if options.only != "waiting":
            requests_over(postgres, options.rounds, options.seconds)
        if options.only != "load":
            waiting(postgres, options.rounds, options.waiting)
    finally:
        postgres.end()


if __name__ == "__main__":
    main()
