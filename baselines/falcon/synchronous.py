"""The greetings API in Falcon's synchronous half, for servers of WSGI. Its greetings are the original's."""

from falcon import App, Request, Response

from app import db


class Greetings:
    def on_get(self, req: Request, resp: Response) -> None:
        resp.media = [{"lang": lang, "text": text} for lang, text in sorted(db.items())]


class Greeting:
    def on_get(self, req: Request, resp: Response, lang: str) -> None:
        resp.media = {"lang": lang, "text": db[lang]}


app = App()
app.add_route("/greetings", Greetings())
app.add_route("/greetings/{lang}", Greeting())
