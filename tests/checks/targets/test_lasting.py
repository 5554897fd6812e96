"""Programs that keep running beside an application are processes of their own; those that end are not."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import check_one

P, F = Outcome.PASS, Outcome.FAIL
SERVICE = {
    "web.py": "import sentry_sdk\nfrom flask import Flask\nsentry_sdk.init()\napp = Flask(__name__)\n",
    "requirements.txt": "flask\napscheduler\nsentry-sdk\n",
    "Procfile": "web: gunicorn web:app\nclock: python clock.py\n",
}
SCHEDULER = (
    "from apscheduler.schedulers.blocking import BlockingScheduler\n{}clock = BlockingScheduler()\nclock.start()\n"
)
LOOP = "import time\ndef main():\n    while True:\n        {}\n        time.sleep(1)\nmain()\n"
UNREPORTED = "the Python process (clock.py) does not initialize the SDK: its errors are not reported"
ALONE = "the only process found initializes the SDK"


@pytest.mark.parametrize(
    ("code", "outcome", "said", "path"),
    [
        (SCHEDULER.format(""), F, UNREPORTED, "clock.py"),
        (
            SCHEDULER.format("import sentry_sdk\nsentry_sdk.init()\n"),
            P,
            "the Python process initializes the SDK",
            "clock.py",
        ),
        (SCHEDULER.format("import web\n"), P, "the Python process initializes the SDK", "web.py"),
        (SCHEDULER.format("").replace("blocking", "background").replace("Blocking", "Background"), P, ALONE, "web.py"),
        (LOOP.format("work()"), F, UNREPORTED, "clock.py"),
        (LOOP.format("if work(): break"), P, ALONE, "web.py"),
        (LOOP.format("if work(): return"), P, ALONE, "web.py"),
        (LOOP.format("if work(): sys.exit(0)"), P, ALONE, "web.py"),
        (LOOP.replace("True", "left()").format("work()"), P, ALONE, "web.py"),
        ("work()\n", P, ALONE, "web.py"),
    ],
)
def test_a_program_beside_the_application(code, outcome, said, path):
    verdict = check_one("init-covers-workers", SERVICE | {"clock.py": code})
    told = [(f.message, f.path) for f in verdict.findings] + [(e.fact, e.path) for e in verdict.evidence]
    assert (verdict.outcome, told) == (outcome, [(said, path)])
    if outcome is F:
        assert verdict.findings[0].hint == "call sentry_sdk.init() in its module"
