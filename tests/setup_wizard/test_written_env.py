"""An env file that CI writes before it deploys or pushes an image is where production takes its variables from."""

from __future__ import annotations

import pytest

from tests.support.edits import READY, after

HEAD = (
    "on: {push: {branches: [main]}}\njobs:\n  image:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v5\n"
)
PUSH = "      - run: docker build -t acme/shop . && docker push acme/shop\n"
SSH = "      - run: scp .env shop.example:/srv/ && ssh shop.example ./deploy\n"
IMAGE = {"Dockerfile": 'FROM python:3.13\nCOPY . .\nCMD ["gunicorn", "shop.wsgi"]\n'}
PATH = ".github/workflows/d.yml"
WRITES = {
    "echo": '      - run: |\n          echo "SECRET_KEY=${{ secrets.SECRET_KEY }}" >> .env\n',
    "heredoc": "      - run: |\n          cat > .env <<EOF\n          SECRET_KEY=${{ secrets.SECRET_KEY }}\n          EOF\n",
}


@pytest.mark.parametrize("how", WRITES)
@pytest.mark.parametrize("end", [PUSH, SSH])
def test_the_step_that_writes_it_is_named(tmp_path, how, end):
    done = after(tmp_path, READY | IMAGE | {PATH: HEAD + WRITES[how] + end}, "dsn")
    [task] = [t for t in done.steps["dsn"].manual if "machine" not in t.title]
    assert task.title == f"write SENTRY_DSN into .env too, which {PATH}:7 makes for production"
    assert (task.path, task.place) == (PATH, f"{PATH}:7") and task.reason == "store the DSN as the CI secret SENTRY_DSN"
    assert task.snippet.startswith('echo "SENTRY_DSN=${{ secrets.SENTRY_DSN }}" >> .env')


def test_one_for_tests_is_none(tmp_path):
    files = READY | IMAGE | {PATH: HEAD + WRITES["echo"] + "      - run: pytest\n"}
    left = after(tmp_path, files, "dsn").left
    assert "no file here passes variables to production" in left and ">> .env" not in left
