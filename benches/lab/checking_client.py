"""A client that asks a server for greetings at a constant rate and checks each answer. No fault is known here."""

import asyncio
import json
import random
import re
import time

RATE = 200
"""Requests per second."""
PATHS = ["/greetings", "/greetings/en", "/greetings/en"]


class Asked:
    """What the requests came to since the fault began."""

    def __init__(self) -> None:
        self.answers = 0
        self.unavailable: list[float] = []
        """When each request was sent that was answered with 503."""
        self.latest = 0.0
        self.wrong: list[str] = []


class Client:
    """Asks a server at a constant rate, whatever it answers."""

    def __init__(self, port: int, allowed: set[str]) -> None:
        self.port, self.allowed = port, allowed
        self.free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.asked = Asked()
        self.pending: set[asyncio.Task] = set()
        self.goes_on = True

    async def run(self) -> None:
        due = time.monotonic()
        while self.goes_on:
            task = asyncio.create_task(self.ask(random.choice(PATHS)))
            self.pending.add(task)
            task.add_done_callback(self.pending.discard)
            due += 1 / RATE
            await asyncio.sleep(max(0, due - time.monotonic()))
        await asyncio.gather(*self.pending)
        for _, writer in self.free:
            writer.close()

    async def ask(self, path: str) -> None:
        asked, sent = self.asked, time.monotonic()
        try:
            async with asyncio.timeout(10):
                wrong = await self.answer(path, asked, sent)
        except (OSError, EOFError, LookupError, TimeoutError, TypeError, ValueError) as error:
            wrong = f"{path}: {type(error).__name__} {error}"
        asked.answers += 1
        asked.latest = max(asked.latest, time.monotonic() - sent)
        if wrong:
            asked.wrong.append(wrong)

    async def answer(self, path: str, asked: Asked, sent: float) -> str | None:
        reader, writer = self.free.pop() if self.free else await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"(?i)content-length: (\d+)", head)
        content = (await reader.readexactly(int(length[1]))).decode()
        self.free.append((reader, writer))
        status = int(head.split(" ", 2)[1])
        if status == 503:
            asked.unavailable.append(sent)
            is_problem = "application/problem+json" in head and re.search(r"(?i)\nretry-after: \d", head)
            return None if is_problem and json.loads(content)["status"] == 503 else f"{path}: {head} {content}"
        value = json.loads(content)
        rows = value if path == "/greetings" else [value]
        texts = [row["text"] for row in rows if row["lang"] == "en"] if status == 200 else []
        return None if len(texts) == 1 and texts[0] in self.allowed else f"{path}: {status} {content[:200]}"
