"""Frameworks that are older than what the SDK's integration works with: the SDK leaves it off without a word."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.edits import after
from tests.support.repo import check_one

P, F = Outcome.PASS, Outcome.FAIL
INIT = "import sentry_sdk\nsentry_sdk.init()\n"
STARLETTE = "from starlette.applications import Starlette\n"
FLASK = "from flask import Flask\n"
LOCK = '[[package]]\nname = "starlette"\nversion = "{}"\n\n[[package]]\nname = "sentry-sdk"\nversion = "2.75.0"\n'
POETRY = '[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\npython = "^3.11"\nsentry-sdk = "^2.75"\nstarlette = "{}"\n'


def starlette(needs: str = "", **files: str) -> dict[str, str]:
    given = {"requirements.txt": needs} if needs else {}
    return {"main.py": STARLETTE + INIT + "app = Starlette()\n", "Procfile": "web: uvicorn main:app\n"} | given | files


CASES: dict[str, tuple[dict[str, str], Outcome, str, str | None]] = {
    "a pin below": (
        starlette("sentry-sdk==2.75.0\nstarlette==0.13.2\n"),
        F,
        "StarletteIntegration needs starlette>=0.16, and starlette is 0.13.2: the SDK leaves it off",
        "requirements.txt",
    ),
    "the oldest": (starlette("sentry-sdk==2.75.0\nstarlette==0.16.0\n"), P, "", None),
    "a range that reaches it": (starlette("sentry-sdk==2.75.0\nstarlette>=0.13\n"), P, "", None),
    "a range below it": (
        starlette("sentry-sdk==2.75.0\nstarlette<0.15\n"),
        F,
        "starlette is <0.15",
        "requirements.txt",
    ),
    "an SDK whose limits are not known": (starlette("sentry-sdk==2.10.0\nstarlette==0.13.2\n"), P, "", None),
    "a caret of Poetry below": (starlette(pyproject=""), F, "starlette is ^0.13.2", "pyproject.toml"),
    "a caret of Poetry that reaches it": (starlette(pyproject=""), P, "", None),
    "a lock below": (starlette(pyproject="", lock="0.13.2"), F, "starlette is 0.13.2", "poetry.lock"),
    "a lock above": (starlette(pyproject="", lock="0.46.0"), P, "", None),
    "a middleware of the SDK": (
        starlette("sentry-sdk==2.75.0\nstarlette==0.13.2\n")
        | {
            "main.py": STARLETTE
            + INIT
            + "from sentry_sdk.integrations.asgi import SentryAsgiMiddleware\napp = SentryAsgiMiddleware(Starlette())\n"
        },
        P,
        "",
        None,
    ),
    "Flask": (
        {
            "main.py": FLASK + INIT + "app = Flask(__name__)\n",
            "Procfile": "web: gunicorn main:app\n",
            "requirements.txt": "Flask==1.1.1\nsentry-sdk==2.75.0\n",
        },
        F,
        "FlaskIntegration needs flask>=1.1.4, and flask is 1.1.1",
        "requirements.txt",
    ),
}
_WRITTEN = {"a caret of Poetry below": "^0.13.2", "a caret of Poetry that reaches it": "^0", "a lock below": "*", "a lock above": "*"}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_integration_of_an_older_framework(name):
    given, outcome, said, path = CASES[name]
    files = {k: v for k, v in given.items() if k not in ("pyproject", "lock")}
    if "pyproject" in given:
        files["pyproject.toml"] = POETRY.format(_WRITTEN[name])
    if "lock" in given:
        files["poetry.lock"] = LOCK.format(given["lock"])
    found = check_one("integrations-installed", files)
    assert found.outcome is outcome, found.verdicts
    if outcome is F:
        finding = found.verdicts[0].findings[0]
        assert said in finding.message and finding.path == path
        assert finding.hint is not None and finding.hint.startswith("upgrade ")


@pytest.mark.parametrize(
    ("needs", "reason"),
    [
        ("starlette==0.13.2\n", "requirements.txt:1 asks for starlette ==0.13.2, and sentry-sdk needs starlette>=0.19.1 to report from Starlette"),
        ("starlette==0.19.0\n", "requirements.txt:1 asks for starlette ==0.19.0, and sentry-sdk needs starlette>=0.19.1 to report from Starlette"),
    ],
)  # fmt: skip
def test_the_step_leaves_an_older_framework_to_the_person(tmp_path, needs, reason):
    files = starlette(needs) | {"main.py": STARLETTE + "app = Starlette()\n"}
    done = after(tmp_path, files, "sdk")
    assert done.steps["sdk"].outcome == "refused" and reason in (done.steps["sdk"].reason or "")
    assert done.text("main.py") == files["main.py"] and done.text("requirements.txt") == needs


def test_the_step_adds_the_sdk_beside_the_oldest_that_its_extra_takes(tmp_path):
    done = after(tmp_path, starlette("starlette==0.19.1\n") | {"main.py": STARLETTE + "app = Starlette()\n"}, "sdk")
    assert "sentry-sdk[starlette]" in done.text("requirements.txt") and "sentry_sdk.init(" in done.text("main.py")
