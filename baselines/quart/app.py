"""The greetings API in Quart, with Quart-Schema for the response model and the documentation.

As in the original, a lang without a greeting fails the response model, which is a 500.
"""

import json
from pathlib import Path

from pydantic import BaseModel
from quart import Quart
from quart_schema import QuartSchema, validate_response


class Greeting(BaseModel):
    lang: str
    text: str


app = Quart(__name__)
QuartSchema(app)
db = json.loads((Path(__file__).parents[2] / "greetings.json").read_text("utf-8"))


@app.get("/greetings")
@validate_response(list[Greeting])
async def greetings() -> list[Greeting]:
    return [Greeting(lang=lang, text=text) for lang, text in sorted(db.items())]


@app.get("/greetings/<lang>")
@validate_response(Greeting)
async def greeting(lang: str) -> Greeting:
    return Greeting(lang=lang, text=db.get(lang))
