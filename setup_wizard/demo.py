"""`sentry-setup demo`: the whole journey on a sample repository with the sandbox; no account, no network, no Node."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import sys
import tempfile
from pathlib import Path

from checks.audit import run_audit
from checks.checklist import CHECKLIST
from checks.errors import ExitCode
from checks.model import Report
from checks.report.safe import printable
from checks.report.text import counts, summing_line
from setup_wizard.headless import changed_files, say
from setup_wizard.plan.engine import Applied
from setup_wizard.plan.model import StepOutcome
from setup_wizard.sandbox.sample_projects import SAMPLES, Sample, make_sample
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.services.connection import connect
from setup_wizard.session import Session
from setup_wizard.steps import Step, find_steps
from setup_wizard.wizard_cli import has_screen

JOURNEY = ("project", "sdk", "dsn", "test-event", "frontend-sdk", "source-maps", "alerts", "release-tracking")
"""The steps this version can do."""


OPENING = (
    "A demo on the sample project “{name}” ({about}) with a local fake Sentry: no account, no network."
    " Your own files are not touched."
)

CLOSING = (
    "That was the demo; its folder is removed. In your own repository:",
    "  cd YOUR-REPOSITORY",
    "  sentry-setup audit    what is missing, offline, in seconds; changes nothing",
    "  sentry-setup          the wizard: shows each change before it makes it",
)


def fingerprint(root: Path) -> dict[str, tuple[str, int]]:
    """Return digest and mode of every file outside of `.git`."""
    return {
        p.relative_to(root).as_posix(): (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mode)
        for p in sorted(root.rglob("*"))
        if p.is_file() and ".git" not in p.relative_to(root).parts[:1]
    }


def run_demo(sample_id: str = SAMPLES[0].id) -> ExitCode:
    """Run the demo on a sample: the wizard in a terminal, the same journey headless without one; everything is removed in the end."""
    _end_on_signals()
    sample = next(s for s in SAMPLES if s.id == sample_id)
    opening = OPENING.format(name=sample.name, about=sample.about)
    with tempfile.TemporaryDirectory(prefix="sentry-setup-demo-", ignore_cleanup_errors=True) as folder:
        root = make_sample(Path(folder).resolve(), sample)
        with running_sandbox(SandboxState(delay=0.3, traffic=True)) as sandbox:
            session = Session(
                root,
                {"sentry.url": sandbox.public_url},
                environ={"SENTRY_AUTH_TOKEN": sandbox.token},
                install=False,
                # No browser here: the integration appears as if somebody had signed in with the other service.
                open_page=lambda url: sandbox.add_integration(url.rstrip("/").rpartition("/")[2], sample.name),
            )
            session.python, session.variables = sys.executable, dict(sample.variables)
            if has_screen():
                from setup_wizard.ui.app import run_app

                code = ExitCode(run_app(session, opening=opening))
                _print("", *CLOSING)
                return code
            _print(opening)
            done = asyncio.run(_headless(session, sandbox, sample))
            _print("", *CLOSING)
            return done


def _end_on_signals() -> None:
    """Let a closed terminal or a `kill` end the demo as Ctrl+C does, so that its folder is removed."""

    def end(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), end)


def _tell(sentence: str) -> None:
    """Write progress, but not what the demo itself says: the files that were listed, alerts, what is sent, the audit."""
    if not sentence.startswith(("write ", "create the alert ", "check ")) and "  sent  " not in sentence:
        say(sentence)


async def _headless(session: Session, sandbox: SandboxState, sample: Sample) -> ExitCode:
    before = fingerprint(session.root)
    _print(f"A sample repository in {session.root}, and a local Sentry at {sandbox.public_url}.")
    _print("", "1. Audit, offline")
    first = run_audit(session.facts(), CHECKLIST)
    _print(*(f"  ✗ {r.title}" for r in first.unchecked), f"  {counts(first)}", "")
    session.connection = await connect(session.url, sandbox.token, session.facts().config)
    steps: tuple[Step, ...] = find_steps(JOURNEY)
    try:
        plan = await session.engine(_tell).plan(steps)
        *files, total = [" ".join(row.split()) for row in changed_files(plan)]
        _print(f"2. Plan: {total}; `sentry-setup plan` shows the diffs", *_wrapped(files), "")
        _print("3. Apply")
        applied = await session.engine(_tell).apply(steps)
        done = [s.step for s in applied.steps if s.outcome is StepOutcome.APPLIED]
        _print(f"  ✓ {', '.join(done)}", *(f"  {s.step}: {s.outcome}" for s in applied.steps if s.step not in done), "")
        again = await session.engine(_tell).apply(steps)
        changed = [s.step for s in again.steps if s.outcome is not StepOutcome.UNCHANGED]
        _print(f"4. Apply once more: {', '.join(changed) + ' changed' if changed else 'every step is unchanged'}")
        last = await session.audit()
        _print(f"5. Audit, connected to Sentry: {counts(last)}", *_left(last), "")
        await asyncio.to_thread(_run_it, session, sample)
    finally:
        await session.disconnect()
    run, undone = session.engine(_tell).undo(applied.run)
    same = fingerprint(session.root) == before
    _print(
        f"7. Undo: run {run.id}, {len(undone)} files; every byte and mode is {'as before' if same else 'NOT as before'}.",
        "",
    )
    _print(f"Before: {summing_line(first)}.  After: {summing_line(last)}.")
    return _exit_code(applied, again, last, same=same)


def _run_it(session: Session, sample: Sample) -> None:
    """Run the sample as `verify-runtime` does, where what it imports is installed beside this product."""
    from setup_wizard.runtime.offer import not_importable

    given = [f"--env {n}={v}" for n, v in session.variables.items()]
    _print(f"6. Run it: `{' '.join(['sentry-setup verify-runtime', *given])}`", "")
    missing = [sample.needs[m] for m in not_importable(*sample.needs)]
    if missing:
        _print(
            f"  – left out: {' and '.join(missing)} not installed here; `pip install {' '.join(missing)}` shows it", ""
        )
        return
    _, lines = session.run_application(lambda _: None)
    _print(*(f"  {line}" for line in lines[:_RUN_LINES]), "")


_RUN_LINES = 5
_WIDTH = 110


def _wrapped(parts: list[str]) -> list[str]:
    """Return parts in as few lines as hold them, none of which is divided."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(part) + 2 <= _WIDTH:
            lines[-1] += f", {part}"
        else:
            lines.append(f"  {part}")
    return lines


def _left(report: Report) -> list[str]:
    """Return what is left for the person, each with what to run, to paste or to open."""
    count = sum(not t.done for t in report.manual)
    lines = [f"  {count} left for you; each is ticked automatically when Sentry or CI shows it done"] if count else []
    for task in report.manual:
        if not task.done:
            lines += [
                f"  ☐ {printable(task.title)}",
                f"      {printable(task.command or task.value or task.url or '')}",
            ]
    return lines


def _exit_code(applied: Applied, again: Applied, last: Report, *, same: bool) -> ExitCode:
    sound = all(s.outcome is StepOutcome.APPLIED for s in applied.steps) and all(
        s.outcome is StepOutcome.UNCHANGED for s in again.steps
    )
    return ExitCode.OK if sound and same and not last.unchecked else ExitCode.UNPROVEN


def _print(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
