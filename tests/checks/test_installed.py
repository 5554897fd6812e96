"""Whether production installs the SDK: extras and groups that something asks for, and lists that are made from others."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import backend, check_one, workflow

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
HEAD = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["django"]\n'
EXTRA = (
    HEAD + '[project.optional-dependencies]\nsentry = ["sentry-sdk>=2"]\nall = ["shop[sentry]"]\nredis = ["redis"]\n'
)
GROUP = HEAD + '[dependency-groups]\nmonitoring = ["sentry-sdk>=2"]\n'
POETRY = (
    '[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\ndjango = "*"\n'
    'sentry-sdk = {version = "^2", optional = true}\n[tool.poetry.extras]\nsentry = ["sentry-sdk"]\n'
)
POETRY_GROUP = (
    '[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\ndjango = "*"\n'
    '[tool.poetry.group.monitoring]\noptional = true\n[tool.poetry.group.monitoring.dependencies]\nsentry-sdk = "^2"\n'
)
SETUP = 'setup(name="shop", install_requires=["django"], extras_require={"sentry": ["sentry-sdk"]})\n'


def image(*runs: str) -> dict[str, str]:
    """An image that runs commands, one instruction each."""
    lines = "".join(run if run.startswith(("FROM", "ARG")) else f"RUN {run}\n" for run in runs)
    return {"Dockerfile": f"FROM python:3.13\n{lines}CMD gunicorn shop.wsgi\n"}


def build(command: str) -> dict[str, str]:
    """A service of Render that is built by a command."""
    return {
        "render.yaml": "services:\n  - type: web\n    name: shop\n    runtime: python\n"
        f"    buildCommand: {command}\n    startCommand: gunicorn shop.wsgi\n"
    }


CASES = [
    (EXTRA, {}, U, "no file in this repository says what production installs"),
    (EXTRA, image('pip install ".[sentry]"'), P, "`pip install .[sentry]` installs the extra sentry"),
    (EXTRA, image("python3 -m pip install --no-cache-dir -e /app[redis,all]"), P, "the extra all"),
    (EXTRA, image("pip install ."), F, "`pip install .` (Dockerfile:2) does not install"),
    (EXTRA, image("pip install .[redis]"), F, "in the extra `sentry`"),
    (EXTRA, image("pip install other[sentry] ."), F, "in the extra `sentry`"),
    (EXTRA, image("pip install shop[sentry]==1"), P, "the extra sentry"),
    (EXTRA, image("--mount=type=cache,target=/c uv sync --frozen --extra sentry"), P, "the extra sentry"),
    (EXTRA, image("uv sync --all-extras"), P, "the extra sentry"),
    (EXTRA, image("uv sync --frozen --no-dev"), F, "in the extra `sentry`"),
    (EXTRA, image("uv export --extra=sentry -o r.txt && pip install -r r.txt"), P, "the extra sentry"),
    (EXTRA, image("pdm sync --prod -G sentry"), P, "the extra sentry"),
    (EXTRA, image("pip install .[$EXTRAS]"), U, "what `pip install .[$EXTRAS]` installs cannot be determined"),
    (EXTRA, image("ARG EXTRAS=sentry\n", "pip install .[${EXTRAS}]"), P, "the extra sentry"),
    (EXTRA, image('["pip", "install", ".[sentry]"]'), P, "the extra sentry"),
    (EXTRA, image("<<EOF\nset -e\npip install .[sentry]\nEOF"), P, "the extra sentry"),
    (EXTRA, image("pip install .[sentry]", "FROM python:3.13\n", "pip install ."), F, "in the extra `sentry`"),
    (EXTRA, image("pip install .") | {"Dockerfile.dev": "FROM python\nRUN pip install .[sentry]\n"}, F, "in the extra"),
    (EXTRA, build("uv sync --extra sentry"), P, "the extra sentry"),
    (EXTRA, build("pip install -r requirements.txt") | {"requirements.txt": "django\n"}, F, "does not install"),
    (EXTRA, build("./build.sh") | {"build.sh": "#!/bin/sh\npip install '.[sentry]'\n"}, P, "the extra sentry"),
    (EXTRA, build("pip install -r requirements.txt") | {"requirements.txt": "-e .[sentry]\n"}, P, "the extra sentry"),
    (
        EXTRA,
        {"Procfile": "web: gunicorn shop.wsgi\n", "README.md": "git push heroku main\n"},
        F,
        "Heroku's buildpack installs no extra",
    ),
    (EXTRA, {"Procfile": "web: uv run --extra sentry gunicorn shop.wsgi\n"}, P, "the extra sentry"),
    (
        EXTRA,
        {".github/workflows/t.yml": workflow("pip install .[sentry]\npytest", job="test")},
        U,
        "no file in this repository says",
    ),
    (EXTRA, {".github/workflows/t.yml": workflow("pip install .[sentry]\nzappa deploy x")}, P, "the extra sentry"),
    (
        EXTRA,
        {".github/workflows/t.yml": workflow("uv run manage.py check\nzappa deploy x")},
        U,
        "no file in this repository says",
    ),
    (EXTRA, {".github/workflows/t.yml": workflow("uv sync\nzappa deploy x")}, U, "no file in this repository says"),
    (EXTRA, {"Makefile": "build:\n\tpip install .[sentry]\n"}, U, "`pip install .[sentry]` installs it, and whether"),
    (EXTRA, {"tests/Makefile": "x:\n\tpip install .[sentry]\n"}, U, "no file in this repository says"),
    (EXTRA, {"Makefile": "x:\n\techo pip install .[sentry]\n"}, U, "no file in this repository says"),
    (GROUP, {"ops/hooks/install.sh": "#!/bin/sh\ncd /srv\nuv sync --group monitoring\n"}, U, "whether production runs"),
    (
        GROUP,
        {"docker/uv.j2": "RUN --mount=type=cache,target=/c \\\n  uv sync \\\n  --group {{ which }}\n"},
        U,
        "are filled in",
    ),
    (GROUP, {"docker/uv.j2": "RUN uv sync --group monitoring\n"}, U, "installs it, and whether"),
    (
        GROUP,
        {"bin/install.sh": "#!/bin/sh\nuv sync --project $DIR --group host\n"},
        U,
        "no file in this repository says",
    ),
    (GROUP, {"docker/uv.j2": "RUN uv sync --no-dev\n"}, U, "no file in this repository says"),
    (GROUP, image("uv sync") | {"Makefile": "x:\n\tuv sync --group monitoring\n"}, F, "does not install"),
    (GROUP, image("uv sync --group monitoring"), P, "the group monitoring"),
    (GROUP, image("uv sync --no-dev"), F, "in the group `monitoring`"),
    (GROUP + '[tool.uv]\ndefault-groups = ["monitoring"]\n', image("uv sync"), P, "is declared"),
    (POETRY, image("poetry install --only main --extras 'redis sentry'"), P, "the extra sentry"),
    (POETRY, image("poetry install --no-root"), F, "in the extra `sentry`"),
    (POETRY_GROUP, image("poetry install --with monitoring"), P, "the group monitoring"),
    (POETRY_GROUP, image("poetry install"), F, "in the group `monitoring`"),
    (POETRY_GROUP.replace("optional = true\n", ""), image("poetry install"), P, "is declared"),
    (HEAD, {"setup.py": SETUP} | image("pip install shop[sentry]"), P, "the extra sentry"),
    (HEAD, {"setup.py": SETUP} | image("pip install ."), F, "in the extra `sentry`"),
    (HEAD, {"requirements.in": "sentry-sdk\n", "requirements.txt": "django==5\n"}, F, "but not in requirements.txt"),
    (HEAD, {"requirements.in": "sentry-sdk\n", "requirements.txt": "sentry-sdk==2.75.0\n"}, P, "is declared"),
    (
        HEAD.replace('"django"', '"django", "sentry-sdk"'),
        {
            "requirements.txt": "# This file is autogenerated by pip-compile\n#    pip-compile pyproject.toml\ndjango==5\n"
        },
        F,
        "but not in requirements.txt",
    ),
    (
        "",
        {
            "Pipfile": "[packages]\nsentry-sdk = '*'\n",
            "Pipfile.lock": '{"default": {"django": {"version": "==5.0"}}}',
        },
        F,
        "but not in Pipfile.lock",
    ),
    (HEAD, {"requirements.txt": "sentry-sdk==2; sys_platform == 'win32'\n"}, F, "is not declared in"),
    (HEAD, {"requirements.txt": "sentry-sdk==2; python_version >= '3.9'\n"}, P, "is declared"),
    (HEAD, {"requirements.txt": "sentry-sdk==2; extra == 'sentry'\n"}, F, "is not declared in"),
]


@pytest.mark.parametrize(("pyproject", "files", "outcome", "message"), CASES)
def test_optional(pyproject, files, outcome, message):
    base = {k: v for k, v in backend().items() if k != "requirements.txt"}
    result = check_one("sdk-installed", base | {"pyproject.toml": pyproject} | files)
    said = " / ".join([f.message for f in result.findings] or [e.fact for e in result.evidence])
    assert (result.outcome, message in said) == (outcome, True), said


NOTHING = {
    "setup.cfg": ("[metadata]\nname = shop\n[options.extras_require]\ntesting =\n    pytest\n", U),
    "requirements.txt": ("django\n", F),
    "pyproject.toml": ('[project]\nname = "shop"\ndependencies = []\n[dependency-groups]\ndev = ["pytest"]\n', U),
}


@pytest.mark.parametrize("name", NOTHING)
def test_a_manifest_that_declares_nothing_for_production_does_not_say_what_is_installed(name):
    text, outcome = NOTHING[name]
    files = {k: v for k, v in backend().items() if k not in ("requirements.txt", "pyproject.toml")} | {name: text}
    assert check_one("sdk-installed", files).outcome is outcome


RELAY = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["fastapi", "sentry-sdk>=2"]\n',
    "main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
    "relay/pyproject.toml": '[project]\nname = "relay"\nversion = "1"\ndependencies = ["fastapi[standard]"]\n',
    "relay/main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
    "relay/Dockerfile": 'FROM python:3.13\nCMD ["uvicorn", "main:app"]\n',
}
LOCKED = '[[package]]\nname = "fastapi"\nversion = "0.120.0"\n[[package]]\nname = "sentry-sdk"\nversion = "2.57.0"\n'


@pytest.mark.parametrize(
    ("files", "outcome", "place"),
    [
        ({"relay/uv.lock": LOCKED}, F, "relay/pyproject.toml"),
        ({"relay/uv.lock": LOCKED.partition("[[package]]\nname = \"sentry")[0]}, F, "relay/pyproject.toml"),
        ({}, P, None),  # nothing says that its environment is not the one of the project above
        ({"relay/uv.lock": LOCKED, "relay/pyproject.toml": RELAY["relay/pyproject.toml"].replace("fastapi[standard]", "httpx")}, P, None),
    ],
)  # fmt: skip
def test_a_project_with_its_own_lock_does_not_have_what_the_one_above_declares(files, outcome, place):
    result = check_one("sdk-installed", RELAY | files)
    verdict = next(v for v in result.verdicts if v.target and v.target.name == "relay")
    assert verdict.outcome is outcome, verdict
    assert place is None or place in verdict.findings[0].message, verdict.findings


@pytest.mark.parametrize(
    ("wanted", "outcome"), [(">=2.75,<3", F), (">=2,<3", P), ("==2.57.0", P), ("==2.57.*", P), (">2.57.0", F)]
)
def test_a_lock_with_a_version_that_is_not_wanted_is_locked_again(wanted, outcome):
    files = {k: v for k, v in backend().items() if k != "requirements.txt"}
    files["pyproject.toml"] = HEAD.replace('"django"', f'"django", "sentry-sdk{wanted}"')
    files["uv.lock"] = LOCKED.replace("fastapi", "django")
    result = check_one("sdk-installed", files)
    assert result.outcome is outcome
    if outcome is F:
        [finding] = result.findings
        assert (finding.path, finding.line, finding.hint) == ("uv.lock", 6, "lock uv.lock again")
        assert finding.message.endswith(" is in pyproject.toml, but uv.lock locks 2.57.0"), finding
