"""The original's application with one thing different each, and without its framework.

A function makes each application, for a server that calls it (uvicorn's `--factory`).
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import List

from fastapi import FastAPI, Request, Response
from starlette.applications import Starlette
from starlette.responses import FileResponse, JSONResponse
from starlette.routing import Route

from app import Greeting, app, db, greeting, greetings

DOCUMENT = Path(__file__).with_name("openapi.json")


def middleware() -> FastAPI:
    """With a middleware that does nothing."""

    @app.middleware("http")
    async def nothing(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        return await call_next(request)

    return app


def no_response_model() -> FastAPI:
    """Without response models. The document differs in the title of a schema alone."""
    bare = FastAPI()
    for path, endpoint, model in (
        ("/greetings", greetings, List[Greeting]),
        ("/greetings/{lang}", greeting, Greeting),
    ):
        described = {200: {"model": model}}
        bare.get(path, response_model=None, responses=described)(endpoint)
    return bare


def starlette() -> Starlette:
    """On what FastAPI is built on. The document is the one that FastAPI makes for the original."""

    async def every(request: Request) -> JSONResponse:
        return JSONResponse([{"lang": lang, "text": text} for lang, text in sorted(db.items())])

    async def one(request: Request) -> JSONResponse:
        lang = request.path_params["lang"]
        return JSONResponse({"lang": lang, "text": db[lang]})

    async def document(request: Request) -> FileResponse:
        return FileResponse(DOCUMENT)

    return Starlette(
        routes=[
            Route("/greetings", every),
            Route("/greetings/{lang}", one),
            Route("/openapi.json", document),
        ]
    )
