"""The application of the folder above, whose greetings are in PostgreSQL.

Routes, models and answers are the same. A request takes a connection of a pool and awaits one statement,
which asyncpg prepares once a connection. `GREETINGS_DATABASE` is the database's URL.
"""

import os
from contextlib import asynccontextmanager
from typing import List

import asyncpg
from fastapi import FastAPI
from pydantic import BaseModel

# [database]
CONNECTIONS = 16
"""How many connections the pool holds open: as many as the pool that the servers are compared with."""
# [/database]


class Greeting(BaseModel):
    lang: str
    text: str


# [database]
@asynccontextmanager
async def lifespan(app: FastAPI):
    url = os.environ["GREETINGS_DATABASE"]
    async with asyncpg.create_pool(
        url, min_size=CONNECTIONS, max_size=CONNECTIONS
    ) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)
# [/database]


@app.get("/greetings", response_model=List[Greeting])
async def greetings():
    rows = await app.state.pool.fetch("SELECT lang, text FROM greetings ORDER BY lang")
    return [Greeting(lang=row["lang"], text=row["text"]) for row in rows]


# [database]
@app.get("/greetings/{lang}", response_model=Greeting)
async def greeting(lang: str = "en"):
    text = await app.state.pool.fetchval(
        "SELECT text FROM greetings WHERE lang = $1", lang
    )
    return Greeting(lang=lang, text=text)


# [/database]
