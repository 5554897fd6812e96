"""The runtime report as evidence: what it decides, what it does not, and when it proves nothing."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
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
from checks.runtime.deciding import PROPAGATION
from checks.runtime.reading import Reading
from checks.runtime.report import (
    RUNTIME_ITEMS,
    RuntimeReport,
    read_runtime_report,
    why_not,
    why_not_backend,
    with_runtime,
)
from setup_wizard.cli import main
from tests.support.repo import INIT, backend

TARGET = Target(name="backend", root="web")
SEEN: dict[str, Any] = {
    "name": "backend",
    "root": "web",
    "settings": "shop.settings",
    "started": True,
    "options": {
        "dsn": "127.0.0.1:1/1",
        "environment": "live",
        "release": "r1",
        "traces_sample_rate": 0.1,
        "send_default_pii": False,
        "callbacks": ["before_send"],
    },
    "observations": {
        "debug": False,
        "arrived": {"view": 1, "logged": 1, "command": 1, "missing": 0, "disallowed-host": 0},
        "view": {"status": "500"},
        "disallowed-host": {"status": "400 Bad Request"},
        "command": {"raised": "Probe"},
        "event": {"environment": "live", "release": "r1"},
        "left": [],
        "user": True,
        "traces_sampler": {"web": 0.1, "worker": 0, "command": 0.1},
        "trace-continued": True,
    },
    "variables": {"declared": ["SENTRY_DSN"], "given": [], "invented": ["SECRET_KEY"]},
}
READING = Reading(known={"environment": "live", "release": "r1"}, variables={"dsn": frozenset({"SENTRY_DSN"})})
CONFIRMED = {"dsn-configured", "environment-explicit", "release-consistent", "user-context-minimal"}
"""A run shows a part of these: it proves a pass, and turns nothing that reading left open into one."""


def report(**changes: Any) -> RuntimeReport:
    return RuntimeReport(revision="a" * 40, clean=True, backends={"web": SEEN | changes})


def observed(**changes: Any) -> dict[str, Any]:
    """What was seen, with some of the observations changed."""
    return {"observations": SEEN["observations"] | changes}


def arrived(**changes: int) -> dict[str, Any]:
    return observed(arrived=SEEN["observations"]["arrived"] | {k.replace("_", "-"): v for k, v in changes.items()})


def options(**changes: Any) -> dict[str, Any]:
    return {"options": SEEN["options"] | changes}


def judged(item_id: str, verdict: Verdict, seen: RuntimeReport, reading: Reading = READING) -> Result:
    before = Result(item=find_item(item_id), outcome=verdict.outcome, verdicts=(verdict,))
    return with_runtime([before], seen, {"web": reading})[0]


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
    if item_id in CONFIRMED:
        assert seen.outcome is Outcome.UNKNOWN and [f.message.rpartition("; ")[2] for f in seen.findings] == [
            "not understood"
        ]
        return
    assert seen.outcome is Outcome.PASS and seen.proof is Proof.PROVEN
    assert seen.evidence[0].fact.endswith("the code check decided unknown: not understood")


OFF = {"options": None, "observations": {"debug": True, "arrived": {}}}
SAMPLER = options(callbacks=["traces_sampler"], traces_sample_rate=None)


@pytest.mark.parametrize(
    ("item_id", "changes", "said"),
    [
        ("sdk-initialized", OFF, "the SDK is not initialized under shop.settings"),
        (
            "sdk-options-valid",
            {"started": False, "problem": {"type": "TypeError", "message": "Unknown option 'trace_rate'"}},
            "the application does not start: Unknown option 'trace_rate'",
        ),
        ("dsn-configured", {"options": {"dsn": None}}, "the SDK has no DSN, though its variable is set"),
        ("environment-set", options(environment="production"), "the environment is production"),
        ("environment-set", options(environment=""), "events carry no environment"),
        ("environment-set", options(environment="development"), "the environment is development"),
        (
            "sdk-options-valid",
            options(traces_sample_rate="0.1"),
            "traces_sample_rate is '0.1', which is text and not a number",
        ),
        ("environment-explicit", options(environment="production"), "the environment is production"),
        ("release-consistent", options(release="r2"), "the release is r2"),
        ("release-consistent", options(release=None), "the release is missing"),
        ("debug-off", OFF, "DEBUG is True"),
        (
            "pii-off",
            observed(left=["authorization", "cookies"]),
            "an event carried the request's authorization and cookies",
        ),
        ("pii-off", options(send_default_pii=True), "send_default_pii is on"),
        ("user-context-minimal", observed(left=["email", "body"]), "an event carried the user's email"),
        ("tracing-enabled", options(traces_sample_rate=None), "no transaction is sampled"),
        (
            "tracing-enabled",
            SAMPLER | observed(traces_sampler={"web": 0, "worker": 0, "command": 0}),
            "the traces_sampler samples nothing",
        ),
        ("sampling-sensible", options(traces_sample_rate=1.0), "traces_sample_rate is 1.0"),
        ("sampling-sensible", options(sample_rate=0.0), "sample_rate is 0: no error arrives"),
        (
            "sampling-sensible",
            SAMPLER | observed(traces_sampler={"web": 1, "worker": 1.0, "command": True}),
            "the traces_sampler records every trace",
        ),
        (
            "traces-sampler-safe",
            observed(traces_sampler={"web": 0.1, "worker": {"raised": "KeyError"}, "command": 0.1}),
            "the traces_sampler returns KeyError for worker, which is not a rate",
        ),
        (
            "traces-sampler-safe",
            observed(traces_sampler={"web": None, "worker": 0, "command": 0}),
            "the traces_sampler returns None for web, which is not a rate",
        ),
        ("logging-captured", arrived(logged=0), "a logged error did not arrive"),
        (
            "exceptions-not-swallowed",
            arrived(view=0),
            "an exception in a view did not arrive, though a logged error did",
        ),
        (
            "before-send-safe",
            arrived(view=0, logged=0) | {"answers": {"before_send": {"view": "dropped", "logged": {"raised": "E: x"}}}},
            "neither an exception nor a logged error passed before_send",
        ),
        ("init-covers-workers", arrived(command=0), "the error of a failing command did not arrive"),
        (
            "trace-propagation",
            observed(**{"trace-continued": False}),
            "backend starts a new trace instead of continuing the incoming one",
        ),
    ],
)
def test_where_they_disagree_running_is_believed_and_both_are_named(item_id, changes, said):
    seen = judged(item_id, READ, report(**changes))
    assert seen.outcome is Outcome.FAIL and seen.proof is None
    finding = seen.findings[0]
    assert finding.message == f"at run time {said}, although the code check found: read so"
    assert (finding.path, finding.line) == ("web/settings.py", 3)


def test_a_fail_of_reading_gives_way_to_what_ran():
    seen = judged("pii-off", BAD, report())
    assert seen.outcome is Outcome.PASS and "the code check decided fail: read as bad" in seen.evidence[0].fact


@pytest.mark.parametrize(
    "item_id",
    [
        "before-send-safe",
        "exceptions-not-swallowed",
        "init-covers-workers",
        "integrations-installed",
        "logging-captured",
        "sdk-options-valid",
        "user-context-minimal",
    ],
)
def test_a_fail_on_a_path_that_the_run_did_not_take_stays(item_id):
    assert judged(item_id, BAD, report()).verdicts == (BAD,)


def test_the_environment_of_development_that_reading_found_is_confirmed():
    reading = Reading(known={"environment": "development"})
    seen = judged("environment-set", BAD, report(**options(environment="development")), reading)
    assert seen.outcome is Outcome.FAIL
    assert seen.verdicts[0].evidence[-1].fact == "the environment is development"


def test_a_name_of_development_is_the_other_items():
    seen = report(**options(environment="development"))
    assert judged("environment-explicit", READ, seen, Reading(known={"environment": "development"})).verdicts == (READ,)


@pytest.mark.parametrize(
    ("item_id", "changes", "outcome"),
    [
        ("traces-sampler-safe", {}, Outcome.NOT_APPLICABLE),
        ("before-send-safe", {"processors": []}, Outcome.NOT_APPLICABLE),
        ("before-send-safe", {"processors": ["shop/settings.py:9"]}, Outcome.UNKNOWN),
        ("before-send-safe", {}, Outcome.UNKNOWN),
        ("before-send-safe", {"processors": [], "callbacks": ["before_send_transaction"]}, Outcome.UNKNOWN),
    ],
)
def test_what_a_run_shows_to_be_absent_does_not_apply(item_id, changes, outcome):
    seen = report(**options(**({"callbacks": []} | changes)), **observed(traces_sampler={}))
    assert judged(item_id, OPEN, seen).outcome is outcome
    assert judged(item_id, READ, seen).verdicts == (READ,)


def test_personal_data_of_another_kind_keeps_a_fail_of_reading():
    seen = report(**observed(left=["ip_address"]))
    assert judged("pii-off", BAD, seen).verdicts == (BAD,)
    assert judged("pii-off", OPEN, seen).outcome is Outcome.PASS


@pytest.mark.parametrize("item_id", sorted(RUNTIME_ITEMS))
def test_what_did_not_start_or_is_another_backend_decides_nothing(item_id):
    if item_id != PROPAGATION:
        assert judged(item_id, READ, report(started=False)).verdicts == (READ,)
    if item_id != PROPAGATION:  # its target is a frontend, and each backend counts
        elsewhere = RuntimeReport(revision="a" * 40, clean=True, backends={"other": SEEN})
        assert judged(item_id, OPEN, elsewhere).verdicts == (OPEN,)


@pytest.mark.parametrize(
    ("item_id", "name", "reading", "verdict"),
    [
        ("debug-off", "DJANGO_DEBUG", READING, OPEN),
        ("pii-off", "SEND_PII", READING, OPEN),
        ("sdk-initialized", "SENTRY_ENABLED", READING, OPEN),
        ("pii-off", "SHOP_MODE", Reading(variables={"send_default_pii": frozenset({"SHOP_MODE"})}), OPEN),
        ("sampling-sensible", "LOAD", READING, unknown("`LOAD` has no default", target=TARGET)),
    ],
)
def test_a_made_up_value_decides_nothing_that_it_may_change(item_id, name, reading, verdict):
    made_up = {"declared": ["SENTRY_DSN"], "invented": [name]}
    assert judged(item_id, verdict, report(variables=made_up), reading).verdicts == (verdict,)
    assert judged(item_id, verdict, report(), reading).outcome is Outcome.PASS


@pytest.mark.parametrize(("name", "outcome"), [("TAG_EXTRACTION", Outcome.PASS), ("SHOP_TRACING", Outcome.UNKNOWN)])
def test_a_word_within_another_is_not_what_a_variable_is_about(name, outcome):
    seen = report(variables={"declared": ["SENTRY_DSN"], "invented": [name]})
    assert judged("tracing-enabled", OPEN, seen).outcome is outcome


@pytest.mark.parametrize(
    "answers", [{}, {"view": "kept", "logged": "kept"}, {"view": "dropped", "logged": "kept"}, {"health": "dropped"}]
)
def test_what_was_lost_behind_before_send_says_nothing_against_it(answers):
    seen = report(**arrived(view=0, logged=0), answers={"before_send": answers})
    assert judged("before-send-safe", READ, seen).verdicts == (READ,)


@pytest.mark.parametrize(
    ("item_id", "changes", "outcome"),
    [
        ("pii-off", options(send_default_pii=True), Outcome.FAIL),
        ("pii-off", options(send_default_pii=False), Outcome.UNKNOWN),
        ("logging-captured", {}, Outcome.PASS),
        ("noise-filtered", {"arrived": {"disallowed-host": 1}}, Outcome.FAIL),
        ("noise-filtered", {}, Outcome.UNKNOWN),
    ],
)
def test_what_is_seen_before_the_view_counts_where_no_request_reaches_it(item_id, changes, outcome):
    counts = SEEN["observations"]["arrived"] | {"view": 0, "user": 0} | changes.get("arrived", {})
    seen = report(**observed(arrived=counts), **{k: v for k, v in changes.items() if k != "arrived"})
    assert judged(item_id, OPEN, seen).outcome is outcome


def test_a_switch_that_the_run_did_not_have_leaves_open_whether_the_sdk_is_on():
    verdict = unknown("it runs only if not (ENV_TYPE == 'dev'): `ENV_TYPE` is not declared", target=TARGET)
    without = report(**OFF, variables={"declared": [], "invented": [], "unset": ["ENV_TYPE", "HOME"]})
    given = report(**OFF, variables={"declared": [], "given": ["ENV_TYPE"], "invented": [], "unset": ["HOME"]})
    assert judged("sdk-initialized", verdict, without).verdicts == (verdict,)
    assert judged("sdk-initialized", verdict, given).outcome is Outcome.FAIL


def test_a_variable_that_the_run_did_not_have_leaves_open_what_it_decides():
    verdict = unknown("DEBUG is `env.bool('DEBUG')`: `DEBUG` decides", target=TARGET)
    without = report(**observed(debug=True), variables={"declared": [], "invented": [], "unset": ["DEBUG"]})
    given = report(**observed(debug=True), variables={"declared": ["DEBUG"], "invented": [], "unset": []})
    assert judged("debug-off", verdict, without).verdicts == (verdict,)
    assert judged("debug-off", verdict, given).outcome is Outcome.FAIL
    elsewhere = unknown("which cannot be determined here: `from .local_settings import *` decides", target=TARGET)
    assert judged("debug-off", elsewhere, report(**observed(debug=True))).verdicts == (elsewhere,)


@pytest.mark.parametrize(
    ("variables", "reading", "proof"),
    [
        ({"declared": ["SENTRY_ENVIRONMENT"]}, Reading(), Proof.PROVEN),
        ({"given": ["APP_ENV"]}, Reading(variables={"environment": frozenset({"APP_ENV"})}), Proof.PROVEN),
        ({"declared": []}, Reading(), Proof.WIRED),
        ({"declared": []}, Reading(variables={"environment": frozenset({"APP_ENV"})}), Proof.WIRED),
        ({"declared": ["SENTRY_ENVIRONMENT"]}, Reading(opaque=frozenset({"environment"})), Proof.WIRED),
    ],
)
def test_the_name_that_the_sdk_uses_by_itself_proves_nothing(variables, reading, proof):
    seen = report(variables=variables, **options(environment="production"))
    for item_id in ("environment-set", "environment-explicit"):
        assert judged(item_id, READ, seen, reading).proof is proof
    assert judged("environment-set", BAD, report(**options(environment="production")), Reading()).verdicts == (BAD,)


UNNAMED = unknown(
    "init sets no environment, and web (Docker Compose) gets variables from `.env`, which is not in this repository",
    path="compose.yaml",
    line=4,
    hint="set `environment=` in init",
    target=TARGET,
)


def test_a_name_that_is_production_by_the_sdks_default_alone_is_silent():
    seen = report(variables={}, **options(environment="production"))
    result = judged("environment-explicit", UNNAMED, seen, Reading())
    (found,) = result.verdicts[0].findings
    assert result.outcome is Outcome.FAIL
    said = 'at run time the events say "production", which neither the code nor a variable of the run names'
    assert (found.message, found.path, found.line) == (said, "compose.yaml", 4)
    assert found.hint == "run `sentry-setup verify-runtime` to see it again"
    assert judged("environment-set", UNNAMED, seen, Reading()).verdicts == (UNNAMED,), "it may be set elsewhere"


@pytest.mark.parametrize(
    ("variables", "name", "reading"),
    [
        ({"given": ["SENTRY_ENVIRONMENT"]}, "production", Reading()),
        ({"declared": ["SENTRY_ENVIRONMENT"]}, "production", Reading()),
        ({"invented": ["SENTRY_ENVIRONMENT"]}, "production", Reading()),
        ({}, "live", Reading()),
        ({}, "production", Reading(opaque=frozenset({"environment"}))),
        ({}, "production", Reading(variables={"environment": frozenset({"APP_ENV"})})),
    ],
)
def test_a_name_that_somebody_gives_or_may_give_is_not_silent(variables, name, reading):
    seen = report(variables=variables, **options(environment=name))
    assert judged("environment-explicit", UNNAMED, seen, reading).outcome is Outcome.UNKNOWN


def test_a_release_that_the_sdk_took_from_the_checkout_proves_nothing():
    seen = report(variables={"declared": []}, **options(release="a" * 40))
    assert judged("release-consistent", READ, seen, Reading()).verdicts == (READ,)
    set_there = report(variables={"declared": ["SENTRY_RELEASE"]})
    assert judged("release-consistent", READ, set_there, Reading()).proof is Proof.PROVEN


def test_a_dsn_that_is_read_is_not_yet_one_that_is_set_where_it_runs():
    seen = judged("dsn-configured", READ, report(variables={"declared": [], "invented": ["SENTRY_DSN"]}))
    assert seen.proof is Proof.WIRED and seen.evidence[-1].fact == "SENTRY_DSN is read by the running application"
    other = judged(
        "dsn-configured", READ, report(variables={"declared": [], "invented": ["SENTRY_DSN"], "dsn": ["SITE_DSN"]})
    )
    assert other.evidence[-1].fact == "SITE_DSN is read by the running application"
    assert judged("dsn-configured", READ, report(hard_coded_dsn="sentry.io/1")).verdicts == (READ,)


@pytest.mark.parametrize(
    ("reading", "variables", "left"),
    [
        (
            Reading(variables={"dsn": frozenset({"SENTRY_DSN"})}),
            {},
            "not understood",
        ),
        (
            Reading(opaque=frozenset({"dsn"})),
            {},
            "whether SENTRY_DSN is set where the backend is deployed was not seen",
        ),
        (
            Reading(opaque=frozenset({"dsn"})),
            {"invented": ["SENTRY_DSN", "BROWSER_DSN"]},
            "whether the DSN is set where the backend is deployed was not seen",
        ),
    ],
    ids=["reading asks where it is set", "reading asks what is read", "two names"],
)
def test_an_open_dsn_says_which_part_was_seen_and_which_is_left(reading, variables, left):
    verdicts = judged("dsn-configured", OPEN, report(variables=SEEN["variables"] | variables), reading).verdicts
    assert [v.outcome for v in verdicts] == [Outcome.UNKNOWN]
    (finding,), (evidence,) = verdicts[0].findings, verdicts[0].evidence
    assert finding.message == left and (finding.path, finding.line) == ("web/settings.py", 3)
    assert evidence.kind is EvidenceKind.RUNTIME and evidence.fact.endswith("DSN is read by the running application")
    assert judged("dsn-configured", OPEN, report(), reading).proof is None


def test_an_open_dsn_that_the_code_writes_itself_stays_as_it_was_read():
    assert judged("dsn-configured", OPEN, report(hard_coded_dsn="sentry.io/1")).verdicts == (OPEN,)


def test_no_host_was_refused_so_nothing_is_known_of_noise():
    seen = report(**observed(**{"disallowed-host": {"status": "200 OK"}}))
    assert judged("noise-filtered", OPEN, seen).verdicts == (OPEN,)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"disallowed_host": 1}, "at run time refused hosts arrive as events"),
        ({"disallowed_host": 1, "missing": 2}, "at run time refused hosts and 404s arrive as events"),
    ],
)
def test_noise_that_arrives_says_nothing_against_a_filter_of_other_noise(counts, said):
    seen = report(**arrived(**counts))
    assert judged("noise-filtered", READ, seen).verdicts == (READ,)
    assert judged("noise-filtered", OPEN, seen).verdicts[0].findings[0].message == said
    assert judged("noise-filtered", BAD, seen).verdicts[0].findings == BAD.findings


def test_a_sampler_that_nobody_asked_turns_nothing_into_a_pass():
    seen = report(**(SAMPLER | observed(traces_sampler={})))
    for item_id in ("tracing-enabled", "traces-sampler-safe", "sampling-sensible"):
        assert judged(item_id, OPEN, seen).verdicts == (OPEN,)


def test_a_run_under_other_settings_proves_nothing():
    assert why_not_backend(SEEN, "shop.settings") is None
    assert "it ran under shop.settings, and production uses shop.production" in (
        why_not_backend(SEEN, "shop.production") or ""
    )
    assert "set `backend.settings`" in (why_not_backend(SEEN, None) or "")
    stopped = SEEN | {"started": False, "problem": {"type": "KeyError", "message": "'A'"}}
    assert "it did not start (KeyError: 'A')" in (why_not_backend(stopped, "shop.settings") or "")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A backend in a repository of git, whose report of a run is `seen`."""
    files = backend() | {"requirements.txt": "django\nsentry-sdk\n", "shop/settings.py": INIT}
    for path, text in files.items():
        (tmp_path / "shop" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shop" / path).write_text(text)
    return tmp_path / "shop"


def git(root: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *words],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("nothing", None),
        ("a commit", "it is for "),
        ("an edit", "the audited tree has uncommitted changes"),
        ("a new module", "the audited tree has uncommitted changes"),
        ("a new report", None),
        ("an environment", None),
        ("a dirty run", "it was made of a tree with uncommitted changes"),
        ("other settings", "it ran under shop.local, and production uses shop.settings"),
        ("another backend", "there is no such backend here"),
    ],
)
def test_an_audit_takes_a_report_of_this_very_tree_only(shop, tmp_path, capsys, change, said):
    git(shop, "init", "-q")
    git(shop, "add", "-A")
    git(shop, "commit", "-qm", "x")
    revision, one = git(shop, "rev-parse", "HEAD"), SEEN | {"root": ".", "settings": "shop.settings"}
    one |= {"other settings": {"settings": "shop.local"}, "another backend": {"root": "api"}}.get(change, {})
    data = {"schema_version": 1, "revision": revision, "clean": change != "a dirty run", "backends": [one]}
    (tmp_path / "r.json").write_text(json.dumps(data))
    if change == "a commit":
        git(shop, "commit", "-q", "--allow-empty", "-m", "y")
    elif change == "an edit":
        (shop / "shop/settings.py").write_text(INIT + "\n")
    elif change == "a new module":
        (shop / "shop/local.py").write_text("")
    elif change == "a new report":
        (shop / "runtime.json").write_text("{}")
    elif change == "an environment":
        (shop / "env/lib").mkdir(parents=True)
        (shop / "env/pyvenv.cfg").write_text("")
        (shop / "env/lib/a.py").write_text("")
    words = ["audit", str(shop), "--runtime-report", str(tmp_path / "r.json")]
    main([*words, "--format", "json"])
    items = {i["id"]: i for i in json.loads(capsys.readouterr().out)["items"]}
    assert items["sdk-initialized"]["proof"] == ("proven" if said is None else "wired")
    main(words)
    out = capsys.readouterr().out
    assert ("Note: the runtime report proves nothing" in out) == (said is not None) and (said or "") in out


def test_what_does_not_apply_stays_so():
    verdict = not_applicable("no before_send", target=TARGET)
    assert judged("before-send-safe", verdict, report()).outcome is Outcome.NOT_APPLICABLE


def test_a_report_of_another_revision_or_a_dirty_tree_proves_nothing():
    assert why_not(report(), "a" * 40) is None
    assert "it is for aaaaaaaaaa, not for bbbbbbbbbb" in (why_not(report(), "b" * 40) or "")
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
