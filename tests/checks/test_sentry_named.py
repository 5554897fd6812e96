"""What things named for Sentry mean for a release: one small repository each, and the page that lists them.

python -m tests.checks.test_sentry_named > tests/checks/sentry_named.md    # after a change that was meant
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.audit import decide
from checks.checklist import find_item
from checks.model import Outcome, Result
from tests.checks.test_ci_cases import cases
from tests.support.repo import backend, check_one, facts_of

HERE = Path(__file__).parent
_MEANS = {
    Outcome.PASS: "a release",
    Outcome.UNKNOWN: "perhaps a release: a person has to look",
    Outcome.FAIL: "no release",
}


@pytest.mark.parametrize(("files", "outcomes"), list(cases("sentry_named.txt")))
def test_what_is_named_for_sentry(files, outcomes):
    found = check_one("release-tracking", backend() | files)
    assert str(found.outcome) in outcomes, found.verdicts


def test_the_page_is_what_is_said_today():
    page = (HERE / "sentry_named.md").read_text("utf-8")
    assert page == written(), "run `python -m tests.checks.test_sentry_named > tests/checks/sentry_named.md`"


def written() -> str:
    """Return the page."""
    lines = [
        "# What is named for Sentry, and what it means for a release",
        "",
        "A name decides nothing: what runs does. Each line is a repository of `sentry_named.txt`; a test compares this page.",
        "",
        "| what a repository has | files | it means | `release-tracking` | what is said |",
        "|---|---|---|---|---|",
    ]
    for name, files, found in _decided():
        said = found.verdicts[0].findings[0].message if found.verdicts[0].findings else ""
        said = said or (found.verdicts[0].evidence[0].fact if found.verdicts[0].evidence else "")
        cells = (name, ", ".join(f"`{p}`" for p in files), _MEANS[found.outcome], str(found.outcome), said)
        lines.append("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |")
    return "\n".join(lines) + "\n"


def _decided() -> Iterator[tuple[str, dict[str, str], Result]]:
    for case in cases("sentry_named.txt"):
        files = case.values[0]  # type: ignore[attr-defined]
        facts = facts_of(backend() | files)
        yield case.id, files, decide(facts, find_item("release-tracking"), dt.date.today())  # type: ignore[attr-defined]


if __name__ == "__main__":
    print(written(), end="")
