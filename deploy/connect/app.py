"""An ASGI application that is a server program: it starts one and passes every request on to it.

Posit Connect runs ASGI applications and has no content type for a program. This carries one there.
"""

import asyncio
import contextlib
import json
import logging
import os
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import h11

from child import Child, Unusable, find_program
from upstream import Connection, Headers, Lost, Pool, Sent, end_to_end

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

ROOT_PATH_TIMES = "QUARTET_ROOT_PATH_TIMES"
"""The environment variable that says how often the root path stands before a path.

ASGI servers do not agree on it. uvicorn puts its root path before whatever it is asked for, so that
it stands there once where a proxy has stripped it, as Posit Connect does. Hypercorn, Granian and
Daphne leave the path as it came.
"""

PATIENCE = 5.0
"""How many seconds a request waits for a program that is being started."""

REFUSED_DELAY = 0.05
"""How many seconds to wait where nothing accepts connections: its end is about to be noticed."""

ANSWER_TIMEOUT = 30.0
"""How many seconds the program may be silent while it answers: its own limit is 10 s."""

ATTEMPTS = 3
"""How often a request is sent that the program did not live to answer."""

SAFE = frozenset((b"GET", b"HEAD", b"OPTIONS", b"TRACE"))
"""The methods whose requests may be sent again (RFC 9110 §9.2.1)."""

NOT_PASSED_BACK = frozenset((b"date", b"server"))
"""What every ASGI server says itself: twice would be malformed (RFC 9110 §5.3)."""

log = logging.getLogger("uvicorn.error")


class Problem(Exception):
    """An answer of our own, where there is none of the program's."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Disconnected(Exception):
    """The client is gone: there is no one to answer."""


class Application:
    """The application: one program in each process of the ASGI server."""

    def __init__(self) -> None:
        self._child: Child | None = None
        self._pool = Pool()
        self._root_path_times = 1

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "lifespan":
                await self._lifespan(receive, send)
            case "http":
                await self._http(scope, receive, send)
            case "websocket":
                # None of the programs speaks it. Closed before it is accepted: 403.
                await receive()
                await send({"type": "websocket.close", "code": 1000})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            child = self._started()
        except Unusable as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        # A program that does not start is not the end: requests get 503 while it is tried again.
        await child.address(PATIENCE)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._pool.close()
        await child.stop()
        self._child = None
        await send({"type": "lifespan.shutdown.complete"})

    def _started(self) -> Child:
        """The program; where the server has no lifespan, the first request starts it."""
        if self._child is None:
            self._root_path_times = root_path_times()
            self._child = Child(find_program())
            self._child.start()
        return self._child

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, send)
        try:
            child = self._started()
            target = target_of(scope, self._root_path_times)
            if target.startswith((b"/", b"*")):
                await exchange.run(target, child, self._pool)
            else:
                # The root path without its slash, below which relative links would not stay. The
                # dot is for a segment with a colon (RFC 3986 §4.2).
                segment = raw_path(scope).rpartition(b"/")[2]
                await exchange.redirect(b"./" + segment + b"/" + target)
        except Unusable as error:
            log.error("%s", error)
            await exchange.refuse(Problem(HTTPStatus.BAD_GATEWAY, "There is no server to start"))
        except Problem as problem:
            await exchange.refuse(problem)
        except Disconnected:
            pass


class Exchange:
    """One request and its answer."""

    def __init__(self, scope: Message, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._method = scope["method"].encode("ascii")
        self._headers, self._has_body = inbound(scope)
        self._last_upload = 0.0
        self._is_answered = False
        self._is_complete = False

    async def run(self, target: bytes, child: Child, pool: Pool) -> None:
        """Passes the request on, and the answer back.

        Raises Problem where the program has none, and Disconnected where the client is gone.
        """
        try:
            request = h11.Request(method=self._method, target=target, headers=self._headers)
        except h11.LocalProtocolError as error:
            raise Problem(HTTPStatus.BAD_REQUEST, f"Malformed request: {error}") from error
        attempts = ATTEMPTS if self._method in SAFE and not self._has_body else 1
        for attempt in range(1, attempts + 1):
            connection = await self._connect(child, pool, is_new=attempt == attempts)
            is_kept = False
            try:
                await self._exchange(connection, request)
                is_kept = True
            except (OSError, Lost, h11.ProtocolError) as error:
                if self._is_answered:
                    # What was sent cannot be taken back. That it has no end tells the client.
                    raise
                if isinstance(error, TimeoutError):
                    raise Problem(
                        HTTPStatus.GATEWAY_TIMEOUT, "The server did not answer in time"
                    ) from error
                if isinstance(error, h11.LocalProtocolError):
                    raise Problem(HTTPStatus.BAD_REQUEST, f"Malformed request: {error}") from error
                if attempt == attempts:
                    log.error("%s: %s", type(error).__name__, error)
                    raise Problem(
                        HTTPStatus.BAD_GATEWAY, "The server ended before it answered"
                    ) from error
            finally:
                if is_kept:
                    pool.give_back(connection)
                else:
                    connection.close()
            if is_kept:
                return

    async def _connect(self, child: Child, pool: Pool, *, is_new: bool) -> Connection:
        """A connection to the program as it runs now, waiting for it if it is being started."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE
        while address := await child.address(deadline - loop.time()):
            # Only what can be sent again is sent where the program may be about to close.
            if not (is_new or self._has_body) and (kept := pool.take(address)):
                return kept
            try:
                return await pool.open(address)
            except OSError:
                await asyncio.sleep(REFUSED_DELAY)
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "The server is being started")

    async def _exchange(self, connection: Connection, request: h11.Request) -> None:
        # Both ways at once: an answer may come before the request's end, and be the reason for it.
        upload = asyncio.create_task(self._upload(connection, request))
        answer = asyncio.create_task(self._answer(connection))
        try:
            await asyncio.wait((upload, answer), return_when=asyncio.FIRST_COMPLETED)
            if not answer.done() and not self._is_complete:
                upload.result()  # it ends by an exception only
            await answer
        finally:
            upload.cancel()
            answer.cancel()
            await asyncio.gather(upload, answer, return_exceptions=True)

    async def _upload(self, connection: Connection, request: h11.Request) -> None:
        """Sends the request, and then waits for the client to go away."""
        # With the first part of the content, not before it: where an answer needs no content the
        # program closes, and what arrives after that would reset the connection, answer and all.
        events: list[Sent] = [request]
        if not self._has_body:
            await self._upload_part(connection, [request, h11.EndOfMessage()])
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            if self._has_body:
                if body := message.get("body"):
                    events.append(h11.Data(data=body))
                if not message.get("more_body"):
                    events.append(h11.EndOfMessage())
                await self._upload_part(connection, events)
                events = []

    async def _upload_part(self, connection: Connection, events: list[Sent]) -> None:
        # There may be an answer all the same; what follows is read and dropped.
        with contextlib.suppress(OSError):
            await connection.send(*events)
        self._last_upload = asyncio.get_running_loop().time()

    async def _answer(self, connection: Connection) -> None:
        while True:
            match await self._answer_part(connection):
                case h11.Response() as response:
                    self._is_answered = True
                    await self._start(response.status_code, outbound(response.headers))
                case h11.Data() as data:
                    await self._body(bytes(data.data), is_last=False)
                case h11.EndOfMessage():
                    await self._body(b"", is_last=True)
                    return

    async def _answer_part(
        self, connection: Connection
    ) -> h11.Response | h11.Data | h11.EndOfMessage:
        loop = asyncio.get_running_loop()
        while True:
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT):
                    return await connection.receive()
            except TimeoutError:
                # As long as the client still sends, it is not the program that is slow.
                if loop.time() - self._last_upload >= ANSWER_TIMEOUT:
                    raise

    async def redirect(self, location: bytes) -> None:
        """Answers that it is elsewhere for good."""
        headers = [(b"location", location), (b"content-length", b"0")]
        await self._start(HTTPStatus.PERMANENT_REDIRECT, headers)
        await self._body(b"", is_last=True)

    async def refuse(self, problem: Problem) -> None:
        """Answers with a problem (RFC 9457)."""
        content = json.dumps(
            {
                "type": "about:blank",
                "title": problem.status.phrase,
                "status": problem.status,
                "detail": problem.detail,
            }
        ).encode()
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(content)).encode("ascii")),
            (b"x-content-type-options", b"nosniff"),
        ]
        if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers.append((b"retry-after", b"1"))
        await self._start(problem.status, headers)
        await self._body(b"" if self._method == b"HEAD" else content, is_last=True)

    async def _start(self, status: int, headers: Headers) -> None:
        await self._send({"type": "http.response.start", "status": int(status), "headers": headers})

    async def _body(self, body: bytes, *, is_last: bool) -> None:
        self._is_complete = is_last
        await self._send({"type": "http.response.body", "body": body, "more_body": not is_last})


def root_path_times() -> int:
    """How often the root path stands before a path. Raises Unusable where the setting is wrong."""
    value = os.environ.get(ROOT_PATH_TIMES) or "1"
    if value not in ("0", "1", "2"):
        raise Unusable(f"{ROOT_PATH_TIMES} is {value}, and must be 0, 1 or 2")
    return int(value)


def raw_path(scope: Message) -> bytes:
    """The path as it was sent: decoded and encoded again, %2F would become another path."""
    path: bytes = scope.get("raw_path") or quote(scope["path"]).encode("ascii")
    return path


def target_of(scope: Message, root_path_times: int) -> bytes:
    """The request's target as the program is to see it.

    The root path is taken off so often and no more, for what follows may begin alike. Nothing but a
    query is left of the root path without its slash.
    """
    path = raw_path(scope)
    root_path: str = scope.get("root_path", "")
    # uvicorn puts it there as it was told it, with a slash at its end if it has one. A client sends
    # it percent-encoded, and may leave out that slash.
    told, sent = root_path.encode(), quote(root_path.rstrip("/")).encode("ascii")
    for _ in range(root_path_times):
        if path.startswith((told + b"/", told + b"*")):
            path = path.removeprefix(told)
        elif path == sent or path.startswith((sent + b"/", sent + b"*")):
            path = path.removeprefix(sent)
    query: bytes = scope.get("query_string", b"")
    return path + b"?" + query if query else path


def inbound(scope: Message) -> tuple[Headers, bool]:
    """The request's fields as the program gets them, and whether content follows."""
    version: str = scope.get("http_version", "1.1")
    received: Headers = list(scope["headers"])
    headers = [
        (name, value)
        for name, value in end_to_end(received)
        # The ASGI server says 100 (Continue) when we ask it for the content.
        if not (name == b"expect" and value.strip().lower() == b"100-continue")
    ]
    names = {name for name, _ in received}
    length = [value for name, value in headers if name == b"content-length"]
    if b"transfer-encoding" in names or (
        # From HTTP/2 on, content may come with neither.
        not length and not version.startswith("1") and scope["method"].encode() not in SAFE
    ):
        headers = [(name, value) for name, value in headers if name != b"content-length"]
        headers.append((b"transfer-encoding", b"chunked"))
        has_body = True
    else:
        has_body = any(value.strip() != b"0" for value in length)
    if b"host" not in names and version != "1.1":
        headers.append((b"host", b"127.0.0.1"))
    headers.append((b"via", f"{version} quartet-connect".encode("ascii")))
    return headers, has_body


def outbound(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The answer's fields as the client gets them."""
    return [(name, value) for name, value in end_to_end(headers) if name not in NOT_PASSED_BACK]


app = Application()
