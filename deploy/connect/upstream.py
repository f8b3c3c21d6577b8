"""HTTP/1.1 to the server program: connections that are kept, messages that stream."""

import asyncio
from collections.abc import Iterable

import h11

Headers = list[tuple[bytes, bytes]]
Address = tuple[str, int]
Sent = h11.Request | h11.Data | h11.EndOfMessage

MOST_IDLE = 32
"""How many connections are kept for the next request."""

LONGEST_IDLE = 50.0
"""How many seconds a connection is kept: the program closes it after 60."""

CONNECT_TIMEOUT = 2.0
"""How many seconds a connection may take: it is to this machine."""

CHUNK = 65536

HOP_BY_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)
"""The fields that are about one connection (RFC 9110 §7.6.1)."""


def end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The fields that an intermediary passes on; those that Connection names are not (§7.6.1)."""
    headers = [(name.lower(), value) for name, value in headers]
    named = {
        option.strip().lower()
        for name, value in headers
        if name == b"connection"
        for option in value.split(b",")
    }
    left_out = HOP_BY_HOP | named
    return [(name, value) for name, value in headers if name not in left_out]


class Lost(Exception):
    """The connection ended before the answer did."""


class Connection:
    """One connection, on which one request after the other is asked."""

    def __init__(
        self,
        address: Address,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.address = address
        self.idle_since = 0.0
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT)

    async def send(self, *events: Sent) -> None:
        """Sends parts of the request in one piece.

        Raises h11.LocalProtocolError if they may not be sent, OSError if they cannot be.
        """
        octets = b"".join(self._http.send(event) or b"" for event in events)
        if octets:
            self._writer.write(octets)
            await self._writer.drain()

    async def receive(self) -> h11.Response | h11.Data | h11.EndOfMessage:
        """The next part of the answer; answers before the last (100, 103) are passed over.

        Raises Lost, OSError or h11.RemoteProtocolError.
        """
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                octets = await self._reader.read(CHUNK)
                if not octets and self._http.their_state is h11.SEND_RESPONSE:
                    raise Lost("it was closed before the answer")
                self._http.receive_data(octets)
            elif isinstance(event, h11.InformationalResponse):
                continue
            elif isinstance(event, h11.Response | h11.Data | h11.EndOfMessage):
                return event
            else:
                raise Lost("it was closed")

    def is_reusable(self) -> bool:
        """Whether both messages are complete and neither side wants to close."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        return not self._reader.at_eof()

    def is_open(self) -> bool:
        """Whether the program has not closed it, as far as is known."""
        return not self._reader.at_eof() and not self._writer.is_closing()

    def close(self) -> None:
        """Closes it at once, whatever is under way."""
        self._writer.close()


class Pool:
    """The connections that are kept."""

    def __init__(self) -> None:
        self._idle: list[Connection] = []

    async def open(self, address: Address) -> Connection:
        """A new connection. Raises OSError, of which TimeoutError is one."""
        async with asyncio.timeout(CONNECT_TIMEOUT):
            return Connection(address, *await asyncio.open_connection(*address))

    def take(self, address: Address) -> Connection | None:
        """A kept connection, the one used last; those that are of no use any more are closed."""
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection = self._idle.pop()
            if (
                connection.address == address
                and now - connection.idle_since < LONGEST_IDLE
                and connection.is_open()
            ):
                return connection
            connection.close()
        return None

    def give_back(self, connection: Connection) -> None:
        """Keeps a connection for the next request if it can be kept, and closes it otherwise."""
        if connection.is_reusable() and len(self._idle) < MOST_IDLE:
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Closes what is kept."""
        for connection in self._idle:
            connection.close()
        self._idle.clear()
