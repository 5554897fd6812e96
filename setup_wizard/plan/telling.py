"""What a plan tells a person: no change that only this tool reads, and each thing once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec.structs

from setup_wizard.plan.model import Action, ManualTask, Plan, StepOutcome, StepPlan


def beside_others(plans: list[StepPlan]) -> tuple[StepPlan, ...]:
    """Return the plans; what the step `project` remembers is not written where no other step changes what git shows to others.

    A change that consists of this tool's own configuration is of no use to the people of a repository.
    """
    if len(plans) == 1 or any(_shows(p) for p in plans if p.step != "project"):
        return tuple(plans)
    return tuple(
        StepPlan(step=p.step, outcome=StepOutcome.SKIPPED, reason=_ALONE)
        if p.step == "project" and p.outcome is StepOutcome.PLANNED and not _effects(p)
        else p
        for p in plans
    )


def _shows(plan: StepPlan) -> bool:
    """Return whether a step changes a file that git does not ignore, runs a command, or calls Sentry."""
    return any(not c.secret for c in plan.changes) or _effects(plan)


def _effects(plan: StepPlan) -> bool:
    return any(not isinstance(a, ManualTask) for a in plan.actions)


def told_once(plans: tuple[StepPlan, ...]) -> tuple[StepPlan, ...]:
    """Return the plans with each thing that a person does once: two steps that change one manifest ask for one lock file, and
    of the tasks about one thing the first place has the last one, which says it all.
    """
    told: set[tuple[str, str]] = set()
    last = {a.about: a for p in plans for a in p.actions if isinstance(a, ManualTask) and a.about}
    found = []
    for plan in plans:
        actions: list[Action] = []
        for action in plan.actions:
            if isinstance(action, ManualTask) and action.about:
                whole = last.pop(action.about, None)
                actions += [whole] if whole is not None else []
                continue
            command = (action.title, action.command) if isinstance(action, ManualTask) and action.command else None
            if command is None or command not in told:
                actions.append(action)
            told |= {command} if command is not None else set()
        found.append(msgspec.structs.replace(plan, actions=tuple(actions)))
    return tuple(found)


def doubled(tasks: Iterable[ManualTask]) -> frozenset[str]:
    """Return what several of these tasks are about: each plan told a part of it, and only a plan of all steps says it all."""
    counts = Counter(t.about for t in dict.fromkeys(tasks) if t.about)
    return frozenset(about for about, number in counts.items() if number > 1)


def whole(plan: Plan, doubled: frozenset[str]) -> dict[str, ManualTask]:
    """Return the task of a plan about each of these things."""
    return {t.about: t for t in plan.manual if t.about in doubled}


_ALONE = "no other step changes a file for others, so there is nothing to remember; `sentry-setup apply project --yes` writes it"
