"""Frontends as projects write them, in `browser_cases.txt`: whether `init` runs, is on, and what it is given.

`=== NAME`, then `outcome item line message` for each item, with the line that is named (`-` for none) and a part of the first
message; then files of the frontend below `-- path --`. Without an entry of its own, it imports `./instrument` and renders.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from checks.audit import decide
from checks.checklist import find_item
from tests.checks.production.test_cases import Case, read
from tests.checks.test_browser_shapes import APP, ROOT, app
from tests.support.repo import facts_of
from tests.support.shop import first_place
from tests.support.verdicts import hear

CASES = [
    pytest.param(case, id=name) for name, case in read((Path(__file__).parent / "browser_cases.txt").read_text("utf-8"))
]


@pytest.mark.parametrize("case", CASES)
def test_case(case: Case):
    facts = facts_of(app({"src/main.tsx": "import './instrument'\n" + ROOT} | APP | case.files))
    for expected in case.expected:
        result = hear(decide(facts, find_item(expected.item), dt.date.today()))
        said, line = first_place(result)
        assert (expected.item, result.outcome, line) == (expected.item, expected.outcome, expected.line), said
        assert expected.message in said
