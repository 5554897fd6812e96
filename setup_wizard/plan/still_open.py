"""The tasks of earlier runs that nobody is seen to have done: they follow from the repository, and are told until the audit ticks them."""

from __future__ import annotations

from collections.abc import Sequence

from checks import model
from checks.manual import manual_tasks, secret_id
from checks.repository.facts import Facts, inside, join
from setup_wizard.plan.model import ManualTask, StepPlan, StoreCiToken
from setup_wizard.steps.chart_templates import chart_of
from setup_wizard.steps.compose_builds import left_to_compose
from setup_wizard.steps.process_environments import environments_recorded

_STEPS = {
    "host-value": ("dsn",),
    "host-secret": ("source-maps",),
    "ci-variable": ("frontend-sdk",),
    "ci-secret": ("release-tracking", "source-maps"),
}
"""The steps that ask for a task, by the kind that its id begins with; the integration of a forge is told with a connection only."""
_OF_AUDIT = "ci-secret:SENTRY_READ_TOKEN"
"""The token of an audit in CI, which no step but that one needs."""


def still_open(
    facts: Facts, plans: Sequence[StepPlan], told: Sequence[ManualTask]
) -> list[tuple[str | None, ManualTask]]:
    """Return the open tasks that some plans neither tell nor do, each with its step, None where that step is not planned.

    `told` are the plans' own tasks: one that names the same variable and file is the same task.
    """
    found: list[tuple[str | None, ManualTask]] = []
    ids, known, steps = {t.id for t in told}, list(told), [p.step for p in plans]
    ids |= {secret_id(a.variable) for p in plans for a in p.actions if isinstance(a, StoreCiToken)}
    for task in manual_tasks(facts):
        kind = task.id.partition(":")[0]
        owners = _STEPS.get(kind, ()) if task.id != _OF_AUDIT else ("ci-audit",)
        if task.done or task.id in ids or not owners or _is_computed(facts, task) or _is_told(facts, task, known):
            continue
        told_again = ManualTask(
            id=task.id,
            title=task.title[:1].lower() + task.title[1:],
            reason=task.reason,
            command=task.command,
            url=task.url or task.value_url,
            place=task.place or "",
            path=task.path or "",
            snippet=task.value or "",
        )
        known.append(told_again)
        found.append((next((s for s in owners if s in steps), None), told_again))
    titles = {t.title for t in told}
    others = [
        *(("release-tracking", t) for t in environments_recorded(facts)),
        *(("source-maps", t) for t in left_to_compose(facts)),
    ]
    for owner, other in others:
        if other.title not in titles and not any(other.about and other.about == t.about for t in told):
            found.append((owner if owner in steps else None, other))
    return found


def _is_computed(facts: Facts, task: model.ManualTask) -> bool:
    """Return whether a task is for a file of Terraform, which computes the value.

    What runs beside the application there may be another program.
    """
    return any(d.host == "terraform" and task.id.startswith(f"host-value:{d.path}:") for d in facts.deployments)


def _is_told(facts: Facts, task: model.ManualTask, told: Sequence[ManualTask]) -> bool:
    """Return whether a task is told in other words: for its file and its variable, each service by itself where a host has several."""
    kind, *rest = task.id.split(":")
    if kind != "host-value":
        return False
    path, service, name = ":".join(rest[:-2]), rest[-2], rest[-1]
    same = [t for t in told if name in f"{t.title}{t.snippet}{t.command}"]
    if next((d.host for d in facts.deployments if d.path == path), "") in _APART:
        return any(service in t.title for t in same)
    chart = chart_of(facts, path)
    if chart is not None and any(t.path and inside(t.path, join(chart, "templates")) for t in same):
        return True  # its pods get it from there, whichever values it is installed with
    return any(path in (t.path, t.place.rpartition(":")[0]) or path in t.title for t in same)


_APART = frozenset({"render", "fly", "cloud foundry"})
"""Hosts on which each service has variables of its own, however many a file deploys."""
