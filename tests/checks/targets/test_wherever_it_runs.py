"""Options of an init call whose condition is not known: what holds whether it runs or not is decided, the rest is left open."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import check_one

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
CALL = 'sentry_sdk.init(dsn=os.environ.get("SENTRY_DSN"){})\n'
OPEN = "whether the SDK is initialized cannot be determined"


def files(code: str, **more: str) -> dict[str, str]:
    head = "import os\n\nimport sentry_sdk\nfrom fastapi import FastAPI\nfrom toggles import is_on\n\n"
    return {
        "main.py": head + code + "app = FastAPI()\n",
        "requirements.txt": "fastapi\nsentry-sdk==2.75.0\ntoggles\n",
        "Procfile": "web: uvicorn main:app\n",
    } | more


def guarded(options: str = "", *, test: str = "is_on()") -> str:
    return f"if {test}:\n    " + CALL.format(options)


CASES: dict[str, tuple[str, dict[str, str], Outcome, str]] = {
    "no option": ("pii-off", files(guarded()), P, "send_default_pii is not set"),
    "switched off": ("pii-off", files(guarded(", send_default_pii=False")), P, "send_default_pii is False"),
    "switched on": ("pii-off", files(guarded(", send_default_pii=True")), U, OPEN),
    "options that are not read": ("pii-off", files(guarded(", **is_on.options()")), U, OPEN),
    "another call that sends": (
        "pii-off",
        files(guarded() + guarded(", send_default_pii=True", test="is_on('b')")),
        U,
        OPEN,
    ),
    "another function that may call init": (
        "pii-off",
        files(guarded() + "from company_sentry import init_sentry\ninit_sentry()\n"),
        U,
        OPEN,
    ),
    "a call that never runs": ("pii-off", files(guarded(test="False")), N, "the SDK is not initialized"),
    "an environment": ("environment-set", files(guarded(', environment="live"')), P, "environment is 'live'"),
    "the environment of a laptop": ("environment-set", files(guarded(', environment="development"')), U, OPEN),
    "no environment": ("environment-set", files(guarded()), U, OPEN),
}


@pytest.mark.parametrize("name", CASES)
def test_an_option_of_a_call_that_may_run(name):
    item, given, outcome, said = CASES[name]
    found = check_one(item, given)
    assert found.outcome is outcome, found.verdicts
    verdict = found.verdicts[0]
    told = [e.fact for e in verdict.evidence] if outcome is P else [f.message for f in verdict.findings]
    told = told or [e.fact for e in verdict.evidence]
    assert said in told[0]
    if outcome is P:
        assert (verdict.evidence[0].path, verdict.evidence[0].line) == ("main.py", 8)
