"""The greetings API in Sanic, with Sanic Extensions for the documentation.

Sanic has no response models. As in the original, a lang without a greeting is a 500.
"""

from json import loads
from pathlib import Path
from typing import TypedDict

from sanic import Request, Sanic, json
from sanic.response import JSONResponse
from sanic_ext import openapi


class Greeting(TypedDict):
    lang: str
    text: str


app = Sanic("greetings")
db: dict[str, str] = loads(
    (Path(__file__).parents[2] / "greetings.json").read_text("utf-8")
)


@app.get("/greetings")
@openapi.response(200, {"application/json": list[Greeting]})
async def greetings(request: Request) -> JSONResponse:
    return json([Greeting(lang=lang, text=text) for lang, text in sorted(db.items())])


@app.get("/greetings/<lang:str>", unquote=True)
@openapi.response(200, {"application/json": Greeting})
async def greeting(request: Request, lang: str) -> JSONResponse:
    return json(Greeting(lang=lang, text=db[lang]))
