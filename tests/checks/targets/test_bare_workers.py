"""A worker of RQ that is told no module: what its jobs import decides whether they report."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.checks.test_cdk import SETTINGS
from tests.support.repo import backend, check_one

U, P = Outcome.UNKNOWN, Outcome.PASS
SERVICE = {
    "app.py": "import sentry_sdk\nfrom flask import Flask\nsentry_sdk.init()\napp = Flask(__name__)\n",
    "requirements.txt": "flask\nrq\nsentry-sdk\n",
}
MODULE = "import sentry_sdk\nsentry_sdk.init()\nQUEUES = ['high']\n"
OPEN = "`rq worker` is given no module of this project: its jobs report errors only if the code they import calls init"
HINT = "start it with `rq worker -c MODULE`, where MODULE calls sentry_sdk.init()"
UNSEEN = "rq is a dependency, and nothing that starts its worker was found"


@pytest.mark.parametrize(
    "command",
    [
        "rq worker",
        "rq worker high low --with-scheduler",
        "rq worker-pool -n 2 high",
        "rqworker high",
        "poetry run rq worker",
    ],
)
def test_a_bare_worker_is_seen_and_left_open(command):
    verdict = check_one("init-covers-workers", SERVICE | {"Procfile": f"web: gunicorn app:app\nworker: {command}\n"})
    (found,) = verdict.findings
    assert (verdict.outcome, found.message, found.path, found.line, found.hint) == (U, OPEN, "Procfile", 1, HINT)


@pytest.mark.parametrize(
    ("command", "requirements", "outcome", "said"),
    [
        ("rq worker -c settings", "flask\nrq\nsentry-sdk\n", P, "the RQ process initializes the SDK"),
        ("rq worker --sentry-dsn=$SENTRY_DSN", "flask\nrq\nsentry-sdk\n", U, UNSEEN),
        ("rq info", "flask\nrq\nsentry-sdk\n", U, UNSEEN),
        ("rq worker", "flask\nsentry-sdk\n", P, "the only process found initializes the SDK"),
    ],
    ids=["told a module", "given its DSN", "no worker", "no RQ"],
)
def test_no_other_worker_is_called_bare(command, requirements, outcome, said):
    files = {
        "Procfile": f"web: gunicorn app:app\nworker: {command}\n",
        "requirements.txt": requirements,
        "settings.py": MODULE,
    }
    verdict = check_one("init-covers-workers", SERVICE | files)
    told = [f.message for f in verdict.findings] + [e.fact for e in verdict.evidence]
    assert (verdict.outcome, told[0]) == (outcome, said)


def test_a_bare_worker_loads_no_settings_of_django():
    files = backend() | {"shop/settings.py": SETTINGS, "requirements.txt": "django\nrq\nsentry-sdk\n"}
    assert check_one("init-covers-workers", files).outcome is P
    verdict = check_one("init-covers-workers", files | {"Procfile": "worker: rq worker\n"})
    assert (verdict.outcome, verdict.findings[0].message, verdict.findings[0].path) == (U, OPEN, "Procfile")
