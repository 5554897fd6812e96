"""The runtime report as evidence: what it decides, what it does not, and when it proves nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checks.checklist import CHECKLIST, find_item
from checks.errors import UsageError
from checks.model import (
    EvidenceKind,
    Finding,
    Outcome,
    Proof,
    Result,
    Target,
    Verdict,
    failed,
    in_repository,
    not_applicable,
    passed,
    unknown,
)
from checks.runtime.report import RUNTIME_ITEMS, RuntimeReport, read_runtime_report, why_not, with_runtime

TARGET = Target(name="backend", root="web")
SEEN: dict[str, Any] = {
    "root": "web",
    "settings": "shop.settings",
    "started": True,
    "options": {
        "dsn": "127.0.0.1:1/1",
        "traces_sample_rate": 0.1,
        "send_default_pii": False,
        "callbacks": ["before_send"],
    },
    "observations": {"debug": False, "arrived": {"view": 1, "logged": 1}, "left": []},
    "variables": {"invented": ["SECRET_KEY"]},
}


def report(**changes: Any) -> RuntimeReport:
    return RuntimeReport(revision="a" * 40, clean=True, backends={"web": SEEN | changes})


def judged(item_id: str, verdict: Verdict, seen: RuntimeReport) -> Result:
    before = Result(item=find_item(item_id), outcome=verdict.outcome, verdicts=(verdict,))
    return with_runtime([before], seen)[0]


READ = passed(in_repository("read so", "web/settings.py", 3), target=TARGET)
BAD = failed(Finding(message="read as bad", path="web/settings.py", line=3), target=TARGET)
OPEN = unknown("not understood", path="web/settings.py", line=3, target=TARGET)


@pytest.mark.parametrize("item_id", sorted(RUNTIME_ITEMS))
def test_what_was_read_and_seen_is_proven(item_id):
    seen = judged(item_id, READ, report())
    assert seen.outcome is Outcome.PASS and seen.proof is Proof.PROVEN
    assert [e.kind for e in seen.evidence] == [EvidenceKind.REPOSITORY, EvidenceKind.RUNTIME]


@pytest.mark.parametrize("item_id", sorted(RUNTIME_ITEMS))
def test_running_decides_what_reading_could_not(item_id):
    seen = judged(item_id, OPEN, report())
    assert seen.outcome is Outcome.PASS and seen.proof is Proof.PROVEN
    assert seen.evidence[0].fact.endswith("the code check decided unknown: not understood")


OFF = {"options": None, "observations": {"debug": True, "arrived": {}}}
LEAK = {"observations": SEEN["observations"] | {"left": ["authorization", "cookies"]}}


@pytest.mark.parametrize(
    ("item_id", "changes", "said"),
    [
        ("sdk-initialized", OFF, "at run time the SDK is not initialized under shop.settings"),
        ("debug-off", OFF, "at run time DEBUG is True"),
        ("pii-off", LEAK, "at run time an event carried the request's authorization and cookies"),
        ("tracing-enabled", {"options": {"dsn": "x", "callbacks": []}}, "at run time no transaction is sampled"),
        (
            "logging-captured",
            {"observations": {"arrived": {"view": 1, "logged": 0}}},
            "at run time a logged error did not arrive",
        ),
        (
            "exceptions-not-swallowed",
            {"observations": {"arrived": {"view": 0, "logged": 1}}},
            "at run time an exception in a view did not arrive, though a logged error did",
        ),
    ],
)
def test_where_they_disagree_running_is_believed_and_both_are_named(item_id, changes, said):
    seen = judged(item_id, READ, report(**changes))
    assert seen.outcome is Outcome.FAIL and seen.proof is None
    finding = seen.findings[0]
    assert finding.message == f"{said}, although the code check found: read so"
    assert (finding.path, finding.line) == ("web/settings.py", 3)


def test_a_fail_of_reading_gives_way_to_what_ran():
    seen = judged("pii-off", BAD, report())
    assert seen.outcome is Outcome.PASS and "the code check decided fail: read as bad" in seen.evidence[0].fact


@pytest.mark.parametrize("item_id", sorted(RUNTIME_ITEMS))
def test_what_did_not_start_or_is_another_backend_decides_nothing(item_id):
    assert judged(item_id, READ, report(started=False)).verdicts == (READ,)
    elsewhere = RuntimeReport(revision="a" * 40, clean=True, backends={"other": SEEN})
    assert judged(item_id, OPEN, elsewhere).verdicts == (OPEN,)


def test_a_made_up_variable_decides_nothing_about_debug():
    assert judged("debug-off", OPEN, report(variables={"invented": ["DJANGO_DEBUG"]})).outcome is Outcome.UNKNOWN


def test_what_does_not_apply_stays_so():
    verdict = not_applicable("no before_send", target=TARGET)
    assert judged("before-send-safe", verdict, report()).outcome is Outcome.NOT_APPLICABLE


def test_a_report_of_another_revision_or_a_dirty_tree_proves_nothing():
    assert why_not(report(), "a" * 40) is None
    assert "it is of aaaaaaaaaa, not of bbbbbbbbbb" in (why_not(report(), "b" * 40) or "")
    dirty = RuntimeReport(revision="a" * 40, clean=False, backends={})
    assert "uncommitted changes" in (why_not(dirty, "a" * 40) or "")
    assert "names no revision" in (why_not(report(), None) or "")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"schema_version": 2, "backends": []}', '{"schema_version": 1, "backends": 5}']
)
def test_a_text_that_is_no_report_is_refused(text):
    with pytest.raises(UsageError, match=r"r\.json is not a runtime report"):
        read_runtime_report(text, "r.json")


def test_every_item_that_a_run_decides_exists_and_says_so():
    ids = {i.id: i for i in CHECKLIST}
    assert all("verify-runtime" in ids[i].proven_by for i in RUNTIME_ITEMS)
    data = {"schema_version": 1, "revision": "a", "clean": True, "backends": [SEEN]}
    assert read_runtime_report(json.dumps(data), "r.json").backends == {"web": SEEN}
