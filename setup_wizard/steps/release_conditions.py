"""What a deployment depends on inside of its job: the conditions of its steps, which the release has to ask again."""

from __future__ import annotations

import itertools

from checks.ci.deploying import Deploying, deploying_jobs
from checks.ci.dry_runs import dry_run
from checks.ci.model import Job, Workflow
from checks.ci.programs import State
from checks.parsers import yaml as y
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
        own = [c for c in (what.condition, _line_of_branches(flow, job, what)) if c]
        if what.depends or (inner and what.condition):
            undecided[job.id] = f"`{what.depends or what.condition}` in {what.path}"
        elif len(what.conditions) > 1:
            found[job.id] = " || ".join(f"({_bare(c)})" for c in what.conditions)
            if job.environment is None and _told_apart(what.conditions):
                undecided[job.id] = " or ".join(f"`{_bare(c)}`" for c in what.conditions)
        elif dry is not None and dry.condition is None:
            undecided[job.id] = f"the input `{dry.name}`"
        elif own or dry is not None:
            conditions = [*own, *([dry.condition] if dry is not None and dry.condition else [])]
            found[job.id] = conditions[0] if len(conditions) == 1 else f"({_bare(conditions[0])}) && {conditions[1]}"
    return found, undecided


def _line_of_branches(flow: Workflow, job: Job, what: Deploying) -> str | None:
    """Return the condition of the default branch where every branch starts a job that leaves the deployment to a remote workflow.

    What is deployed of which branch is decided there: a release of every push would record deploys that never were.
    """
    push = y.get(flow.node, "on", "push")
    limited = any(y.get(push, k) is not None for k in ("branches", "branches-ignore", "tags"))
    remote = bool(job.uses) and not (job.uses or "").startswith("./")
    jobs, above = {j.id: j for j in flow.jobs}, [job.id]
    for name in above:
        above += [n for n in jobs[name].needs if n in jobs and n not in above]
    conditions = [c for n in above if (c := jobs[n].condition)]
    if what.state is not State.HANDS_OVER or not remote or "push" not in flow.triggers or limited or conditions:
        return None
    return "github.ref_name == github.event.repository.default_branch"


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
