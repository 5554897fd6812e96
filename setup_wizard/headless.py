"""The commands plan, apply, undo and status: the wizard's work without a terminal UI."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from checks.audit import require_target
from checks.checklist import CHECKLIST
from checks.cli import repository_root, use_color
from checks.config import bare_key
from checks.errors import ExitCode, UsageError, nearest
from checks.model import Outcome, Proof, Report, Severity
from checks.progress import Waiting, write_line
from checks.report.safe import printable, redact
from checks.report.signs import GLYPHS
from checks.report.text import standing
from checks.report.view import number
from setup_wizard.answer_sources import named_steps, read_answers
from setup_wizard.handover import HandedOver, apply_on_branch, branch_text, branch_v1
from setup_wizard.left import left_text
from setup_wizard.plan.engine import Applied, Engine
from setup_wizard.plan.model import ManualTask, Plan, StepOutcome, unified_diff
from setup_wizard.steps import PRACTICES, STEPS, Step
from setup_wizard.tokens import open_connection

if TYPE_CHECKING:
    from setup_wizard.steps.context import SentryState


def say(sentence: str) -> None:
    """Write a line of progress to stderr."""
    write_line(redact(printable(sentence)))


_LEFT_BY = {"release-tracking": ("release-consistent",)}
"""Items that a step cannot prove by itself, and about which it leaves a task to the person until they pass."""


def steps_with_unchecked(report: Report) -> tuple[Step, ...]:
    """Return the steps that have a required item which is not passing."""
    open_items = {
        r.item.id
        for r in report.results
        if r.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE)
        and not r.waiver
        and r.item.severity is Severity.REQUIRED
    }
    return tuple(s for s in STEPS if open_items & {*s.proves, *_LEFT_BY.get(s.id, ())})


_ASKED_BY = {"team.emails": "team", "alerts.email_target": "alerts", "alerts.slack_channel": "alerts"}
_ASKED_BY |= {"alerts.pagerduty_service": "alerts", "alerts.test": "alerts"}
_BEYOND = ("backend.logs", "backend.profiles", "backend.crons", "backend.ai", "frontend.feedback", "uptime.url")
_ASKED_BY |= dict.fromkeys(_BEYOND, "beyond-errors")


def chosen_steps(report: Report, answers: Mapping[str, str]) -> tuple[Step, ...]:
    """Return the steps to run when none is named: those with an unchecked item, and those that an answer asks for."""
    asked = {_ASKED_BY[key] for k in answers if (key := bare_key(k)) in _ASKED_BY}
    chosen = {s.id for s in steps_with_unchecked(report)} | asked
    return tuple(s for s in (*STEPS, *PRACTICES) if s.id in chosen)


_PLANNING = "Planning the changes"


async def _chosen(
    engine: Engine, named: tuple[Step, ...], answers: Mapping[str, str]
) -> tuple[SentryState, tuple[Step, ...]]:
    """Return what is known of Sentry, and the steps to run: those that were named, else those that the audit asks for."""
    with Waiting("Reading Sentry" if engine.connection else "Reading the repository") as waiting:
        known = await engine.known()
        if named:
            return known, named
        waiting.update(f"Checking {len(CHECKLIST)} items")
        engine.whole = True
        return known, chosen_steps(await engine.audit(known), answers)


def _format(name: str, known: tuple[str, ...]) -> str:
    if name not in known:
        raise UsageError(f"unknown format `{name}`", hint=nearest(name, known) or f"one of {', '.join(known)}")
    return name


def run_plan(arguments: argparse.Namespace) -> ExitCode:
    """Run `plan`: the diff of every file, then commands and calls; nothing is changed."""
    form = _format(arguments.format, ("diff", "json"))
    steps, answers, root = named_steps(arguments.steps), read_answers(arguments), repository_root(arguments.repo)

    async def work() -> tuple[Plan, bool]:
        engine = Engine(root, answers, say=say)
        require_target(engine.facts())
        connection = engine.connection = (
            None if arguments.offline else await open_connection(root, answers, required=False)
        )
        if connection is None and not arguments.offline:
            say("SENTRY_AUTH_TOKEN is not set: this plan is made without Sentry")
        try:
            known, chosen = await _chosen(engine, steps, answers)
            with Waiting(_PLANNING):
                return await engine.plan(chosen, known), connection is None
        finally:
            if connection is not None:
                await connection.close()

    plan, unconnected = asyncio.run(work())
    sys.stdout.write(
        redact(
            json.dumps(plan_v1(plan), indent=2) + "\n"
            if form == "json"
            else plan_text(plan, color=use_color(), offline=unconnected)
        )
    )
    return ExitCode.REFUSED if any(s.outcome is StepOutcome.REFUSED for s in plan.steps) else ExitCode.OK


def plan_v1(plan: Plan) -> dict[str, object]:
    """Return a plan as plain data."""
    return {
        "schema_version": 1,
        "files": [
            {"path": c.path, "new": c.before is None, "secret": c.secret, "diff": unified_diff(c)} for c in plan.changes
        ],
        "steps": [
            {
                "step": s.step,
                "outcome": s.outcome,
                "files": [c.path for c in s.changes],
                "reason": s.reason or None,
                "snippet": s.refusal.snippet if s.refusal else None,
                "place": s.refusal.place if s.refusal else None,
                "manual": [manual_v1(s.step, a) for a in s.actions if isinstance(a, ManualTask)],
                "actions": [
                    {"title": a.title, "by_hand": isinstance(a, ManualTask), "command": getattr(a, "command", None)}
                    for a in s.actions
                ],
            }
            for s in plan.steps
        ],
        "manual": [
            *(manual_v1(s.step, a) for s in plan.steps for a in s.actions if isinstance(a, ManualTask)),
            *(manual_v1(None, a) for a in plan.unmet),
        ],
    }


def manual_v1(step: str | None, task: ManualTask) -> dict[str, object]:
    """Return a manual task as plain data; its id stays the same for as long as the task does, in the audit's list too."""
    place = task.path or re.sub(r"[^a-z0-9]+", "-", task.title.lower()).strip("-")[:60]
    told = {k: getattr(task, k) or None for k in ("title", "reason", "place", "path", "snippet", "command", "url")}
    return {"id": task.id or f"{step or 'required'}:{place}", "step": step, **told}


def manual_text(task: ManualTask, *, apart: bool = False) -> list[str]:
    """Return a manual task for people: what, why (`apart`: in a line of its own), and the text, the command or the page."""
    why = printable(task.reason)
    lines = [
        printable(task.title) + (f": {why}" if why and not apart else ""),
        *([f"  {why}"] if why and apart else []),
    ]
    lines += [f"  {printable(line)}" for line in task.snippet.splitlines()]
    where = f"Where: {task.place}" if task.place and task.id else None
    return lines + [f"  {printable(x)}" for x in (where, task.command, task.url) if x]


def changed_files(plan: Plan) -> list[str]:
    """Return a line for each file that a plan changes, with the lines added and removed, then the totals."""
    rows, total = [], [0, 0]
    for change in plan.changes:
        diff = unified_diff(change).splitlines()
        added = sum(d.startswith("+") and not d.startswith("+++") for d in diff)
        removed = sum(d.startswith("-") and not d.startswith("---") for d in diff)
        total = [total[0] + added, total[1] + removed]
        rows.append(f"{f'+{added}':>5} {f'-{removed}' if removed else '':>4}  {printable(change.path)}")
    files, added_lines = "file" if len(rows) == 1 else "files", "line" if total[0] == 1 else "lines"
    return [*rows, f"{len(rows)} {files}, {total[0]:,} {added_lines} added, {total[1]:,} removed"] if rows else []


_DIFF_COLORS = {"+++": "1", "---": "1", "@@": "36", "+": "32", "-": "31"}


def _painted(lines: list[str], *, color: bool) -> list[str]:
    """Return the lines of a diff in a terminal's colors."""
    if not color:
        return lines
    codes = [next((c for start, c in _DIFF_COLORS.items() if line.startswith(start)), None) for line in lines]
    return [f"\x1b[{c}m{line}\x1b[0m" if c else line for line, c in zip(lines, codes, strict=True)]


def plan_text(plan: Plan, *, color: bool = False, offline: bool = False, prompting: bool = False) -> str:
    """Return a plan for people: diffs that `patch` accepts, the rest as comments, then totals and the next command.

    `prompting`: a person reads it line by line before a prompt about its one step: the rest is plain text, without that command.
    """
    lines: list[str] = []
    mark = "" if prompting else "# "
    for change in plan.changes:
        diff = [printable(line, tabs=True) for line in unified_diff(change).splitlines()]
        lines += _painted(diff, color=color)
    for step in plan.steps:
        lead, yours = (mark, "For you: ") if prompting else (f"# {step.step}: ", "you: ")
        if step.outcome is not StepOutcome.PLANNED:
            said = (str(step.outcome).capitalize() if prompting else step.outcome) + (
                f", {printable(step.reason)}" if step.reason else ""
            )
            lines.append(f"{lead}{said}")
        if step.refusal is not None and step.refusal.snippet:
            lines.append(f"{mark}  at {printable(step.refusal.place)}, write:")
            lines += [f"{mark}    {printable(line)}" for line in step.refusal.snippet.splitlines()]
        for action in step.actions:
            if isinstance(action, ManualTask):
                # A refusal's own text stands above.
                if step.refusal is None or action.snippet != step.refusal.snippet:
                    first, *rest = manual_text(action, apart=prompting)
                    lines += [f"{lead}{yours}{first}", *(f"{mark}  {line}" for line in rest)]
                continue
            lines.append(f"{lead}{'Then: ' if prompting else 'then: '}{printable(action.title)}")
            command = getattr(action, "command", None)
            if command:
                lines.append(f"{mark}  {printable(command)}")
    for action in plan.unmet:
        first, *rest = manual_text(action, apart=prompting)
        lines += [f"{mark}{'For you: ' if prompting else 'you: '}{first}", *(f"{mark}  {line}" for line in rest)]
    if plan.done or plan.manual:
        lines.append(f"{mark}{number(plan.done, 'change')}, {number(len(plan.manual), 'task')} for you")
    if plan.changes:
        lines.append(f"{mark}{changed_files(plan)[-1]}")
    planned = [s.step for s in plan.steps if s.outcome is StepOutcome.PLANNED]
    if planned and not prompting:
        lines.append(f"# next: sentry-setup apply {' '.join(planned)}{' --offline' if offline else ''} --yes")
    return "\n".join(lines) + "\n" if lines else f"{mark}nothing to do\n"


def run_apply(arguments: argparse.Namespace) -> ExitCode:
    """Run `apply --yes`."""
    if arguments.interactive:
        from setup_wizard.interactive import run_interactive

        return run_interactive(arguments)
    form = _format(arguments.format, ("text", "json"))
    steps, answers, root = named_steps(arguments.steps), read_answers(arguments), repository_root(arguments.repo)
    if not arguments.yes:
        raise UsageError(
            "`apply` changes files and calls Sentry only with --yes",
            hint="run `sentry-setup plan` first, or answer prompts with `apply --interactive`",
        )

    async def work() -> tuple[Applied, HandedOver | None]:
        engine = Engine(root, answers, install=not arguments.no_install, say=say)
        require_target(engine.facts())
        connection = engine.connection = (
            None if arguments.offline else await open_connection(root, answers, required=True)
        )
        try:
            known, chosen = await _chosen(engine, steps, answers)
            with Waiting("Applying the changes"):
                if arguments.branch is None:
                    return await engine.apply(chosen, known=known), None
                return await apply_on_branch(engine, chosen, arguments.branch, known)
        finally:
            if connection is not None:
                await connection.close()

    applied, handed = asyncio.run(work())
    said = applied_v1(applied) | ({"branch": branch_v1(handed)} if handed else {})
    text = applied_text(applied) + (branch_text(handed) if handed else "")
    sys.stdout.write(redact(json.dumps(said, indent=2) + "\n" if form == "json" else text))
    return apply_exit_code(applied)


def apply_exit_code(applied: Applied) -> ExitCode:
    """Return the exit code: refused beats unproven."""
    if any(s.outcome is StepOutcome.REFUSED for s in applied.steps):
        return ExitCode.REFUSED
    done = [s for s in applied.steps if s.outcome in (StepOutcome.APPLIED, StepOutcome.UNCHANGED, StepOutcome.FAILED)]
    if any(s.outcome is StepOutcome.FAILED or s.unproved for s in done):
        return ExitCode.UNPROVEN
    return ExitCode.OK


def applied_v1(applied: Applied) -> dict[str, object]:
    """Return what was applied as plain data; `run` and `steps` are a contract."""
    return {
        "run": applied.run,
        "steps": [
            {
                "step": s.step,
                "outcome": s.outcome,
                "files": list(s.files),
                "reason": s.reason or None,
                "snippet": s.snippet or None,
                "place": s.place or None,
                "proved": list(s.proved),
                "unproved": list(s.unproved),
                "manual": [manual_v1(s.step, task) for task in s.manual],
            }
            for s in applied.steps
        ],
        "created": list(applied.created),
        "by_hand": [{"title": b.title, "command": b.command, "url": b.url} for b in applied.by_hand],
        "manual": [
            *(manual_v1(s.step, task) for s in applied.steps for task in s.manual),
            *(manual_v1(None, task) for task in applied.unmet),
        ],
        "done": applied.done,
    }


_MARKS = {
    StepOutcome.APPLIED: "✓",
    StepOutcome.UNCHANGED: "·",
    StepOutcome.REFUSED: "✗",
    StepOutcome.SKIPPED: "–",
    StepOutcome.FAILED: "✗",
}


def applied_text(applied: Applied) -> str:
    """Return what was applied for people: each step with its proof, what is left to do, how to undo."""
    lines = []
    for step in applied.steps:
        lines.append(
            f"{_MARKS[step.outcome]} {step.outcome:10} {step.step}"
            + (f": {printable(step.reason)}" if step.reason else "")
        )
        lines += [f"               {printable(path)}" for path in step.files]
        if step.snippet and not step.manual:
            lines.append(f"               at {printable(step.place)}, write:")
            lines += [f"                 {printable(line)}" for line in step.snippet.splitlines()]
        elif step.place and not step.manual:
            lines.append(f"               at {printable(step.place)}")
        for item_id in (*step.proved, *step.unproved):
            lines += (
                _proof(applied.report, item_id)
                if applied.report and step.outcome not in (StepOutcome.SKIPPED, StepOutcome.REFUSED)
                else []
            )
    if applied.created:
        lines += ["", "Created in Sentry (never deleted by undo):", *(f"  {printable(c)}" for c in applied.created)]
    lines += [
        "",
        f"{number(applied.done, 'change')} made, {number(len(applied.by_hand), 'task')} left for you"
        + (":" if applied.by_hand else "."),
    ]
    lines += [f"  {line}" for task in applied.by_hand for line in manual_text(task)]
    if applied.run:
        lines += ["", f"Undo the files: sentry-setup undo {applied.run}"]
    if applied.report:
        lines.append(standing(applied.report))
    return "\n".join(lines) + "\n"


def _proof(report: Report, item_id: str) -> list[str]:
    result = report.result(item_id)
    facts = (
        [e.fact for e in result.evidence] if result.outcome is Outcome.PASS else [f.message for f in result.findings]
    )
    first = printable(facts[0]) if facts else ""
    wired = result.proof is Proof.WIRED
    said = result.proof.value if result.proof else result.outcome.value
    return [f"               {'◐' if wired else GLYPHS[result.outcome]} {said:7} {item_id}: {first}"]


def run_undo(arguments: argparse.Namespace) -> ExitCode:
    """Run `undo`."""
    engine = Engine(repository_root(arguments.repo), {}, say=say)
    run, files = engine.undo(arguments.run)
    lines = [f"undid run {run.id}: {number(len(files), 'file')} restored", *(f"  {printable(f)}" for f in files)]
    if run.created:
        lines += ["still in Sentry:", *(f"  {c.get('kind')} {c.get('name')}  {c.get('url')}" for c in run.created)]
    sys.stdout.write("\n".join(lines) + "\n")
    return ExitCode.OK


def run_status(arguments: argparse.Namespace) -> ExitCode:
    """Run `status`: interrupted runs are finished or rolled back first, then all runs are listed, and what is left for the person."""
    engine = Engine(repository_root(arguments.repo), {}, say=say)
    with engine.journal.exclusive():
        for sentence in engine.journal.recover():
            say(sentence)
        runs = engine.journal.runs()
    if not runs:
        sys.stdout.write("no runs\n")
    for run in runs:
        sys.stdout.write(f"{run.id}  {run.started[:19]}  {', '.join(run.steps)}\n")
        for record in run.files:
            sys.stdout.write(f"  {printable(record.path)}\n")
        for made in run.created:
            sys.stdout.write(f"  created {made.get('kind')} {made.get('name')}  {made.get('url')}\n")
    # Also in a clone without runs: what is left stays left wherever the repository is checked out.
    sys.stdout.write(redact(left_text(engine.root, engine.facts())))
    return ExitCode.OK
