"""The server program: found, started, started again when it ends, and ended with us."""

import asyncio
import contextlib
import ctypes
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent

# Environment variables, in seconds where they are times.
PROGRAM = "QUARTET_SERVER"
WORKERS = "QUARTET_WORKERS"

START_TIMEOUT = 10.0
"""How long the program may take until it accepts connections."""

STOP_TIMEOUT = 12.0
"""How long it may take to end after SIGTERM: its own drain is 10 s."""

FIRST_DELAY, LONGEST_DELAY = 0.1, 10.0
"""How long the first wait before another start is, and the longest of those that double it."""

STEADY = 30.0
"""Having run for so long, a program that ends is started as if it were the first time."""

_READY = re.compile(rb"listening on http://([0-9.]+):([0-9]+)\s*$")
_PR_SET_PDEATHSIG = 1

log = logging.getLogger("uvicorn.error")


class Unusable(Exception):
    """There is no program to start, or more than one; the message says so."""


def find_program() -> Path:
    """The program that QUARTET_SERVER names, or the only `quartet-*` beside this file."""
    named = os.environ.get(PROGRAM)
    if named:
        path = HERE / named  # an absolute path stands for itself
        if not path.is_file():
            raise Unusable(f"{PROGRAM} is {named}, and there is no such file")
        return path
    found = sorted(path for path in HERE.glob("quartet-*") if path.is_file())
    if not found:
        raise Unusable(f"no program quartet-* is in {HERE}, and {PROGRAM} names none")
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise Unusable(f"{names}: set {PROGRAM} to the one to start")
    return found[0]


def _ends_with_parent() -> Callable[[], None] | None:
    """What the child does before it becomes the program, so that it never outlives us.

    A lifespan is not shut down where the worker is killed. Only Linux can do this.
    """
    if sys.platform != "linux":
        return None
    # Looked up now: between fork and exec as little as possible may happen.
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def ask() -> None:
        # Not SIGTERM: no one is left to answer to, and a program that hangs would stay.
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before it could be asked for
            os._exit(1)

    return ask


class Child:
    """One server program, kept running."""

    def __init__(self, program: Path) -> None:
        self._program = program
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self._address: tuple[str, int] | None = None
        self._is_ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.pid: int | None = None

    def start(self) -> None:
        """Starts it, and sees to it that it runs until `stop`."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep_running())

    async def stop(self) -> None:
        """Ends it: SIGTERM, which lets it answer what it is asked, and at last SIGKILL."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        if self._copy is not None:
            self._copy.cleanup()

    async def address(self, patience: float) -> tuple[str, int] | None:
        """Where it listens, as soon as it does; None where that takes longer than `patience`."""
        try:
            await asyncio.wait_for(self._is_ready.wait(), patience)
        except TimeoutError:
            return None
        return self._address

    async def _keep_running(self) -> None:
        loop = asyncio.get_running_loop()
        delay = FIRST_DELAY
        while True:
            began = loop.time()
            try:
                how = await self._run_once()
            except (OSError, ValueError, subprocess.SubprocessError) as error:
                how = f"cannot be started: {error}"
            if loop.time() - began >= STEADY:
                delay = FIRST_DELAY
            log.error("%s %s; starting it again in %.1f s", self._program.name, how, delay)
            await asyncio.sleep(delay)
            delay = min(2 * delay, LONGEST_DELAY)

    async def _run_once(self) -> str:
        """Runs it until it ends, and says how it did."""
        # Workers of the ASGI server are what uses the cores, each with a program of its own.
        workers = [] if os.environ.get(WORKERS) else ["--workers", "1"]
        process = await asyncio.create_subprocess_exec(
            self._executable(),
            "--listen",
            "127.0.0.1:0",
            *workers,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            # Ctrl-C in a terminal is for us: the program still has to answer what is in flight.
            start_new_session=True,
            preexec_fn=_ends_with_parent(),
        )
        self.pid = process.pid
        assert process.stdout is not None
        try:
            try:
                async with asyncio.timeout(START_TIMEOUT):
                    self._address = await _ready(process.stdout)
                    if self._address is None:
                        return _ending(await process.wait())
            except TimeoutError:
                return f"did not accept connections within {START_TIMEOUT:g} s"
            log.info("%s (process %d) is ready", self._program.name, process.pid)
            self._is_ready.set()
            # A pipe that no one reads fills up, and the program would wait.
            while await process.stdout.read(65536):
                pass
            return _ending(await process.wait())
        finally:
            self._is_ready.clear()
            self.pid = None
            await _end(process)

    def _executable(self) -> str:
        """The program, or a copy that may be executed: a bundle may come without that mode."""
        if os.access(self._program, os.X_OK):
            return str(self._program)
        if self._copy is None:
            self._copy = tempfile.TemporaryDirectory(prefix="quartet-")
            copy = shutil.copy(self._program, self._copy.name)
            os.chmod(copy, 0o500)
        return str(Path(self._copy.name, self._program.name))


async def _ready(output: asyncio.StreamReader) -> tuple[str, int] | None:
    """The address of its ready line; None where its output ends without one."""
    async for line in output:
        if found := _READY.search(line):
            return found[1].decode(), int(found[2])
    return None


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_TIMEOUT)
    except TimeoutError:
        log.error("process %d does not end after SIGTERM: killed", process.pid)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _ending(status: int) -> str:
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}"
