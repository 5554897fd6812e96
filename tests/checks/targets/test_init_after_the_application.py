"""What takes an application before init runs, and what it still finds in time."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
AIOHTTP = """\
import asyncio
import os

import sentry_sdk
from aiohttp import web


def watch():
    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])


async def start(app):
    watch()


async def serve():
    app = web.Application()
    {before}
    runner = web.AppRunner(app)
    await runner.setup()
    {after}
    await web.TCPSite(runner, "0.0.0.0", 8080).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
"""
SERVED = """\
import os

import sentry_sdk
import uvicorn
from fastapi import FastAPI

app = FastAPI()

if __name__ == "__main__":
    {}
    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])
"""
LITESTAR = """\
import os

import sentry_sdk
from litestar import Litestar

DEBUG = False
if {}:
    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])
app = Litestar([])
sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])
"""
SANIC = """\
import os

import sentry_sdk
from sanic import Sanic

app = Sanic("shop")


@app.{}
async def start(app, loop):
    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])
"""
BEFORE, AFTER = AIOHTTP.format(before="watch()", after="pass"), AIOHTTP.format(before="pass", after="watch()")
AT_STARTUP = AIOHTTP.format(before="app.on_startup.append(start)", after="pass")
PERHAPS = AIOHTTP.format(before="pass", after="pass").replace(
    "    await runner.setup()\n",
    '    if os.environ["MODE"] == "a":\n        await runner.setup()\n    watch()\n    await runner.setup()\n',
)

PYTHON = "python main.py"
CASES = [
    ("aiohttp, before the runner is set up", BEFORE, PYTHON, P, "in production", ""),
    (
        "aiohttp, after it",
        AFTER,
        PYTHON,
        F,
        "sentry_sdk.init() comes too late: it follows `runner.setup()` (main.py:20), which takes the application's handler as it is",
        "call sentry_sdk.init() before main.py:20",
    ),
    ("aiohttp, at its startup", AT_STARTUP, PYTHON, P, "from the startup of the application only", ""),
    ("aiohttp, perhaps after it", PERHAPS, PYTHON, U, "may come too late: it follows `runner.setup()`", ""),
    (
        "a server that is run before",
        SERVED.format("uvicorn.run(app)"),
        PYTHON,
        F,
        "it follows `uvicorn.run(app)` (main.py:10), which returns only when the process stops",
        "call sentry_sdk.init() before main.py:10",
    ),
    (
        "a server made before",
        SERVED.format("uvicorn.Server(uvicorn.Config(app)).run()"),
        PYTHON,
        F,
        "which returns only when the process stops",
        "call sentry_sdk.init() before main.py:10",
    ),
    (
        "a server run in a branch that production does not take",
        SERVED.format("DEBUG = False\n    if DEBUG:\n        uvicorn.run(app)"),
        PYTHON,
        P,
        "in production",
        "",
    ),
    (
        "Litestar, made after a call that never runs",
        LITESTAR.format("DEBUG"),
        "uvicorn main:app",
        F,
        "comes too late: the Litestar application is made before it (main.py:9) and reports nothing",
        "call sentry_sdk.init() before main.py:9",
    ),
    (
        "Litestar, made after a call that runs",
        LITESTAR.format("not DEBUG"),
        "uvicorn main:app",
        P,
        "in production",
        "",
    ),
    (
        "Litestar, made after a call that may run",
        LITESTAR.format('os.environ["MODE"] == "a"'),
        "uvicorn main:app",
        U,
        "MODE",
        "",
    ),
    ("Sanic, in each worker", SANIC.format("before_server_start"), "sanic main:app", P, "startup", ""),
    (
        "Sanic, in the process that starts the workers",
        SANIC.format("main_process_start"),
        "sanic main:app",
        U,
        "nothing in production was seen to call it",
        "call it when the module is imported",
    ),
]


@pytest.mark.parametrize(("name", "code", "command", "outcome", "message", "hint"), CASES, ids=[c[0] for c in CASES])
def test_init_takes_effect_before_the_application_is_taken(name, code, command, outcome, message, hint):
    files = {"main.py": code, "requirements.txt": "aiohttp\nfastapi\nlitestar\nsanic\nsentry-sdk\n"}
    result = check_one("sdk-initialized", files | {"Procfile": f"web: {command}\n"})
    text = " ".join([f.message for f in result.findings] + [e.fact for e in result.evidence])
    assert (result.outcome, message in text) == (outcome, True), (result.outcome, text)
    assert not hint or [(f.path, f.hint) for f in result.findings][-1:] == [("main.py", hint)]
