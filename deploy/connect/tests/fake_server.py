"""A server program for the tests: it starts as the real ones do, and does what they must not."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import h11


class Peer:
    """One connection from the application."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.http = h11.Connection(h11.SERVER)
        self.reader = reader
        self.writer = writer
        self.asked = 0

    async def receive(self) -> h11.Event | None:
        while True:
            event = self.http.next_event()
            if event is h11.NEED_DATA:
                self.http.receive_data(await self.reader.read(65536))
            else:
                return event if isinstance(event, h11.Event) else None

    async def send(self, *events: h11.Event) -> None:
        self.writer.write(b"".join(self.http.send(event) or b"" for event in events))
        await self.writer.drain()

    async def content(self) -> bytes:
        content = b""
        while isinstance(event := await self.receive(), h11.Data):
            content += event.data
        return content

    async def answer(self, content: bytes, status: int = 200) -> None:
        headers = [("Content-Length", str(len(content))), ("Date", "never"), ("Server", "fake")]
        await self.send(
            h11.Response(status_code=status, headers=headers),
            h11.Data(data=content),
            h11.EndOfMessage(),
        )


async def echo(peer: Peer, request: h11.Request) -> None:
    """Tells what arrived."""
    content = await peer.content()
    told = {
        "method": request.method.decode(),
        "target": request.target.decode(),
        "headers": [[name.decode(), value.decode()] for name, value in request.headers],
        "content": content.decode(),
        "asked": peer.asked,
        "pid": os.getpid(),
    }
    await peer.answer(json.dumps(told).encode())


async def stream(peer: Peer, request: h11.Request) -> None:
    """Answers each part of the content before it takes the next."""
    await peer.send(h11.Response(status_code=200, headers=[("Transfer-Encoding", "chunked")]))
    while isinstance(event := await peer.receive(), h11.Data):
        await peer.send(h11.Data(data=event.data.upper()))
    await peer.send(h11.EndOfMessage())


async def early(peer: Peer, request: h11.Request) -> None:
    """Answers before it has read the content."""
    await peer.answer(b"no", 405)
    while await peer.reader.read(65536):
        pass


async def cut(peer: Peer, request: h11.Request) -> None:
    """Ends in the middle of its answer."""
    head = h11.Response(status_code=200, headers=[("Content-Length", "10")])
    await peer.send(head, h11.Data(data=b"abc"))
    peer.writer.close()


async def die(peer: Peer, request: h11.Request) -> None:
    """Dies without an answer."""
    os._exit(1)


async def die_once(peer: Peer, request: h11.Request) -> None:
    """Dies without an answer, but only the first time."""
    marker = Path(os.environ["FAKE_MARKER"])
    if not marker.exists():
        marker.touch()
        os._exit(1)
    await peer.answer(b"alive")


async def hang(peer: Peer, request: h11.Request) -> None:
    """Tells when the application goes away, and never answers."""
    await peer.reader.read(1)
    Path(os.environ["FAKE_MARKER"]).touch()


ROUTES: dict[bytes, Callable[[Peer, h11.Request], Awaitable[None]]] = {
    b"/stream": stream,
    b"/early": early,
    b"/cut": cut,
    b"/die": die,
    b"/die-once": die_once,
    b"/hang": hang,
}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    peer = Peer(reader, writer)
    while isinstance(request := await peer.receive(), h11.Request):
        peer.asked += 1
        await ROUTES.get(request.target, echo)(peer, request)
        if peer.http.our_state is not h11.DONE or peer.http.their_state is not h11.DONE:
            break
        peer.http.start_next_cycle()
    writer.close()


async def main() -> None:
    if os.environ.get("FAKE_FAILS"):
        sys.exit(3)
    if os.environ.get("FAKE_STUBBORN"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    assert sys.argv[1:] == ["--listen", "127.0.0.1:0", "--workers", "1"], sys.argv
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(f"listening on http://127.0.0.1:{port}", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
