"""The application on a program that does what the real ones must not."""

import asyncio
import json
import os
import stat
import sys
import tempfile
import time
import unittest
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import mock

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import app as application  # noqa: E402
import child as child_module  # noqa: E402

LIMIT = 30.0
"""Seconds after which a test that waits has failed: nothing takes so long."""


def program(folder: Path, name: str = "quartet-fake") -> Path:
    """Makes a program of the fake server, run by this Python."""
    path = folder / name
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{HERE / "fake_server.py"}" "$@"\n')
    path.chmod(0o755)
    return path


async def until(condition: Callable[[], bool]) -> None:
    """Waits for something that other processes do."""
    async with asyncio.timeout(LIMIT):
        while not condition():
            await asyncio.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether there is such a process, other than as a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Client:
    """What an ASGI server does for one request."""

    def __init__(self, path: str, method: str = "GET", **scope: Any) -> None:
        self.scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"client.example")],
            **scope,
        }
        self.requests: asyncio.Queue[application.Message] = asyncio.Queue()
        self.answers: asyncio.Queue[application.Message] = asyncio.Queue()
        if not any(name in (b"content-length", b"transfer-encoding") for name, _ in self.headers):
            self.put(b"")

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        headers: list[tuple[bytes, bytes]] = self.scope["headers"]
        return headers

    def put(self, body: bytes, *, more: bool = False) -> None:
        self.requests.put_nowait({"type": "http.request", "body": body, "more_body": more})

    def leave(self) -> None:
        self.requests.put_nowait({"type": "http.disconnect"})

    async def run(self, app: application.Application) -> None:
        async with asyncio.timeout(LIMIT):
            await app(self.scope, self.requests.get, self.answers.put)

    async def ask(self, app: application.Application) -> tuple[int, dict[bytes, bytes], bytes]:
        """Runs the whole exchange: the status, the fields and the content."""
        await self.run(app)
        start = self.answers.get_nowait()
        content = b""
        while True:
            part = self.answers.get_nowait()
            content += part["body"]
            if not part["more_body"]:
                return start["status"], dict(start["headers"]), content

    async def echo(self, app: application.Application) -> dict[str, Any]:
        """What the program got."""
        status, _, content = await self.ask(app)
        assert status == 200, content
        told: dict[str, Any] = json.loads(content)
        return told


class Lifespan:
    """What an ASGI server does from its start to its end."""

    def __init__(self, app: application.Application) -> None:
        self._to: asyncio.Queue[application.Message] = asyncio.Queue()
        self._from: asyncio.Queue[application.Message] = asyncio.Queue()
        self._task = asyncio.create_task(
            self._call(app({"type": "lifespan"}, self._to.get, self._from.put))
        )

    async def _call(self, call: Awaitable[None]) -> None:
        await call

    async def say(self, what: str) -> application.Message:
        self._to.put_nowait({"type": f"lifespan.{what}"})
        async with asyncio.timeout(LIMIT):
            return await self._from.get()


class Case(unittest.IsolatedAsyncioTestCase):
    environment: dict[str, str] = {}  # noqa: RUF012

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.marker = self.folder / "marker"
        variables = {
            "QUARTET_SERVER": str(program(self.folder)),
            "FAKE_MARKER": str(self.marker),
            **self.environment,
        }
        patch = mock.patch.dict(os.environ, variables)
        patch.start()
        self.addCleanup(patch.stop)
        for name in {"QUARTET_WORKERS", "QUARTET_ROOT_PATH_TIMES"} - self.environment.keys():
            os.environ.pop(name, None)

    async def asyncSetUp(self) -> None:
        self.app = application.Application()
        self.lifespan = Lifespan(self.app)
        self.startup = await self.lifespan.say("startup")

    async def asyncTearDown(self) -> None:
        if self.startup["type"] == "lifespan.startup.complete":
            await self.lifespan.say("shutdown")

    @property
    def child(self) -> child_module.Child:
        assert self.app._child is not None
        return self.app._child


class Forwarding(Case):
    async def test_target_is_not_decoded(self) -> None:
        client = Client("/a%2Fb//%25/../c", query_string=b"q=%20+&q", root_path="")
        self.assertEqual((await client.echo(self.app))["target"], "/a%2Fb//%25/../c?q=%20+&q")

    async def test_root_path_is_taken_off_once(self) -> None:
        # The root path is that of each route, or not there, and uvicorn puts it before every path.
        routes = (
            "/greetings",
            "/greetings/en",
            "/healthz",
            "/readyz",
            "/docs",
            "/openapi.json",
            "/",
        )
        for root in ("", "/content/42", "/content/42/", "/a%20b", *routes[:-1]):
            for path in (*routes, "*"):
                client = Client("", raw_path=(root + path).encode(), root_path=root)
                self.assertEqual((await client.echo(self.app))["target"], path, (root, path))

    async def test_path_without_root_path_is_left_as_it_is(self) -> None:
        client = Client("", raw_path=b"/x", root_path="/content/42")
        self.assertEqual((await client.echo(self.app))["target"], "/x")

    async def test_root_path_may_be_percent_encoded(self) -> None:
        for root in ("/a b", "/a b/"):
            client = Client("", raw_path=b"/a%20b/x", root_path=root)
            self.assertEqual((await client.echo(self.app))["target"], "/x")

    async def test_root_path_ends_at_a_segment(self) -> None:
        client = Client("", raw_path=b"/content/421", root_path="/content/42")
        self.assertEqual((await client.echo(self.app))["target"], "/content/421")

    async def test_root_without_slash_is_redirected(self) -> None:
        for root in ("/content/42", "/content/42/"):
            client = Client("", raw_path=b"/content/42", root_path=root, query_string=b"q=%20")
            status, headers, _ = await client.ask(self.app)
            self.assertEqual((status, headers[b"location"]), (308, b"./42/?q=%20"))

    async def test_path_without_raw_path(self) -> None:
        client = Client("/grüße")
        del client.scope["raw_path"]
        self.assertEqual((await client.echo(self.app))["target"], "/gr%C3%BC%C3%9Fe")

    async def test_headers(self) -> None:
        client = Client(
            "/",
            headers=[
                (b"host", b"client.example"),
                (b"authorization", b"Key abc"),
                (b"cookie", b"a=1"),
                (b"cookie", b"b=2"),
                (b"connection", b"x-private, close"),
                (b"x-private", b"1"),
                (b"te", b"trailers"),
                (b"upgrade", b"h2c"),
            ],
        )
        told = await client.echo(self.app)
        self.assertEqual(
            told["headers"],
            [
                ["host", "client.example"],
                ["authorization", "Key abc"],
                ["cookie", "a=1"],
                ["cookie", "b=2"],
                ["via", "1.1 quartet-connect"],
            ],
        )

    async def test_date_and_server_are_the_asgi_servers(self) -> None:
        _, headers, _ = await Client("/").ask(self.app)
        self.assertEqual(list(headers), [b"content-length"])

    async def test_connection_is_kept(self) -> None:
        self.assertEqual([(await Client("/").echo(self.app))["asked"] for _ in range(3)], [1, 2, 3])

    async def test_missing_host(self) -> None:
        status, headers, _ = await Client("/", headers=[]).ask(self.app)
        self.assertEqual((status, headers[b"content-type"]), (400, b"application/problem+json"))

    async def test_content_with_length_and_in_chunks(self) -> None:
        for framing in ((b"content-length", b"6"), (b"transfer-encoding", b"chunked")):
            client = Client("/", "POST", headers=[(b"host", b"h"), framing])
            client.put(b"abc", more=True)
            client.put(b"def")
            self.assertEqual((await client.echo(self.app))["content"], "abcdef")

    async def test_content_streams_both_ways(self) -> None:
        client = Client("/stream", "POST", headers=[(b"host", b"h"), (b"transfer-encoding", b"x")])
        running = asyncio.create_task(client.run(self.app))
        client.put(b"one", more=True)
        async with asyncio.timeout(LIMIT):
            self.assertEqual((await client.answers.get())["status"], 200)
            self.assertEqual((await client.answers.get())["body"], b"ONE")
            # Only now is there more: what waited for the end would wait for ever.
            client.put(b"two")
            self.assertEqual((await client.answers.get())["body"], b"TWO")
        await running

    async def test_answer_before_the_end_of_the_content(self) -> None:
        client = Client("/early", "POST", headers=[(b"host", b"h"), (b"content-length", b"9")])
        client.put(b"abc", more=True)
        status, _, content = await client.ask(self.app)
        self.assertEqual((status, content), (405, b"no"))

    async def test_truncated_answer_has_no_end(self) -> None:
        client = Client("/cut")
        with self.assertRaises(Exception):  # noqa: B017 the ASGI server closes on any
            await client.run(self.app)
        sent = [client.answers.get_nowait() for _ in range(client.answers.qsize())]
        self.assertEqual([part.get("body") for part in sent], [None, b"abc"])
        self.assertTrue(sent[-1]["more_body"])

    async def test_client_that_leaves_ends_the_request(self) -> None:
        client = Client("/hang")
        client.leave()
        await client.run(self.app)
        self.assertTrue(client.answers.empty())
        await until(self.marker.exists)

    async def test_silent_program_is_504(self) -> None:
        with mock.patch.object(application, "ANSWER_TIMEOUT", 0.05):
            status, _, _ = await Client("/hang").ask(self.app)
        self.assertEqual(status, 504)

    async def test_websocket_is_closed(self) -> None:
        client = Client("/", type="websocket")
        await client.run(self.app)
        self.assertEqual(client.answers.get_nowait()["type"], "websocket.close")


class LeftThere(Case):
    """Hypercorn, Granian or Daphne behind a proxy that strips, as they pass on what they get."""

    environment = {"QUARTET_ROOT_PATH_TIMES": "0"}  # noqa: RUF012

    async def test_nothing_is_taken_off(self) -> None:
        client = Client("", raw_path=b"/greetings/en", root_path="/greetings")
        self.assertEqual((await client.echo(self.app))["target"], "/greetings/en")


class Twice(Case):
    """uvicorn behind a proxy that does not strip."""

    environment = {"QUARTET_ROOT_PATH_TIMES": "2"}  # noqa: RUF012

    async def test_root_path_is_taken_off_twice(self) -> None:
        for path in ("/greetings", "/greetings/en", "/"):
            client = Client(
                "", raw_path=f"/greetings/greetings{path}".encode(), root_path="/greetings"
            )
            self.assertEqual((await client.echo(self.app))["target"], path)


class Mistaken(unittest.IsolatedAsyncioTestCase):
    async def test_setting_that_is_no_such_number_ends_the_start(self) -> None:
        for value in ("3", "-1", "once"):
            with mock.patch.dict(os.environ, {"QUARTET_ROOT_PATH_TIMES": value}):
                message = await Lifespan(application.Application()).say("startup")
            self.assertEqual(message["type"], "lifespan.startup.failed")
            self.assertIn(f"QUARTET_ROOT_PATH_TIMES is {value}", message["message"])


class Dying(Case):
    async def test_program_that_is_killed_is_started_again(self) -> None:
        first = (await Client("/").echo(self.app))["pid"]
        os.kill(first, 9)
        second = (await Client("/").echo(self.app))["pid"]
        self.assertNotEqual(first, second)

    async def test_safe_request_is_sent_again(self) -> None:
        status, _, content = await Client("/die-once").ask(self.app)
        self.assertEqual((status, content), (200, b"alive"))

    async def test_other_request_is_502(self) -> None:
        status, headers, content = await Client("/die", "POST").ask(self.app)
        self.assertEqual((status, headers[b"content-type"]), (502, b"application/problem+json"))
        self.assertEqual(json.loads(content)["status"], 502)

    async def test_shutdown_ends_the_program(self) -> None:
        pid = (await Client("/").echo(self.app))["pid"]
        self.assertEqual((await self.lifespan.say("shutdown"))["type"], SHUTDOWN)
        self.assertFalse(is_alive(pid))
        self.startup = {"type": ""}  # it is over

    async def test_without_lifespan_the_first_request_starts_it(self) -> None:
        app = application.Application()
        self.assertEqual((await Client("/").echo(app))["asked"], 1)
        assert app._child is not None
        await app._child.stop()


SHUTDOWN = "lifespan.shutdown.complete"


class Stubborn(Case):
    environment = {"FAKE_STUBBORN": "1"}  # noqa: RUF012

    async def test_program_that_ignores_sigterm_is_killed(self) -> None:
        pid = (await Client("/").echo(self.app))["pid"]
        with mock.patch.object(child_module, "STOP_TIMEOUT", 0.1):
            await self.lifespan.say("shutdown")
        self.assertFalse(is_alive(pid))
        self.startup = {"type": ""}


class Failing(Case):
    environment = {"FAKE_FAILS": "1"}  # noqa: RUF012

    def setUp(self) -> None:
        super().setUp()
        patch = mock.patch.object(application, "PATIENCE", 0.2)
        patch.start()
        self.addCleanup(patch.stop)

    async def test_program_that_does_not_start_is_503(self) -> None:
        for method, is_empty in (("GET", False), ("HEAD", True)):
            status, headers, content = await Client("/", method).ask(self.app)
            self.assertEqual((status, headers[b"retry-after"]), (503, b"1"))
            self.assertEqual(headers[b"content-type"], b"application/problem+json")
            self.assertEqual(content == b"", is_empty)


class Restarts(unittest.IsolatedAsyncioTestCase):
    async def test_waits_longer_each_time(self) -> None:
        delays: list[float] = []
        enough = asyncio.Event()
        sleep = asyncio.sleep

        async def note(delay: float) -> None:
            delays.append(delay)
            if len(delays) == 9:
                enough.set()
            await sleep(0)

        with (
            tempfile.TemporaryDirectory() as folder,
            mock.patch.dict(os.environ, {"FAKE_FAILS": "1"}),
            mock.patch.object(child_module, "_ready", mock.AsyncMock(return_value=None)),
            mock.patch.object(asyncio, "sleep", note),
        ):
            child = child_module.Child(program(Path(folder)))
            child.start()
            async with asyncio.timeout(LIMIT):
                await enough.wait()
            await child.stop()
        self.assertEqual(delays[:9], [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0])


class Finding(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for patch in (
            mock.patch.object(child_module, "HERE", self.folder),
            mock.patch.dict(os.environ),
        ):
            patch.start()
            self.addCleanup(patch.stop)
        os.environ.pop("QUARTET_SERVER", None)

    def test_none_one_and_two(self) -> None:
        with self.assertRaisesRegex(child_module.Unusable, "no program"):
            child_module.find_program()
        one = program(self.folder, "quartet-axum")
        self.assertEqual(child_module.find_program(), one)
        program(self.folder, "quartet-warp")
        with self.assertRaisesRegex(child_module.Unusable, "quartet-axum, quartet-warp"):
            child_module.find_program()
        os.environ["QUARTET_SERVER"] = "quartet-axum"
        self.assertEqual(child_module.find_program(), one)
        os.environ["QUARTET_SERVER"] = "nothing"
        with self.assertRaisesRegex(child_module.Unusable, "no such file"):
            child_module.find_program()

    def test_program_that_lost_its_mode_is_copied(self) -> None:
        path = program(self.folder)
        path.chmod(stat.S_IRUSR)

        async def run() -> None:
            child = child_module.Child(path)
            with mock.patch.object(os, "access", return_value=False):
                child.start()
                self.assertIsNotNone(await child.address(LIMIT))
            await child.stop()

        asyncio.run(run())

    def test_startup_fails_without_a_program(self) -> None:
        async def run() -> application.Message:
            return await Lifespan(application.Application()).say("startup")

        message = asyncio.run(run())
        self.assertEqual(message["type"], "lifespan.startup.failed")
        self.assertIn("no program", message["message"])


@unittest.skipUnless(sys.platform == "linux", "only Linux ends a child with its parent")
class Orphan(unittest.TestCase):
    def test_program_ends_with_a_worker_that_is_killed(self) -> None:
        code = (
            "import asyncio, sys; sys.path.insert(0, sys.argv[1])\n"
            "from pathlib import Path\n"
            "from child import Child\n"
            "async def main():\n"
            "    child = Child(Path(sys.argv[2]))\n"
            "    child.start()\n"
            "    await child.address(30)\n"
            "    print(child.pid, flush=True)\n"
            "    await asyncio.Event().wait()\n"
            "asyncio.run(main())\n"
        )
        with tempfile.TemporaryDirectory() as folder:
            path = program(Path(folder))

            async def run() -> int:
                worker = await asyncio.create_subprocess_exec(
                    sys.executable, "-c", code, str(HERE.parent), str(path),
                    stdout=asyncio.subprocess.PIPE,
                )  # fmt: skip
                assert worker.stdout is not None
                async with asyncio.timeout(LIMIT):
                    pid = int(await worker.stdout.readline())
                assert is_alive(pid)
                worker.kill()
                await worker.wait()
                return pid

            pid = asyncio.run(run())
            deadline = time.monotonic() + LIMIT
            while is_alive(pid) and time.monotonic() < deadline:
                time.sleep(0.01)
            alive = is_alive(pid)
            with suppress(ProcessLookupError):
                os.kill(pid, 9)
            self.assertFalse(alive)


if __name__ == "__main__":
    unittest.main()
