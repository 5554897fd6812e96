"""Code as projects write it, in `cases`: one small repository each, audited once, with what several items say of it.

`=== NAME`, then how it is deployed (`variable: NAME=value`, `command: …`, `worker: yes`, `deployed: no`), then a line for each item:
`outcome item line message`, with the line that is named (`-` for none) and a part of the first message; then files below `-- path --`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from checks.audit import decide
from checks.checklist import find_item
from checks.model import Outcome
from tests.support.repo import facts_of
from tests.support.shop import deployed, first_place
from tests.support.verdicts import hear

FILES = sorted((Path(__file__).parent / "cases").glob("*.txt"))


class Expected(NamedTuple):
    """What one item says."""

    outcome: Outcome
    item: str
    line: int | None
    message: str


class Case(NamedTuple):
    """A repository: its files, how it is deployed, and what the items say."""

    files: dict[str, str]
    given: dict[str, object]
    expected: list[Expected]


def read(text: str) -> Iterator[tuple[str, Case]]:
    """Yield each case with its name."""
    for part in re.split(r"(?m)^=== ", text)[1:]:
        head, *rest = re.split(r"(?m)^-- (\S+) --\n", part)
        name, *lines = head.splitlines()
        given: dict[str, object] = {}
        expected = []
        for line in lines:
            key, colon, value = line.partition(": ")
            if colon and key == "variable":
                given["variables"] = (*given.get("variables", ()), value)  # type: ignore[misc]
            elif colon and key in ("command", "worker", "deployed"):
                given[key] = value if key == "command" else value == "yes"
            else:
                outcome, item, number, *message = line.split(" ", 3)
                at = None if number == "-" else int(number)
                expected.append(Expected(Outcome(outcome), item, at, "".join(message)))
        yield name, Case(dict(zip(rest[::2], rest[1::2], strict=True)), given, expected)


CASES = [pytest.param(case, id=f"{file.stem} {name}") for file in FILES for name, case in read(file.read_text("utf-8"))]


@pytest.mark.parametrize("case", CASES)
def test_case(case):
    facts = facts_of(deployed(case.files, case.given))
    for expected in case.expected:
        result = hear(decide(facts, find_item(expected.item), dt.date.today()))
        said, line = first_place(result)
        assert (expected.item, result.outcome, line) == (expected.item, expected.outcome, expected.line), said
        assert expected.message in said


def test_no_name_stands_twice_and_no_case_without_an_item():
    names = [(file.stem, name) for file in FILES for name, _ in read(file.read_text("utf-8"))]
    assert len(names) == len(set(names)) > 400
    assert all(case.values[0].expected and case.values[0].files for case in CASES)
