#!/usr/bin/env python3
"""Faults of a database, one after the other, while a server over it is asked 200 times a second.

Each server has the same faults in an order of its own. Every answer is checked:

- 200 with a text that the row had when it was asked for, or in the meantime
- or 503 with `application/problem+json` and Retry-After
- within 1.5 s, on a connection that the server does not close

One line per server and fault says how many answers were 503, how late the latest answer was, and how long after
the fault's end the last 503 was asked for. The exit status is 1 if an answer was wrong, late or missing, or if a
server needed more than a second to recover.

The server has the first core, PostgreSQL and the requests the second. Needs Linux, two cores, PostgreSQL,
Python 3.11, and the programs that `over_database.py --build` builds.
"""

import argparse
import asyncio
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

from checking_client import Asked, Client
from over_database import FRAMEWORKS, OTHER_CORE, RELEASE, ROOT, Postgres, Server

LATEST = 1.5
"""How late an answer may be, in seconds."""
RECOVERY = 1.0
"""How long after a fault's end requests may still be 503, in seconds."""
REST = 1.5
"""For how long a server is asked after each fault, in seconds."""
PASSWORD = "a-password"


class Database(Postgres):
    """A cluster whose server logs in by password, and where anything can be broken."""

    def __init__(self) -> None:
        super().__init__()
        self.data = self.directory / "data"
        self.hba("host all app 127.0.0.1/32 scram-sha-256")
        self.start()
        self.sql(f"CREATE ROLE app LOGIN PASSWORD '{PASSWORD}'; CREATE ROLE other LOGIN")
        self.served = f"postgres://app:{PASSWORD}@127.0.0.1:{self.port}/postgres"
        self.seed()
        self.sql("GRANT SELECT ON greetings TO app")
        self.greeting = self.sql("SELECT text FROM greetings WHERE lang = 'en'").rstrip("\n")
        self.allowed = {self.greeting}
        """The texts that may be answered."""
        self.asked = 0
        """The port of the server that is asked."""

    def change(self, text: str) -> None:
        self.allowed.add(text)
        self.sql(f"UPDATE greetings SET text = '{text}' WHERE lang = 'en'")

    def hba(self, *first: str) -> None:
        lines = [*first, "local all quartet trust", "host all quartet,other 127.0.0.1/32 trust"]
        (self.data / "pg_hba.conf").write_text("\n".join(lines) + "\n")

    def seed(self) -> None:
        program = RELEASE / "quartet-axum-database"
        command = [program, "--database", self.url, "database", "seed", "--greetings", ROOT / "greetings.json"]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)

    def sql(self, *statements: str) -> str:
        """Runs statements, each in a transaction of its own unless it has several itself."""
        command = [self.bin / "psql", "-qAtX", "-v", "ON_ERROR_STOP=1", self.url]
        for statement in statements:
            command += ["-c", statement]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def set(self, **settings: str | None) -> None:
        changes = [
            f"ALTER SYSTEM RESET {name}" if value is None else f"ALTER SYSTEM SET {name} = '{value}'"
            for name, value in settings.items()
        ]
        self.sql(*changes, "SELECT pg_reload_conf()")

    def backends(self) -> list[int]:
        """The processes that serve the server's connections."""
        return [int(pid) for pid in self.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'app'").split()]

    def terminate(self) -> None:
        self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")

    def signal(self, number: int, pids: list[int]) -> None:
        for pid in pids:
            os.kill(pid, number)

    def down(self, number: int) -> None:
        self.process.send_signal(number)
        self.process.wait()
        # After a kill its processes end by themselves, and then the memory that they share is free.
        deadline = time.monotonic() + 10
        while self.shares_memory() and time.monotonic() < deadline:
            time.sleep(0.05)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def shares_memory(self) -> bool:
        for status in Path("/proc").glob("[0-9]*/cwd"):
            try:
                if status.readlink() == self.data:
                    return True
            except OSError:
                continue
        return False

    def occupy(self) -> list[socket.socket]:
        """Takes every connection that is not reserved."""
        taken = []
        while len(taken) < 200:
            connection = socket.create_connection(("127.0.0.1", self.port))
            parameters = b"user\0other\0database\0postgres\0\0"
            connection.sendall(struct.pack("!ii", len(parameters) + 8, 196608) + parameters)
            said = b""
            while not said.endswith(b"Z\0\0\0\5I"):
                part = connection.recv(4096)
                if not part:
                    return taken
                said += part
            taken.append(connection)
        sys.exit("more than 200 connections")


async def stop_immediately(db: Database) -> None:
    db.down(signal.SIGQUIT)
    await asyncio.sleep(1)
    db.start()


async def stop_fast(db: Database) -> None:
    db.down(signal.SIGINT)
    await asyncio.sleep(1)
    db.start()


async def restart_twice(db: Database) -> None:
    for _ in range(2):
        db.down(signal.SIGINT)
        db.start()
        await asyncio.sleep(0.2)


async def kill_postmaster(db: Database) -> None:
    db.down(signal.SIGKILL)
    await asyncio.sleep(0.5)
    db.start()


async def kill_backend(db: Database) -> None:
    db.signal(signal.SIGKILL, db.backends()[:1])
    await asyncio.sleep(0.2)
    await ready(db)


async def ready(db: Database) -> None:
    while not db.ready():
        await asyncio.sleep(0.01)


async def freeze_all(db: Database) -> None:
    pids = [db.process.pid, *db.backends()]
    db.signal(signal.SIGSTOP, pids)
    await asyncio.sleep(3)
    db.signal(signal.SIGCONT, pids)


async def freeze_backends(db: Database) -> None:
    pids = db.backends()
    db.signal(signal.SIGSTOP, pids)
    await asyncio.sleep(3)
    db.signal(signal.SIGCONT, pids)


async def freeze_one(db: Database) -> None:
    pids = db.backends()[:1]
    db.signal(signal.SIGSTOP, pids)
    await asyncio.sleep(3)
    db.signal(signal.SIGCONT, pids)


async def freeze_postmaster(db: Database) -> None:
    db.terminate()
    db.signal(signal.SIGSTOP, [db.process.pid])
    await asyncio.sleep(2)
    db.signal(signal.SIGCONT, [db.process.pid])


async def terminate_all(db: Database) -> None:
    db.terminate()


async def terminate_often(db: Database) -> None:
    for _ in range(20):
        db.terminate()
        await asyncio.sleep(0.1)


async def lock(db: Database) -> None:
    held = db.lock()
    await asyncio.sleep(2)
    held.release()


async def lock_briefly(db: Database) -> None:
    for _ in range(10):
        held = db.lock()
        await asyncio.sleep(0.1)
        held.release()
        await asyncio.sleep(0.1)


async def column_type(db: Database) -> None:
    db.sql("ALTER TABLE greetings ALTER text TYPE varchar(4000)")
    await asyncio.sleep(1)
    db.sql("ALTER TABLE greetings ALTER text TYPE text")


async def column_added(db: Database) -> None:
    db.sql("ALTER TABLE greetings ADD more text DEFAULT 'more'")
    await asyncio.sleep(1)
    db.sql("ALTER TABLE greetings DROP more")


async def table_away(db: Database) -> None:
    db.sql("ALTER TABLE greetings RENAME TO elsewhere")
    await asyncio.sleep(1)
    db.sql("ALTER TABLE elsewhere RENAME TO greetings")


async def table_made_anew(db: Database) -> None:
    db.sql(
        "BEGIN; CREATE TABLE anew (LIKE greetings INCLUDING ALL); INSERT INTO anew SELECT * FROM greetings;"
        "DROP TABLE greetings; ALTER TABLE anew RENAME TO greetings; GRANT SELECT ON greetings TO app; COMMIT"
    )


async def table_emptied_and_filled(db: Database) -> None:
    for _ in range(5):
        db.sql(
            "BEGIN; CREATE TEMP TABLE kept AS TABLE greetings; TRUNCATE greetings;"
            "INSERT INTO greetings SELECT lang, text FROM kept; COMMIT"
        )
        await asyncio.sleep(0.1)


async def vacuum_full(db: Database) -> None:
    db.sql("VACUUM FULL greetings", "REINDEX TABLE greetings", "ANALYZE greetings")


async def seed_again(db: Database) -> None:
    for _ in range(3):
        db.seed()
        await asyncio.sleep(0.1)


async def grant_revoked(db: Database) -> None:
    db.sql("REVOKE SELECT ON greetings FROM app")
    await asyncio.sleep(1)
    db.sql("GRANT SELECT ON greetings TO app")


async def password_changed(db: Database) -> None:
    db.sql("ALTER ROLE app PASSWORD 'another'")
    db.terminate()
    await asyncio.sleep(1)
    db.sql(f"ALTER ROLE app PASSWORD '{PASSWORD}'")


async def login_forbidden(db: Database) -> None:
    db.sql("ALTER ROLE app NOLOGIN")
    db.terminate()
    await asyncio.sleep(1)
    db.sql("ALTER ROLE app LOGIN")


async def host_refused(db: Database) -> None:
    db.hba("host all app 127.0.0.1/32 reject")
    db.sql("SELECT pg_reload_conf()")
    db.terminate()
    await asyncio.sleep(1)
    db.hba("host all app 127.0.0.1/32 scram-sha-256")
    db.sql("SELECT pg_reload_conf()")


async def no_connections_allowed(db: Database) -> None:
    db.sql("ALTER DATABASE postgres CONNECTION LIMIT 0")
    db.terminate()
    await asyncio.sleep(1)
    db.sql("ALTER DATABASE postgres CONNECTION LIMIT -1")


async def role_limited(db: Database) -> None:
    db.sql("ALTER ROLE app CONNECTION LIMIT 1")
    db.terminate()
    await asyncio.sleep(1)
    db.sql("ALTER ROLE app CONNECTION LIMIT -1")


async def connections_taken(db: Database) -> None:
    db.terminate()
    taken = db.occupy()
    # The server may have been quicker than these.
    db.terminate()
    taken += db.occupy()
    await asyncio.sleep(1)
    for connection in taken:
        connection.close()


async def idle_session_timeout(db: Database) -> None:
    db.set(idle_session_timeout="50ms")
    await asyncio.sleep(2)
    db.set(idle_session_timeout=None)


async def statement_timeout(db: Database) -> None:
    db.sql("ALTER ROLE app SET statement_timeout = '1ms'")
    db.terminate()
    await asyncio.sleep(0.3)
    held = db.lock()
    await asyncio.sleep(0.5)
    held.release()
    db.sql("ALTER ROLE app RESET statement_timeout")


async def lock_timeout(db: Database) -> None:
    db.set(lock_timeout="10ms")
    held = db.lock()
    await asyncio.sleep(1)
    held.release()
    db.set(lock_timeout=None)


async def search_path(db: Database) -> None:
    db.sql("CREATE SCHEMA IF NOT EXISTS empty; ALTER ROLE app SET search_path = empty")
    db.terminate()
    await asyncio.sleep(1)
    db.sql("ALTER ROLE app RESET search_path")
    db.terminate()


async def read_only_and_isolated(db: Database) -> None:
    db.set(default_transaction_read_only="on", default_transaction_isolation="serializable")
    await asyncio.sleep(1)
    db.set(default_transaction_read_only=None, default_transaction_isolation=None)


async def clients_gone(db: Database) -> None:
    held = db.lock()
    for _ in range(200):
        with socket.create_connection(("127.0.0.1", db.asked)) as connection:
            connection.sendall(b"GET /greetings HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await asyncio.sleep(0.001)
    held.release()


async def row_changes(db: Database) -> None:
    for number in range(20):
        db.change(f"changed {number}")
        await asyncio.sleep(0.03)
    db.change(db.greeting)


async def other_rows_change(db: Database) -> None:
    for _ in range(5):
        db.sql("INSERT INTO greetings VALUES ('xx', 'another')")
        await asyncio.sleep(0.05)
        db.sql("UPDATE greetings SET lang = 'xy' WHERE lang = 'xx'", "DELETE FROM greetings WHERE lang = 'xy'")


async def many_rows(db: Database) -> None:
    db.sql("INSERT INTO greetings SELECT 'x-' || n, repeat('text ', 20) FROM generate_series(1, 2000) n")
    await asyncio.sleep(1)
    db.sql("DELETE FROM greetings WHERE lang LIKE 'x-%'")


async def pgbench(db: Database) -> None:
    program = [db.bin / "pgbench", "-h", "127.0.0.1", "-p", str(db.port), "-U", "quartet", "postgres"]
    await (await asyncio.create_subprocess_exec(*program[:-1], "-i", "-q", "postgres", stderr=subprocess.DEVNULL)).wait()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    await (await asyncio.create_subprocess_exec(*program[:-1], "-T", "3", "-c", "4", "postgres", **quiet)).wait()


async def checkpoints(db: Database) -> None:
    for _ in range(10):
        db.sql("CHECKPOINT", "SELECT pg_switch_wal()")
        await asyncio.sleep(0.05)


FAULTS = [
    stop_immediately, stop_fast, restart_twice, kill_postmaster, kill_backend, freeze_all, freeze_backends,
    freeze_one, freeze_postmaster, terminate_all, terminate_often, lock, lock_briefly, column_type, column_added,
    table_away, table_made_anew, table_emptied_and_filled, vacuum_full, seed_again, grant_revoked,
    password_changed, login_forbidden, host_refused, no_connections_allowed, role_limited, connections_taken,
    idle_session_timeout, statement_timeout, lock_timeout, search_path, read_only_and_isolated, clients_gone,
    row_changes, other_rows_change, many_rows, pgbench, checkpoints,
]  # fmt: skip


async def torment(name: str, db: Database) -> bool:
    """Has one server undergo every fault; whether it passed."""
    server = Server(RELEASE / f"quartet-{name}-database", "--database", db.served)
    try:
        return await undergo(name, server, db)
    finally:
        server.end()


async def undergo(name: str, server: Server, db: Database) -> bool:
    db.asked, passed = server.port, True
    client = Client(server.port, db.allowed)
    running = asyncio.create_task(client.run())
    await asyncio.sleep(REST)
    for fault in random.sample(FAULTS, len(FAULTS)):
        db.allowed.intersection_update({db.greeting})
        client.asked = asked = Asked()
        # Else the requests would wait for what breaks the database, and not for the server.
        await asyncio.to_thread(asyncio.run, fault(db))
        ended = time.monotonic()
        await asyncio.sleep(REST)
        recovery = max([sent - ended for sent in asked.unavailable], default=0)
        ok = not asked.wrong and asked.latest <= LATEST and recovery <= RECOVERY and asked.answers > 0
        passed &= ok
        title = fault.__name__.replace("_", " ")
        print(
            f"| {name} | {title} | {asked.answers} | {len(asked.unavailable)} | {asked.latest:.2f} "
            f"| {max(recovery, 0):.2f} | {'' if ok else 'FAILED'} |",
            flush=True,
        )
        for wrong in asked.wrong[:3]:
            print(f"{name}, {title}: {wrong}", file=sys.stderr)
    client.goes_on = False
    await running
    return passed


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--servers", default=",".join(FRAMEWORKS), metavar="NAMES", help="these of the four")
    parser.add_argument("--seed", type=int, metavar="N", help="the orders' seed")
    options = parser.parse_args()
    names = options.servers.split(",")
    if unknown := set(names) - set(FRAMEWORKS):
        parser.error(f"unknown server {unknown.pop()}")
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    random.seed(seed)
    os.sched_setaffinity(0, {OTHER_CORE})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    db = None
    try:
        db = Database()
        print(f"Orders by seed {seed}.\n\n| server | fault | answers | of these 503 | latest, s | recovery, s | |")
        print("|---|---|---:|---:|---:|---:|---|")
        passed = [asyncio.run(torment(name, db)) for name in names]
    finally:
        if db:
            db.end()
    sys.exit(0 if all(passed) else 1)


if __name__ == "__main__":
    main()
