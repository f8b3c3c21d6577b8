"""The application of the guide, on FastAPI. Its topics are marked, and cut out for the pages."""

from pathlib import Path as FilePath
from secrets import compare_digest
from typing import Annotated

from fastapi import (
    BackgroundTasks,
    Depends,
    FastAPI,
    Header,
    HTTPException,
    Path,
    Query,
    WebSocket,
    WebSocketDisconnect,
)
from fastapi.middleware.cors import CORSMiddleware
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, Field

# [openapi]
app = FastAPI(title="Greetings", version="1.0.0")
# [/openapi]

# [cors]
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://app.example"],
    allow_methods=["GET", "POST"],
    allow_headers=["content-type"],
)
# [/cors]


# [state]
class Store:
    def __init__(self) -> None:
        self.greetings = {1: Greeting(lang="en", text="hello")}
        self.sent: list[str] = []


def get_store() -> Store:
    return store


def language(accept_language: Annotated[str, Header()] = "en") -> str:
    return accept_language.split(",")[0]


@app.get("/count")
async def get_count(
    store: Annotated[Store, Depends(get_store)],
    lang: Annotated[str, Depends(language)],
) -> dict[str, str | int]:
    return {"lang": lang, "count": len(store.greetings)}


# [/state]


# [route]
@app.get("/hello")
async def hello() -> dict[str, str]:
    return {"message": "hello"}


# [/route]


# [path]
@app.get("/squares/{number}")
async def get_square(number: Annotated[int, Path(ge=1, le=1000)]) -> dict[str, int]:
    return {"number": number, "square": number * number}


# [/path]


# [query]
@app.get("/search")
async def search(
    q: str, limit: Annotated[int, Query(ge=1, le=100)] = 10
) -> dict[str, str | int]:
    return {"q": q, "limit": limit}


# [/query]


# [body]
class Greeting(BaseModel):
    lang: str = Field(min_length=2, max_length=8)
    text: str = Field(min_length=1)


@app.post("/greetings", status_code=201)
async def create(
    greeting: Greeting, store: Annotated[Store, Depends(get_store)]
) -> Greeting:
    store.greetings[len(store.greetings) + 1] = greeting
    return greeting


# [/body]


# [error]
@app.get("/greetings/{id}", responses={404: {"description": "No such greeting"}})
async def get_greeting(id: int, store: Annotated[Store, Depends(get_store)]) -> Greeting:
    if id not in store.greetings:
        raise HTTPException(404, f"no greeting {id}")
    return store.greetings[id]


# [/error]


# [auth]
def user(token: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> str:
    if not compare_digest(token.credentials.encode(), b"secret"):
        raise HTTPException(401, "Invalid token", {"WWW-Authenticate": "Bearer"})
    return "ada"


@app.get("/me")
async def me(user: Annotated[str, Depends(user)]) -> dict[str, str]:
    return {"user": user}


# [/auth]


# [background]
def send(store: Store, address: str) -> None:
    store.sent.append(address)


@app.post("/notify", status_code=202)
async def notify(
    to: str, tasks: BackgroundTasks, store: Annotated[Store, Depends(get_store)]
) -> dict[str, bool]:
    tasks.add_task(send, store, to)
    return {"queued": True}


@app.get("/sent")
async def list_sent(store: Annotated[Store, Depends(get_store)]) -> list[str]:
    return store.sent


# [/background]


# [websocket]
@app.websocket("/ws")
async def echo(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            await socket.send_text("echo: " + await socket.receive_text())
    except WebSocketDisconnect:
        pass


# [/websocket]

# [static]
static = FilePath(__file__).parent.parent / "static"
app.mount("/static", StaticFiles(directory=static))
# [/static]

# [state]
store = Store()
# [/state]
