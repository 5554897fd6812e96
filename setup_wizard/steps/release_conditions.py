"""What a deployment depends on inside of its job: the conditions of its steps, which the release has to ask again."""

from __future__ import annotations

import itertools

from checks.ci.deploying import deploying_jobs
from checks.ci.dry_runs import dry_run
from checks.parsers.github_expression import parse_condition, walk
from checks.parsers.text import ParseError
from setup_wizard.steps.context import Context


def conditions_of(context: Context, path: str, jobs: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the conditions of the steps that deploy, by job, and what else it depends on where no other job can ask that."""
    found: dict[str, str] = {}
    undecided: dict[str, str] = {}
    for flow, job, what in deploying_jobs(context.facts):
        if flow.path != path or job.id not in jobs or not what.deploys:
            continue
        inner = what.step_path not in ("", path)
        dry = dry_run(flow, job, what.condition)
        if what.depends or (inner and what.condition):
            undecided[job.id] = f"`{what.depends or what.condition}` in {what.path}"
        elif len(what.conditions) > 1:
            found[job.id] = " || ".join(f"({_bare(c)})" for c in what.conditions)
            if job.environment is None and _told_apart(what.conditions):
                undecided[job.id] = " or ".join(f"`{_bare(c)}`" for c in what.conditions)
        elif dry is not None and dry.condition is None:
            undecided[job.id] = f"the input `{dry.name}`"
        elif what.condition or dry is not None:
            conditions = [c for c in (what.condition, dry.condition if dry is not None else None) if c]
            found[job.id] = conditions[0] if len(conditions) == 1 else f"({_bare(conditions[0])}) && {conditions[1]}"
    return found, undecided


def _told_apart(conditions: tuple[str, ...]) -> bool:
    """Return whether two conditions ask for different texts (a branch each): their steps deploy to places of their own."""
    try:
        parsed = [parse_condition(c) for c in conditions]
    except ParseError:
        return True
    compared = [[n for n in walk(e) if n.kind in ("==", "!=", "call")] for e in parsed]
    asked = [{p.value for n in nodes for p in n.parts if p.kind == "literal"} for nodes in compared]
    return any(a and b and not a & b for a, b in itertools.combinations(asked, 2))


def _bare(condition: str) -> str:
    """Return a condition without the marks of an expression around it."""
    return condition.strip().removeprefix("${{").removesuffix("}}").strip()
