"""`apply --interactive`: the wizard's questions and plans as plain prompts, line by line; for screen readers, dumb terminals, logs."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from pathlib import Path

from checks.audit import require_target
from checks.cli import repository_root
from checks.errors import ExitCode, SentrySetupError, UsageError
from checks.model import Outcome, Report, Result
from checks.report.safe import hide, printable, redact
from checks.report.signs import place
from checks.report.text import standing
from checks.report.view import number, state_of
from setup_wizard.answer_sources import named_steps, read_answers
from setup_wizard.headless import (
    apply_exit_code,
    manual_text,
    plan_text,
    say,
    steps_with_unchecked,
)
from setup_wizard.plan.engine import Applied
from setup_wizard.plan.model import ManualTask, Plan, StepOutcome
from setup_wizard.plan.telling import doubled, whole
from setup_wizard.questions import Question
from setup_wizard.services.connection import WIZARD_SCOPES
from setup_wizard.session import Session
from setup_wizard.steps import Step

LEAVE_OUT = "-"
"""The answer that leaves a step out."""


class LeftOutError(Exception):
    """A person leaves a step out."""


def run_interactive(arguments: argparse.Namespace) -> ExitCode:
    """Ask, show the plan, and apply it where that is agreed to, step by step. Raises `UsageError` for another format than text."""
    if arguments.format != "text":
        raise UsageError("--interactive prints text", hint="omit --format, or use `apply --yes --format json`")
    root = repository_root(arguments.repo)
    session = Session(root, read_answers(arguments), install=not arguments.no_install)
    return asyncio.run(_sitting(session, named_steps(arguments.steps), root, offline=arguments.offline))


async def _sitting(session: Session, named: tuple[Step, ...], root: Path, *, offline: bool) -> ExitCode:
    require_target(session.facts())
    done: list[Applied] = []
    left: list[ManualTask] = []
    taken: list[Step] = []
    _print(
        f"sentry-setup on {root}. Nothing changes until you agree.",
        f"Press Enter to accept the value in brackets; type {LEAVE_OUT} to skip a step.",
        "",
    )
    try:
        if not offline:
            await _connect(session)
        report = await session.audit()
        _print(f"{standing(report)}.", "")
        for step in named or steps_with_unchecked(report):
            applied = await _step(session, step, left, offline=offline)
            done += [applied] if applied is not None else []
            left += applied.by_hand if applied is not None else ()
            taken.append(step)
        left = await _whole(session, left, taken)
        _print(*_ending(await session.audit() if done else report, done, left))
    except EOFError:
        _print("", "The input ended. What was applied stays; nothing else was changed.")
        return ExitCode.OK
    finally:
        await session.disconnect()
    return max((apply_exit_code(a) for a in done), default=ExitCode.OK)


async def _whole(session: Session, left: list[ManualTask], taken: list[Step]) -> list[ManualTask]:
    """Return the tasks, and what several steps told of one thing as a plan of all of them tells it: each had only its own part."""
    about = doubled(left)
    if not about:
        return left
    try:
        told = whole(await session.plan(*taken), about)
    except SentrySetupError:
        return left
    return [told.get(t.about, t) for t in left]


def _ending(report: Report, done: list[Applied], left: list[ManualTask]) -> list[str]:
    """Say what is done, what fails, which tasks of all steps are left for you, how to undo the run, and what to do next."""
    lines = ["== Done", f"{standing(report)}."]
    lines += [": ".join([f"{state_of(r).sign} {r.title}", *_first(r)]) for r in report.unchecked]
    if tasks := tuple(dict.fromkeys(left)):
        lines.append(f"For you, {number(len(tasks), 'task')}:")
        for count, task in enumerate(tasks, 1):
            first, *rest = manual_text(task, apart=True)
            lines += [f"{count}. {first}", *(f"   {line}" for line in rest)]
    if any(a.run for a in done):
        lines.append("Review the changes with `git diff`. To undo the last step: sentry-setup undo")
    lines.append("Then run: sentry-setup launch")
    return lines


async def _connect(session: Session) -> None:
    """Connect with a token that is found or typed; an empty one continues without Sentry."""
    found = session.found_token()
    login = session.found_login() if found is None else None
    if login is not None and _agreed(f"Use {login.place} for {session.url}? (y/n) [n]: "):
        found = login
    token = found.token if found is not None else await _signed_in(session)
    if not token:
        token = getpass.getpass("Sentry token (hidden; leave empty to continue without): ").strip()
    if not token:
        _print("Without Sentry: steps that need it are skipped.", "")
        return
    hide(token)
    try:
        organizations = await session.organizations(token)
        slugs = tuple(o.slug for o in organizations)
        chosen = session.answers.get("sentry.org")
        if chosen is None and len(slugs) > 1:
            asked = Question(key="sentry.org", label="Organization", value=slugs[0], found="from Sentry", choices=slugs)
            chosen = ask(asked)
        lacking = await session.connect(token, chosen)
    except SentrySetupError as error:
        _print(f"Not connected: {error.sentence}", "Without Sentry: steps that need it are skipped.", "")
        return
    except LeftOutError:
        _print("Without Sentry: steps that need it are skipped.", "")
        return
    _print(f"Connected to {session.url}." + (f" The token lacks {', '.join(lacking)}." if lacking else ""), "")


async def _signed_in(session: Session) -> str:
    """Return the token of a sign-in in the browser, where an application is configured for it; "" without one."""
    login = session.device_login
    if login is None or not _agreed(f"Sign in to {session.url} in the browser? (y/n) [n]: "):
        return ""
    try:
        code = await login.begin(WIZARD_SCOPES)
        _print(f"Open {code.url} and approve the code {code.code}. Waiting…")
        return await login.wait(code)
    except SentrySetupError as error:
        _print(f"Not signed in: {error.sentence}")
        return ""


async def _step(session: Session, step: Step, left: list[ManualTask], *, offline: bool) -> Applied | None:
    """Take one step; None where nothing was applied. What a step without a change has for the person is added to `left`."""
    _print(f"== {step.title}")
    if session.connection is None and not step.offline:
        again = "without --offline" if offline else "with a token"
        _print(f"Skipped: it needs Sentry. Run this again {again} to set it up.", "")
        return None
    questions = await asyncio.to_thread(session.questions, step)
    try:
        session.answer({q.key: ask(q) for q in questions})
    except LeftOutError:
        _print("Skipped.", "")
        return None
    try:
        plan = await session.plan(step)
    except SentrySetupError as error:
        _print(f"Not planned: {error.sentence}", "")
        return None
    _print(plan_text(plan, prompting=True).rstrip())
    if plan.empty:
        left += plan.manual
        _print("")
        return None
    changes = "this change" if plan.done == 1 else f"these {plan.done} changes"
    if not _agreed(f"Apply {changes}? (y/n) [n]: "):
        _print("Left unchanged.", "")
        return None
    try:
        applied = await session.apply(step, plan, say)
    except SentrySetupError as error:
        _print(f"Not applied: {error.sentence}", "")
        return None
    _print(*_proof(applied, plan), "")
    return applied


def _proof(applied: Applied, plan: Plan) -> list[str]:
    """Say what came of a plan that was agreed to: each item with its evidence, what was created, and the tasks that it did not name."""
    step, report = applied.steps[0], applied.report
    lines = []
    if step.outcome is not StepOutcome.APPLIED:
        lines.append(f"{str(step.outcome).capitalize()}: {printable(step.reason)}")
    if report is not None and step.outcome not in (StepOutcome.SKIPPED, StepOutcome.REFUSED):
        lines += [line for item_id in (*step.proved, *step.unproved) for line in _item(report.result(item_id))]
    if applied.created:
        lines += ["Created in Sentry (undo never deletes there):", *(f"  {printable(c)}" for c in applied.created)]
    for task in applied.by_hand:
        if task not in plan.manual:
            first, *rest = manual_text(task, apart=True)
            lines += [f"For you: {first}", *(f"  {line}" for line in rest)]
    if applied.run:
        lines.append(f"To undo this step: sentry-setup undo {applied.run}")
    return lines + ([f"{standing(report)}."] if report is not None else [])


def _first(result: Result) -> list[str]:
    return [printable(f.message) for f in result.findings[:1]]


def _item(result: Result) -> list[str]:
    """Return an item by its title with its state, then its evidence, or what is missing."""
    state, passes = state_of(result), result.outcome is Outcome.PASS
    said = [(e, e.fact) for e in result.evidence] if passes else [(f, f.message) for f in result.findings]
    facts = (f"{place(at)}  {fact}" if at.path else fact for at, fact in said)
    return [f"{state.sign} {result.title}: {state.word}", *(f"    {printable(fact)}" for fact in facts)]


def ask(question: Question) -> str:
    """Ask until the answer is a good one. Raises `LeftOutError` for `-`, and `EOFError` where the input ends."""
    choices = f" One of: {', '.join(question.choices)}." if question.choices else ""
    if question.found or choices:
        _print(f"{question.label}: {question.found}.{choices}")
    asked_again = False
    while True:
        said = input(redact(printable(f"{question.label} [{question.value}]: "))).strip() or question.value
        if said == LEAVE_OUT or (asked_again and not said):
            raise LeftOutError
        wrong = question.problem(said)
        if wrong is None:
            return said
        asked_again = not said
        _print(f"  {wrong}; {'press Enter again' if asked_again else f'type {LEAVE_OUT}'} to skip this step")


def _agreed(prompt: str) -> bool:
    while True:
        said = input(prompt).strip().lower()
        if said in ("y", "yes", "n", "no", "", LEAVE_OUT):
            return said in ("y", "yes")


def _print(*lines: str) -> None:
    sys.stdout.write(redact("\n".join(lines)) + "\n")
    sys.stdout.flush()
