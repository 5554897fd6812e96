"""Whether a server lets the headers of a trace in."""

from __future__ import annotations

import pytest

from checks.model import Evidence, Finding
from checks.targets.cross_origin import lets_traces_in
from tests.support.repo import facts_of

CODE = (
    "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n\nHEADERS = []\napp = FastAPI()\n"
    "app.add_middleware(CORSMiddleware, allow_origins=['https://a.example']{})\n"
)


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        (", allow_headers=['*']", [Evidence]),
        (", allow_headers=['Sentry-Trace', 'baggage']", [Evidence]),
        (", allow_headers=['baggage']", [Finding]),
        ("", [Finding]),
        (", allow_headers=HEADERS", []),
        (", **HEADERS", []),
    ],
)
def test_headers(given, kinds):
    facts = facts_of({"main.py": CODE.format(given), "requirements.txt": "fastapi\n"})
    said = list(lets_traces_in(facts, facts.backends[0]))
    assert [type(s) for s in said] == kinds
    assert all((s.path, s.line) == ("main.py", 6) for s in said)
    if kinds == [Finding]:
        assert "lacks sentry-trace" in said[0].message  # type: ignore[union-attr]
