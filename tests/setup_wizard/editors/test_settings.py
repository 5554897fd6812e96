"""Keywords for an init call that stands there already: added behind the others, nothing of it rewritten."""

from __future__ import annotations

import ast

import pytest

from setup_wizard.editors import init_options, settings
from setup_wizard.editors.base import Edit, Edited, Refused, Unchanged
from setup_wizard.plan.engine import Engine
from setup_wizard.plan.model import ManualTask
from setup_wizard.steps import find_steps

OPTIONS = settings.InitOptions(environment="DJANGO_ENV", releases=("SENTRY_RELEASE", "RENDER_GIT_COMMIT"))
NAMES = ("environment", "release")


def add_keywords(data: bytes, line: int) -> Edit:
    values, imports = settings.keywords(OPTIONS, NAMES), settings.needed_imports(OPTIONS, sdk=False)
    return init_options.add_options(data, line, values, (), "p.py", imports)


CALLS = [
    ("import os\nimport sentry_sdk\nsentry_sdk.init(DSN)\n", 3),
    ("import os\nimport sentry_sdk\nsentry_sdk.init(dsn=DSN)  # é\n", 3),
    ("import os\nimport sentry_sdk\nsentry_sdk.init(dsn=DSN, debug=False,)\n", 3),
    ("import os\nimport sentry_sdk\nsentry_sdk.init()\n", 3),
    ("import os\nimport sentry_sdk\nsentry_sdk.init(\n    dsn=DSN,\n)\n", 3),
    ("import os\nimport sentry_sdk\nsentry_sdk.init(\n    dsn=DSN,  # the key é\n    # more later\n)\n", 3),
    ("import os\nimport sentry_sdk\nsentry_sdk.init(\n    dsn=DSN\n)\n", 3),
    ("import os\nimport sentry_sdk\nsentry_sdk.init(\n    dsn=DSN,\n    integrations=[\n        A(),\n    ]\n)\n", 3),
    ("import os\nimport sentry_sdk\nif DSN:\n    sentry_sdk.init(\n        dsn=DSN,\n        debug=True)\n", 4),
    ("from sentry_sdk import init as sentry_init\nimport os\nsentry_init(dsn='é',\n            debug=True)\n", 3),
    ("import sentry_sdk\n\nsentry_sdk.init(dsn=DSN)\n", 3),
    ("import os\nimport sentry_sdk\nX = 'é'; sentry_sdk.init(dsn=DSN)\n", 3),
]


@pytest.mark.parametrize("shape", ["plain", "crlf", "bom", "no final newline"])
@pytest.mark.parametrize(("text", "line"), CALLS)
def test_keywords_are_added_and_all_else_stays(text, line, shape):
    before = {
        "plain": text.encode(),
        "crlf": text.replace("\n", "\r\n").encode(),
        "bom": b"\xef\xbb\xbf" + text.encode(),
        "no final newline": text.rstrip("\n").encode(),
    }[shape]
    result = add_keywords(before, line)
    assert isinstance(result, Edited), result
    after = result.data.decode("utf-8-sig").replace("\r\n", "\n")
    assert result.data.startswith(b"\xef\xbb\xbf") == (shape == "bom")
    assert shape != "crlf" or result.data.count(b"\n") == result.data.count(b"\r\n")
    call = next(n for n in ast.walk(ast.parse(after)) if isinstance(n, ast.Call) and settings.is_init(n))
    old = next(n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call) and settings.is_init(n))
    assert [ast.dump(a) for a in call.args] == [ast.dump(a) for a in old.args]
    assert [ast.dump(k) for k in call.keywords][: len(old.keywords)] == [ast.dump(k) for k in old.keywords]
    assert [k.arg for k in call.keywords[len(old.keywords) :]] == list(NAMES)
    assert "RENDER_GIT_COMMIT" in after and "import os" in after
    rest = iter(after)
    assert all(any(c == other for other in rest) for c in text.rstrip("\n"))
    again = add_keywords(result.data, call.lineno)
    assert isinstance(again, Unchanged)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("import sentry_sdk\nsentry_sdk.init(**OPTIONS)\n", 2),
        ("import sentry_sdk\nsentry_sdk.init(*args)\n", 2),
        ("import sentry_sdk\nprint(1)\n", 2),
        ("def broken(:\n", 1),
        ("import sentry_sdk\r\nsentry_sdk.init()\n", 2),
        ("import sentry_sdk\nsentry_sdk.init(); sentry_sdk.init()\n", 2),
    ],
)
def test_a_call_that_is_not_followed_is_refused(text, line):
    result = add_keywords(text.encode(), line)
    assert isinstance(result, Refused) and "environment=" in result.snippet and result.place


async def test_the_step_completes_an_existing_call(sample):
    path = sample / "backend/orchard/settings/production.py"
    path.write_text(
        path.read_text() + '\nimport os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ.get("SENTRY_DSN"))\n'
    )
    requirements = sample / "backend/requirements.txt"
    requirements.write_text(requirements.read_text() + "sentry-sdk==2.75.0\n")
    engine = Engine(sample, {"sentry.org": "acme"}, install=False)
    before = await engine.audit()
    assert before.result("environment-set").outcome.value == "fail"
    applied = await engine.apply(find_steps(["sdk"]))
    assert applied.steps[0].outcome == "applied" and applied.report is not None
    assert applied.report.result("environment-set").outcome.value == "pass"
    assert path.read_text().count("sentry_sdk.init(") == 1
    assert (await engine.apply(find_steps(["sdk"]))).steps[0].outcome == "unchanged"


async def test_a_call_that_nothing_was_seen_to_reach_is_not_doubled(sample):
    helper = sample / "backend/orchard/monitoring.py"
    helper.write_text("import sentry_sdk\n\n\ndef start(dsn):\n    sentry_sdk.init(dsn=dsn)\n")
    plan = await Engine(sample, {"sentry.org": "acme"}, install=False).plan(find_steps(["sdk"]))
    step = plan.steps[0]
    [task] = [a for a in step.actions if isinstance(a, ManualTask)]
    assert "monitoring.py, and production does not appear to load it; a second call is not added" in task.reason
    assert task.snippet == "from orchard.monitoring import start\n\nstart(dsn=…)"
    assert not any(c.path.endswith(".py") for c in step.changes)
