"""The record of what checks say: it knows each outcome of each item, holds no test that is gone, and it compares."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from checks.checklist import CHECKLIST, find_item
from checks.model import AppliedWaiver, Finding, Outcome, Result, Target, failed, in_repository, in_sentry, unknown
from tests.support import verdicts

RECORDS = sorted(verdicts.FOLDER.glob("*.txt"))
TESTS = Path(__file__).parents[1]
NEVER = {
    ("email-alerts", "not-applicable"): "asked of every target, and of the repository where there is none",
    ("slack-alerts", "not-applicable"): "asked of every target, and of the repository where there is none",
    ("pagerduty-alerts", "not-applicable"): "asked of every target, and of the repository where there is none",
    ("two-factor-required", "not-applicable"): "an organization has members in any case",
    ("frontend-sdk-installed", "unknown"): "a folder without a readable manifest is no frontend",
    ("performance-reviewed", "fail"): "without a sign-off nothing is known",
    ("uptime-monitored", "fail"): "without a sign-off nothing is known",
    ("token-scope", "pass"): "the kind of a stored secret cannot be read",
}
"""What an item cannot say, and why."""


def test_every_outcome_of_every_item_is_seen_by_a_test():
    seen = verdicts.pairs(text for path in RECORDS for text in verdicts.read(path).values())
    wanted = {(item.id, str(outcome)) for item in CHECKLIST for outcome in Outcome if outcome is not Outcome.ERROR}
    assert sorted(wanted - seen - NEVER.keys()) == [], (
        "no test sees these outcomes: add a case of each with `check_one`"
    )
    assert sorted(seen - wanted | seen & NEVER.keys()) == []


@pytest.mark.parametrize("path", RECORDS, ids=lambda p: p.stem)
def test_a_record_belongs_to_tests_that_exist(path):
    source = TESTS.joinpath(*path.stem.split(".")).with_suffix(".py")
    functions = {n.name for n in ast.walk(ast.parse(source.read_text("utf-8"))) if hasattr(n, "name")}
    gone = {name.partition("[")[0].rpartition("::")[2] for name in verdicts.read(path)} - functions
    assert not gone, "run `python -m tests.verdicts --update`, which takes out what is gone"


def test_a_result_is_told_with_messages_places_and_hints():
    wrong = Finding(message="not\ngood", path="a/b.py", line=3, column=7, hint="do it")
    here = Target(name="backend", root="a")
    verdict = failed(wrong, evidence=[in_sentry("project 7"), in_repository("it is read", "a/c.py", 1)], target=here)
    waiver = AppliedWaiver(reason="later", until=None)
    result = Result(
        item=find_item("pii-off"),
        outcome=Outcome.FAIL,
        verdicts=(verdict, unknown("who knows", hint="look")),
        waiver=waiver,
    )
    assert verdicts.told(result).splitlines() == [
        "fail pii-off",
        "  fail backend at a",
        "    - a/b.py:3: not\\ngood => do it",
        "    + (sentry) project 7",
        "    + a/c.py:1: it is read",
        "  unknown",
        "    - who knows => look",
        "  waived: later",
    ]


def test_a_record_is_read_as_it_was_written(tmp_path):
    seen = {"test_b[x]": "pass pii-off\n    + it", "test_a": "fail pii-off\n    - a.py: wrong"}
    verdicts.write(tmp_path / "r.txt", seen)
    assert verdicts.read(tmp_path / "r.txt") == seen
    assert verdicts.pairs(seen.values()) == {("pii-off", "pass"), ("pii-off", "fail")}
    verdicts.write(tmp_path / "r.txt", {})
    assert not (tmp_path / "r.txt").exists()


def test_another_message_line_or_hint_fails_the_test_that_saw_it(pytester, monkeypatch):
    pytester.makepyfile(
        test_it="""
        from checks.checklist import find_item
        from checks.model import Outcome, Result, passed, in_repository
        from tests.support.verdicts import hear

        def test_it():
            hear(Result(item=find_item("pii-off"), outcome=Outcome.PASS, verdicts=(passed(in_repository("it", "a.py", LINE)),)))
        """.replace("LINE", "2")
    )
    monkeypatch.setattr(verdicts, "FOLDER", pytester.path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # two versions of one size within a second look alike to it
    arguments = (
        "-p",
        "tests.support.recording",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:textual-snapshot",  # it keeps its folder in the process, and would take it from the run around this one
        "-o",
        "asyncio_default_fixture_loop_scope=function",
    )
    assert pytester.runpytest_inprocess(*arguments, "--update-verdicts").ret == 0
    assert "+ a.py:2: it" in (pytester.path / "test_it.txt").read_text("utf-8")
    assert pytester.runpytest_inprocess(*arguments).ret == 0
    source = pytester.path / "test_it.py"
    source.write_text(source.read_text("utf-8").replace("2)", "3)"), "utf-8")
    result = pytester.runpytest_inprocess(*arguments)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*-    + a.py:2: it", "*+    + a.py:3: it"])
