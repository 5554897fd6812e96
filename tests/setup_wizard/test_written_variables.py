"""A variable that an earlier step writes for the build is left alone: the build's own value would win, and may be empty."""

from __future__ import annotations

import pytest

from tests.support.edits import READY, VITE, after

HEAD = (
    "on: {push: {branches: [main]}}\njobs:\n  deploy:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v5\n"
)
BUILD = "      - run: npm ci && npm run build\n        working-directory: web\n      - run: aws s3 sync web/dist s3://shop\n"
WRITES = '      - run: echo "{0}=${{{0}}}" >> .env.production\n        working-directory: web\n        env:\n          {0}: ${{{{ secrets.OWN }}}}\n'
PATH = ".github/workflows/d.yml"


@pytest.mark.parametrize(("step", "name"), [("source-maps", "SENTRY_AUTH_TOKEN"), ("frontend-sdk", "VITE_SENTRY_DSN")])
def test_what_an_earlier_step_writes_is_not_replaced(tmp_path, step, name):
    text = HEAD + WRITES.format(name) + BUILD
    done = after(tmp_path, READY | VITE | {PATH: text}, step)
    assert done.text(PATH) == text
    if name == "SENTRY_AUTH_TOKEN":
        [task] = [t for t in done.steps[step].manual if t.path == PATH]
        assert f"{PATH}:7 names {name} already" in task.reason and f"{name}: " in task.snippet


@pytest.mark.parametrize(("step", "name"), [("source-maps", "SENTRY_AUTH_TOKEN"), ("frontend-sdk", "VITE_SENTRY_DSN")])
def test_where_no_step_names_it_the_build_gets_it(tmp_path, step, name):
    done = after(tmp_path, READY | VITE | {PATH: HEAD + WRITES.format("VITE_OTHER") + BUILD}, step)
    assert f"          {name}: " in done.text(PATH)
