"""The required items that fail after everything that a plan does: each is a task with its place, whichever step it belongs to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from checks.audit import decide
from checks.checklist import CHECKLIST
from checks.model import Finding, Item, Outcome, Severity
from checks.repository.facts import Facts
from setup_wizard.plan.model import ManualTask, StepOutcome, StepPlan
from setup_wizard.plan.still_open import still_open
from setup_wizard.steps import Step

_APART = frozenset({"pii-off", "frontend-pii-off"})
"""Items of options that no edit changes in a call which is there: a task about that call says nothing of them."""
_MANY = 3
"""So many places of one item are told; the audit lists all."""


def with_unmet(
    facts: Facts, steps: Sequence[Step], plans: Sequence[StepPlan], *, whole: bool, connected: bool
) -> tuple[tuple[StepPlan, ...], tuple[ManualTask, ...]]:
    """Return the plans with what their items still ask for, and the tasks of items that no planned step is for.

    What an earlier run left to the person is told again until it is seen done. `facts` are those after all plans. What is of no
    planned step is only told where the `whole` checklist was asked for. With a connection,
    what a step proves in Sentry is left to it.
    """
    told = [a for p in plans for a in p.actions if isinstance(a, ManualTask)]
    owners = {i.id: n for n, s in enumerate(steps) for i in CHECKLIST if i.id in s.proves or i.step == s.id}
    found, others = list(plans), list[ManualTask]()
    for item in CHECKLIST:
        owner = owners.get(item.id)
        if item.severity is not Severity.REQUIRED or (owner is None and not whole):
            continue
        proved = owner is not None and item.id in steps[owner].proves
        if owner is not None and proved and (connected or _is_told(found[owner])):
            continue
        tasks = list(_tasks(facts, item, told, found, proved=proved, connected=connected))
        if owner is None:
            others += tasks
        else:
            found[owner] = replace(found[owner], actions=(*found[owner].actions, *tasks))
        told += tasks
    # a refused step says what has to be settled first, and that may be the variable's name
    refused = [p.refusal is not None for p in plans]
    for step, task in still_open(facts, found, told):
        owner = next((n for n, s in enumerate(steps) if s.id == step), None)
        if owner is not None and not refused[owner]:
            found[owner] = replace(found[owner], actions=(*found[owner].actions, task))
        elif owner is None and whole:
            others.append(task)
    return tuple(found), tuple(others)


def _is_told(plan: StepPlan) -> bool:
    """Return whether a step speaks for what it proves: it says why it does nothing, or what it runs and calls may do the rest."""
    stopped = plan.outcome in (StepOutcome.REFUSED, StepOutcome.SKIPPED)
    return stopped or any(not isinstance(a, ManualTask) for a in plan.actions)


def _tasks(
    facts: Facts, item: Item, told: list[ManualTask], plans: list[StepPlan], *, proved: bool, connected: bool
) -> Iterator[ManualTask]:
    result = decide(facts, item, dt.date.today())
    if result.outcome is not Outcome.FAIL or result.waiver:
        return
    places = {t.place for t in told} | {p.refusal.place for p in plans if p.refusal is not None}
    paths = {p for t in told for p in (t.path, t.place.rpartition(":")[0]) if p}

    def is_told(finding: Finding) -> bool:
        if item.id in _APART:
            return any(finding.message in t.reason for t in told)
        return finding.path in paths if proved else _place(finding) in places - {""}

    left = [f for f in result.findings if not is_told(f)]
    for finding in [f for f in left if f.path or not (connected or (proved and told))][:_MANY]:
        yield _task(item, finding)


def _place(finding: Finding) -> str:
    return f"{finding.path}:{finding.line}" if finding.path and finding.line else finding.path or ""


def _task(item: Item, finding: Finding) -> ManualTask:
    hint, place = finding.hint or "correct it", _place(finding)
    plain = not any(sign in hint for sign in (",", ";", ": ", " in ", "sentry-setup"))
    title = f"{hint} in {place}" if place and plain else f"{place}: {hint}" if place else hint
    waiving = f"if this is intentional, run `sentry-setup waive {item.id} --reason TEXT --until DATE`"
    return ManualTask(title=title, reason=f"{finding.message}; {waiving}", place=place, path=finding.path or "")
