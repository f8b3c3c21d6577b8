"""Times an original in process: its JSON alone, and its application without the server.

    PYTHON baselines/in_process.py NAME

PYTHON is that of the original's environment. Each line on standard input asks for one figure, and
is answered by one: `payload LANE COUNT` for the nanoseconds that it takes to serialise COUNT
answers, as this framework does, and `dispatch LANE COUNT` for those from COUNT parsed requests to
their answers, by way of ASGI. LANE is `one` or `list`. An application that answers wrongly ends
the program with one line on standard error and exit status 1.
"""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from time import perf_counter_ns
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

ASGI = {"version": "3.0", "spec_version": "2.3"}

PATHS = {"one": "/greetings/en", "list": "/greetings"}

Serialise = Callable[[], object]


def fastapi_json(module: ModuleType) -> dict[str, Serialise]:
    """FastAPI has Pydantic write the response model's JSON."""
    from pydantic import TypeAdapter

    one, several = TypeAdapter(module.Greeting), TypeAdapter(list[module.Greeting])
    values = {
        lane: [module.Greeting(**each) for each in each_of(value)]
        for lane, value in ANSWERS.items()
    }
    return {
        "one": lambda: one.dump_json(values["one"][0]),
        "list": lambda: several.dump_json(values["list"]),
    }


def quart_json(module: ModuleType) -> dict[str, Serialise]:
    dumps = module.app.json.dumps
    return {lane: lambda value=value: dumps(value) for lane, value in ANSWERS.items()}


def falcon_json(_: ModuleType) -> dict[str, Serialise]:
    from falcon import MEDIA_JSON
    from falcon.media import JSONHandler

    serialise = JSONHandler().serialize
    return {
        lane: lambda value=value: serialise(value, MEDIA_JSON)
        for lane, value in ANSWERS.items()
    }


def sanic_json(_: ModuleType) -> dict[str, Serialise]:
    from sanic.helpers import json_dumps

    return {
        lane: lambda value=value: json_dumps(value).encode()
        for lane, value in ANSWERS.items()
    }


JSON = {
    "fastapi": fastapi_json,
    "quart": quart_json,
    "falcon": falcon_json,
    "sanic": sanic_json,
}


def each_of(value: Any) -> list[dict[str, str]]:
    return value if isinstance(value, list) else [value]


def answers() -> dict[str, Any]:
    greetings = json.loads((ROOT / "greetings.json").read_text("utf-8"))
    several = [{"lang": lang, "text": text} for lang, text in sorted(greetings.items())]
    return {"one": {"lang": "en", "text": greetings["en"]}, "list": several}


ANSWERS = answers()


class Lifespan:
    """An application's start and end, as an ASGI server has them."""

    def __init__(self, app: Any) -> None:
        loop = asyncio.get_running_loop()
        self.started, self.ending = loop.create_future(), loop.create_future()
        self.messages = iter([self.start, self.end])
        scope = {"type": "lifespan", "asgi": ASGI, "state": {}}
        self.task = asyncio.ensure_future(app(scope, self.receive, self.send))

    async def start(self) -> dict[str, Any]:
        return {"type": "lifespan.startup"}

    async def end(self) -> dict[str, Any]:
        await self.ending
        return {"type": "lifespan.shutdown"}

    async def receive(self) -> dict[str, Any]:
        return await next(self.messages)()

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"].startswith("lifespan.startup."):
            self.started.set_result(message["type"] == "lifespan.startup.complete")

    async def __aenter__(self) -> None:
        if not await self.started:
            sys.exit("in_process.py: the application does not start")

    async def __aexit__(self, *_: object) -> None:
        self.ending.set_result(None)
        await self.task


class Client:
    """What an ASGI server is to an application, without a socket."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.asked = False
        self.content = bytearray()
        self.status = 0

    async def receive(self) -> dict[str, Any]:
        if self.asked:
            # The client stays.
            await asyncio.get_running_loop().create_future()
        self.asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message["type"] == "http.response.body":
            self.content += message.get("body", b"")

    def get(self, path: str) -> Awaitable[None]:
        scope = {
            "type": "http",
            "asgi": ASGI,
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"127.0.0.1:8000")],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8000),
        }
        self.asked = False
        self.content.clear()
        return self.app(scope, self.receive, self.send)

    async def check(self, lane: str) -> None:
        await self.get(PATHS[lane])
        if self.status != 200 or json.loads(self.content) != ANSWERS[lane]:
            sys.exit(
                f"in_process.py: {PATHS[lane]} is answered {self.status} {bytes(self.content)!r}"
            )


async def measure(app: Any, serialise: dict[str, Serialise]) -> None:
    """Answers what standard input asks."""
    client = Client(app)
    for lane in PATHS:
        await client.check(lane)
    for line in sys.stdin:
        what, lane, count = line.split()
        repeats = range(int(count))
        if what == "payload":
            once = serialise[lane]
            begun = perf_counter_ns()
            for _ in repeats:
                once()
        else:
            path = PATHS[lane]
            begun = perf_counter_ns()
            for _ in repeats:
                await client.get(path)
        print(perf_counter_ns() - begun, flush=True)


async def run_original(name: str) -> None:
    module = import_module("app")
    async with Lifespan(module.app):
        await measure(module.app, JSON[name](module))


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1] not in JSON:
        sys.exit(f"usage: in_process.py {'|'.join(JSON)}")
    name = sys.argv[1]
    directory = ROOT / "baselines" / name
    sys.path.insert(0, str(directory))
    # As the servers are started: the original reads the data from where it is run.
    os.chdir(ROOT if name == "fastapi" else directory)
    os.environ.update(SANIC_ACCESS_LOG="false", SANIC_MOTD="false")
    logging.disable(logging.INFO)
    try:
        from uvloop import run
    except ImportError:
        from asyncio import run
    run(run_original(name))


if __name__ == "__main__":
    main()
