"""The greetings API in Falcon's asynchronous half.

Falcon has neither response models nor documentation of its own. As in the original, a lang without
a greeting is a 500.
"""

import json
from pathlib import Path

from falcon.asgi import App, Request, Response

db: dict[str, str] = json.loads(
    (Path(__file__).parents[2] / "greetings.json").read_text("utf-8")
)


class Greetings:
    async def on_get(self, req: Request, resp: Response) -> None:
        resp.media = [{"lang": lang, "text": text} for lang, text in sorted(db.items())]


class Greeting:
    async def on_get(self, req: Request, resp: Response, lang: str) -> None:
        resp.media = {"lang": lang, "text": db[lang]}


app = App()
app.add_route("/greetings", Greetings())
app.add_route("/greetings/{lang}", Greeting())
