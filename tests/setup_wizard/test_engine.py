"""Plan, apply, prove, undo: on the sample repository, against the sandbox."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import threading
import weakref
from pathlib import Path

import pytest

from checks.audit import run_audit
from checks.checklist import CHECKLIST
from checks.errors import UsageError
from checks.repository.facts import Facts
from setup_wizard.demo import JOURNEY, fingerprint, make_sample
from setup_wizard.plan import effects, journal
from setup_wizard.plan.engine import Engine
from setup_wizard.plan.files import ConflictError
from setup_wizard.plan.journal import Journal
from setup_wizard.sandbox.records import Fault
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.services.connection import connect
from setup_wizard.session import Session
from setup_wizard.steps import PRACTICES, STEPS, find_steps


async def engine_for(root: Path, state: SandboxState, **answers: str) -> Engine:
    """An engine connected to a running sandbox."""
    session = Session(root, {"sentry.url": state.public_url, **answers}, environ={}, install=False, poll=0.1)
    session.connection = await connect(state.public_url, state.token, session.facts().config)
    return session.engine()


async def test_the_whole_journey_and_back(sample):
    before = fingerprint(sample)
    with running_sandbox(SandboxState()) as state:
        engine = await engine_for(sample, state)
        first = await engine.audit()
        assert {r.item.id for r in first.unchecked} >= {
            "project-created",
            "sdk-installed",
            "sdk-initialized",
            "dsn-configured",
        }
        applied = await engine.apply(find_steps(JOURNEY))
        assert [s.outcome for s in applied.steps] == ["applied"] * len(JOURNEY), applied.steps
        assert all(not s.unproved for s in applied.steps)
        after = await engine.audit()
        assert not after.unchecked and [r.item.id for r in after.undecided] == ["dsn-target"]
        once = fingerprint(sample)
        again = await engine.apply(find_steps(JOURNEY))
        assert again.run is None and [s.outcome for s in again.steps] == ["unchanged"] * len(JOURNEY)
        assert fingerprint(sample) == once
        assert len(state.projects) == 2 and len(state.events) == 2
        run, undone = engine.undo(applied.run)
        assert len(undone) == 14 and {c["kind"] for c in run.created} == {"project", "alert"}
        await engine.connection.close()
    assert fingerprint(sample) == before
    status = subprocess.run(["git", "-C", sample, "status", "--porcelain"], capture_output=True, text=True, check=True)
    assert status.stdout == ""


async def test_the_result_holds_offline_too_and_secrets_stay_out_of_git(sample):
    with running_sandbox(SandboxState()) as state:
        engine = await engine_for(sample, state)
        await engine.apply(find_steps(JOURNEY))
        await engine.connection.close()
        key = state.projects["orchard-backend"].key
    session = Session(sample, {}, environ={}, install=False)
    report = run_audit(session.facts(), CHECKLIST)
    assert not report.unchecked
    listed = subprocess.run(["git", "-C", sample, "grep", "--untracked", "-l", key], capture_output=True, text=True)
    assert listed.stdout == "" and key in (sample / "backend/.env").read_text()
    token = subprocess.run(["grep", "-rl", state.token, sample], capture_output=True, text=True)
    assert token.stdout == ""


async def test_a_file_changed_under_the_plan_stops_everything(sample):
    with running_sandbox(SandboxState()) as state:
        engine = await engine_for(sample, state)
        steps = find_steps(["sdk"])
        plan = await engine.plan(steps)
        path = sample / "backend/requirements.txt"
        path.write_text(path.read_text() + "extra==1\n")
        before = fingerprint(sample)
        with pytest.raises(ConflictError):
            await engine.apply(steps, expected=plan)
        assert fingerprint(sample) == before
        await engine.connection.close()


async def test_a_dsn_without_its_project_is_skipped_and_the_rest_is_applied(sample):
    with running_sandbox(SandboxState()) as state:
        engine = await engine_for(sample, state)
        applied = await engine.apply(find_steps(["sdk", "dsn"]))
        assert [s.outcome for s in applied.steps] == ["applied", "skipped"]
        assert "step `project`" in applied.steps[1].reason
        await engine.connection.close()


async def test_a_plan_that_would_differ_from_the_one_shown_is_not_applied(sample):
    engine = Engine(sample, {"sentry.org": "acme"}, install=False)
    steps = find_steps(["sdk"])
    plan = await engine.plan(steps)
    render = sample / "render.yaml"
    render.write_text(render.read_text().replace("DJANGO_ENV", "APP_ENV"))
    before = fingerprint(sample)
    with pytest.raises(ConflictError):
        await engine.apply(steps, expected=plan)
    assert fingerprint(sample) == before


def test_a_named_host_is_remembered_for_its_user_alone():
    from checks.sentry_api.hosts import choose_url, host_file
    from setup_wizard.services.hosts import remember_host

    for url in ("https://sentry.io", "http://127.0.0.1:9000"):
        remember_host(url)
        assert not host_file().exists()
    remember_host("https://sentry.example.com")
    assert choose_url(None, {}, "https://sentry.example.com") == "https://sentry.example.com"
    assert host_file().stat().st_mode & 0o777 == 0o600


async def test_an_email_target_that_does_not_exist_is_an_error_and_not_somebody_else(sample):
    with running_sandbox(SandboxState()) as state:
        engine = await engine_for(sample, state, **{"alerts.email_target": "team:acmee"})
        await engine.apply(find_steps(["project"]))
        with pytest.raises(UsageError) as caught:
            await engine.plan(find_steps(["alerts"]))
        assert "team:acme" in (caught.value.hint or "")
        await engine.connection.close()


async def test_stopping_while_files_are_written_leaves_no_writer_behind(sample, monkeypatch):
    before = fingerprint(sample)
    began, release = threading.Event(), threading.Event()
    real = journal.write_file

    def slow(*arguments, **options):
        began.set()
        release.wait(10)
        real(*arguments, **options)

    monkeypatch.setattr(journal, "write_file", slow)
    engine = Engine(sample, {"sentry.org": "acme"}, install=False)
    task = asyncio.create_task(engine.apply(find_steps(["sdk"])))
    await asyncio.to_thread(began.wait, 10)
    task.cancel()
    await asyncio.sleep(0)
    with pytest.raises(journal.BusyError), Journal(sample, engine.journal.folder).exclusive():
        pass
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert any("rolled back" in said for said in engine.journal.recover())
    assert fingerprint(sample) == before


async def test_a_refused_step_writes_nothing_and_the_others_are_applied(sample):
    (sample / "frontend/vite.config.ts").write_text("export default mergeConfig(a, b)\n")
    with running_sandbox(SandboxState()) as state:
        engine = await engine_for(sample, state)
        applied = await engine.apply(find_steps(["project", "sdk", "source-maps"]))
        assert [s.outcome for s in applied.steps] == ["applied", "applied", "refused"]
        assert "sentryVitePlugin" in applied.steps[2].snippet and applied.steps[2].files == ()
        assert (sample / "frontend/vite.config.ts").read_text() == "export default mergeConfig(a, b)\n"
        assert "vite-plugin" not in (sample / "frontend/package.json").read_text()
        await engine.connection.close()


async def test_offline_needs_no_sentry_and_skips_what_does(sample):
    engine = Engine(sample, {"sentry.org": "acme"}, install=False)
    applied = await engine.apply(
        find_steps(["project", "sdk", "test-event", "source-maps", "alerts", "release-tracking"])
    )
    assert [s.outcome for s in applied.steps] == ["applied", "applied", "skipped", "applied", "skipped", "applied"]
    assert engine.undo(None)[1]


async def test_undo_refuses_when_something_changed_since_and_changes_nothing(sample):
    engine = Engine(sample, {"sentry.org": "acme"}, install=False)
    applied = await engine.apply(find_steps(["sdk"]))
    path = sample / "backend/requirements.txt"
    path.write_text(path.read_text() + "more==1\n")
    before = fingerprint(sample)
    with pytest.raises(ConflictError) as caught:
        engine.undo(applied.run)
    assert "requirements.txt" in caught.value.message and fingerprint(sample) == before
    with pytest.raises(UsageError):
        engine.undo("no-such-run")


async def test_a_dead_project_call_keeps_files_that_need_its_dsn_away(sample):
    with running_sandbox(SandboxState()) as state:
        engine = await engine_for(sample, state)
        state.faults.append(Fault(method="POST", path="/projects/", status=403, body="{}", headers={}, times=9))
        applied = await engine.apply(find_steps(["project", "sdk", "dsn"]))
        outcomes = {s.step: s.outcome for s in applied.steps}
        assert outcomes == {"project": "failed", "sdk": "applied", "dsn": "skipped"}
        assert "project:write" in applied.steps[0].reason and not (sample / "backend/.env").exists()
        await engine.connection.close()


async def test_an_event_that_never_arrives_is_told_with_likely_causes(sample, monkeypatch):
    with running_sandbox(SandboxState(delay=3600)) as state:
        engine = await engine_for(sample, state)
        await engine.apply(find_steps(["project"]))
        monkeypatch.setattr(effects, "EVENT_DEADLINE", 0.5)
        applied = await engine.apply(find_steps(["test-event"]))
        assert applied.steps[0].outcome == "failed" and "was not seen" in applied.steps[0].reason
        assert applied.steps[0].unproved == ("test-event",)
        await engine.connection.close()


async def test_a_tracked_env_file_is_left_to_the_person_and_the_rest_is_done(sample):
    (sample / "backend/.env").write_text("A=b\n")
    subprocess.run(["git", "-C", sample, "add", "backend/.env"], check=True)
    with running_sandbox(SandboxState()) as state:
        engine = await engine_for(sample, state)
        applied = await engine.apply(find_steps(["project", "sdk", "dsn"]))
        step = applied.steps[2]
        [task] = [m for m in step.manual if m.path == "backend/.env"]
        assert step.outcome == "applied" and "git tracks" in task.reason and task.snippet.startswith("SENTRY_DSN=")
        # What every clone has needs no example.
        assert step.files == ("render.yaml",)
        assert (sample / "backend/.env").read_text() == "A=b\n"
        await engine.connection.close()


def test_every_step_proves_items_that_exist():
    ids = {i.id for i in CHECKLIST}
    assert all(set(s.proves) <= ids for s in (*STEPS, *PRACTICES))
    assert {i.step for i in CHECKLIST if i.step} <= {s.id for s in (*STEPS, *PRACTICES)}
    with pytest.raises(UsageError):
        find_steps(["sdkk"])


def test_the_sample_is_a_clean_repository(tmp_path):
    root = make_sample(tmp_path)
    assert (root / ".github/workflows/ci-cd.yml").is_file() and json.loads((root / "frontend/package.json").read_text())


def test_what_needs_no_sentry_is_told_by_the_steps_themselves():
    assert [s.id for s in STEPS if not s.offline] == ["project", "test-event", "alerts", "performance", "team"]


async def test_a_stop_in_the_middle_says_what_was_created_in_sentry(sample):
    said: list[str] = []
    reached = asyncio.Event()

    def say(sentence: str) -> None:
        said.append(sentence)
        if sentence.startswith("create the alert"):
            reached.set()

    with running_sandbox(SandboxState()) as state:
        engine = await engine_for(sample, state)
        engine.say = say
        state.faults.append(Fault(method="POST", path="workflows", status=503, body="", headers={}, times=99))
        task = asyncio.create_task(engine.apply(find_steps(["project", "alerts"])))
        await asyncio.wait_for(reached.wait(), 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await engine.connection.close()
    assert "stopped; already created in Sentry, and kept:" in said
    assert any(s.startswith("  project orchard-backend  ") for s in said)
    assert any(s.startswith("stopped while Sentry was asked to create the alert") for s in said)
    assert {c["name"] for c in engine.journal.runs()[-1].created} == {"orchard-backend", "orchard-frontend"}


async def test_what_audits_and_plans_read_is_freed_without_a_full_garbage_collection(sample, monkeypatch):
    alive: list[weakref.ref[Facts]] = []
    made = Facts.__init__

    def noting(facts: Facts, *given: object, **named: object) -> None:
        made(facts, *given, **named)  # type: ignore[arg-type]
        alive.append(weakref.ref(facts))

    monkeypatch.setattr(Facts, "__init__", noting)
    session = Session(sample, {"sentry.org": "acme"}, environ={}, install=False)
    enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        await asyncio.to_thread(session.audit_offline, lambda _: None)
        await session.previews(STEPS)
        await asyncio.to_thread(session.header)
        left = [f for r in alive if (f := r()) is not None]
        assert len(alive) > 10
        assert not any(f._computed or f._parsed or f._held or "backends" in vars(f) for f in left)
    finally:
        if enabled:
            gc.enable()


def test_facts_that_forgot_answer_as_before(sample):
    session = Session(sample, {}, environ={})
    facts = session.facts()
    first = run_audit(facts, CHECKLIST)
    facts.forget()
    assert not facts._computed and "backends" not in vars(facts)
    assert run_audit(facts, CHECKLIST).results == first.results
