"""What a step runs in the end: runners and scripts followed to the commands that they spell, each with its place."""

from __future__ import annotations

import json

import pytest

from checks.parsers.command_words import unwrapped
from checks.repository.commands import follow
from checks.repository.release_steps import find_release_steps
from tests.support.repo import backend, facts_of

NEW = 'sentry-cli releases new -p shop "$SENTRY_RELEASE"'


def scripts(**own: str) -> dict[str, str]:
    return {"package.json": json.dumps({"name": "shop", "scripts": own}, indent=2)}


@pytest.mark.parametrize(
    ("command", "files", "place"),
    [
        ("./deploy.sh", {"deploy.sh": f"#!/bin/sh\nset -e\n{NEW}\n"}, ("deploy.sh", 3)),
        ("bash scripts/go.sh production", {"scripts/go.sh": f'[ "$1" = production ] && {NEW}\n'}, ("scripts/go.sh", 1)),
        ("make -C ops ship", {"ops/Makefile": f"ship: up\n\techo\nup:\n\t@true\n\t-{NEW}\n"}, ("ops/Makefile", 5)),
        ("just ship", {"justfile": f"r := 'x'\nship target='a': up\n    @echo\nup:\n    {NEW}\n"}, ("justfile", 5)),
        ("task ship", {"Taskfile.yml": f"tasks:\n  ship:\n    deps: [up]\n  up:\n    cmds:\n      - '{NEW}'\n"}, ("Taskfile.yml", 6)),
        ("npm run ship", scripts(ship="true", postship=NEW), ("package.json", 5)),
        ("yarn workspace web ship", {"web/package.json": json.dumps({"name": "web", "scripts": {"ship": NEW}})}, ("web/package.json", 1)),
        ("pnpm --filter web ship", {"web/package.json": json.dumps({"name": "web", "scripts": {"ship": NEW}})}, ("web/package.json", 1)),
        ("bun run ship", scripts(ship="bun run up", up=NEW), ("package.json", 5)),
        ("tox -e ship", {"tox.ini": f"[testenv:ship]\npassenv = SENTRY_*\ncommands =\n  {NEW}\n"}, ("tox.ini", 1)),
        ("nox -s ship", {"noxfile.py": "import nox\n@nox.session\ndef ship(session):\n    session.run('sentry-cli', 'releases', 'new', 'v')\n"}, ("noxfile.py", 4)),
        ("poe ship", {"pyproject.toml": f"[tool.poe.tasks]\nup = '{NEW}'\nship = ['up']\n"}, ("pyproject.toml", 3)),
        ("poetry run inv ship", {"tasks.py": f"from invoke import task\n@task\ndef ship(c):\n    c.run('{NEW}')\n"}, ("tasks.py", 4)),
        ("pdm run ship", {"pyproject.toml": f"[tool.pdm.scripts]\nship = '{NEW}'\n"}, ("pyproject.toml", 2)),
        ("hatch run ops:ship", {"pyproject.toml": f"[tool.hatch.envs.ops.scripts]\nship = '{NEW}'\n"}, ("pyproject.toml", 2)),
        ("pipenv run ship", {"Pipfile": f"[scripts]\nship = '{NEW}'\n"}, ("Pipfile", 2)),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)  # fmt: skip
def test_a_release_is_found_where_a_runner_or_script_makes_it(command, files, place):
    env = "        env: {SENTRY_AUTH_TOKEN: '${{ secrets.SENTRY_AUTH_TOKEN }}', SENTRY_ORG: acme}\n"
    checkout = "      - uses: actions/checkout@v5\n"
    flow = f"on: push\njobs:\n  ship:\n    runs-on: x\n    steps:\n{checkout}      - run: {command}\n{env}"
    [found] = find_release_steps(facts_of(backend() | files | {".github/workflows/d.yml": flow}))
    assert (found.path, found.line) == place
    assert (found.kind, found.problem, found.uncertainty) == ("cli", None, None)


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("tox -e ship", {"tox.ini": f"[testenv:ship]\ncommands =\n  {NEW}\n"}),
        ("make ship", {"Makefile": f"ship:\n\techo {NEW}\n"}),
        ("npm run ship", scripts(ship="true", deploy=NEW)),
        ("./deploy.sh", {"deploy.sh": f"exit 0\n{NEW}\n"}),
        ("./deploy.sh staging", {"deploy.sh": f'if [ "$1" = production ]; then {NEW}; fi\n'}),
    ],
    ids=["no token is passed", "echo", "another script", "after exit", "another argument"],
)
def test_what_does_not_run_or_gets_no_token_is_no_release(command, files):
    env = "        env: {SENTRY_AUTH_TOKEN: '${{ secrets.SENTRY_AUTH_TOKEN }}', SENTRY_ORG: acme}\n"
    flow = f"on: push\njobs:\n  ship:\n    runs-on: x\n    steps:\n      - run: {command}\n{env}"
    found = find_release_steps(facts_of(backend() | files | {".github/workflows/d.yml": flow}))
    assert all(f.problem for f in found)


def test_a_program_may_run_what_it_spells():
    files = {"deploy.py": "import subprocess\nif ask():\n    subprocess.run(['sentry-cli', 'releases', 'new', v])\n"}
    found = [r for r in follow(facts_of(files), "python3 deploy.py", ".", "ci.yml") if r.words[0] == "sentry-cli"]
    assert [(r.words, r.runs, r.path, r.at) for r in found] == [
        (("sentry-cli", "releases", "new", "$_"), None, "deploy.py", 3)
    ]
    assert "deploy.py" in found[0].why


@pytest.mark.parametrize(
    ("words", "command", "given"),
    [
        ("sudo -u app env A=1 npx --yes @sentry/cli@2.0.0 releases new", "sentry-cli releases new", {"A": "1"}),
        ("uvx sentry-cli==3.8.2 info", "sentry-cli info", {}),
        ("docker run --rm -v .:/work getsentry/sentry-cli:3 releases new", "sentry-cli releases new", {}),
        ("doppler run -p shop -- ./deploy.sh", "./deploy.sh", {}),
        ("chamber exec shop -- make deploy", "make deploy", {}),
        ("cross-env CI=1 vite build", "vite build", {"CI": "1"}),
        ("timeout 60 poetry run python -m pip list", "pip list", {}),
        ("yarn build", "yarn build", {}),
        ("./node_modules/.bin/sentry-cli info", "sentry-cli info", {}),
    ],
)
def test_what_only_starts_a_command_is_taken_off(words, command, given):
    assert unwrapped(tuple(words.split())) == (tuple(command.split()), given)


def test_folders_subshells_and_pipes_are_known():
    text = "cd web\n( cd x && one )\ntwo | three\ncd $GITHUB_WORKSPACE/ops && four\ncd - && five > out.txt\n"
    found = {r.words[0]: r for r in follow(facts_of({}), text, "app", "ci.yml")}
    assert [found[n].folder for n in ("one", "two", "four", "five")] == ["app/web/x", "app/web", "ops", "app/web"]
    assert (found["three"].piped, found["two"].piped, found["five"].output) == (True, False, "out.txt")
