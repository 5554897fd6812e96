"""The jobs that deploy an application to an environment: those that a release follows, and those that only a person knows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from checks.ci.deploying import Deploying, deploying, deploying_jobs
from checks.ci.model import Job, Workflow
from checks.ci.programs import named_so
from checks.parsers import yaml as y
from checks.repository.facts import join
from checks.repository.release_steps import find_release_steps
from checks.targets.production_environment import PRODUCTION_WORD, production_environments
from setup_wizard.editors.ci_files import release_editor
from setup_wizard.steps.context import Context
from setup_wizard.steps.release_environments import (
    Deployed,
    deployed_environment,
    of_one_file,
    to_tests,
    written_environment,
)


def deploy_candidates(context: Context) -> list[tuple[Workflow, Job, str]]:
    """Return the jobs that deploy, each with the environment it deploys to; without those that are asked about first."""
    return [(flow, job, at.environment) for flow, job, at in deployed_jobs(context) if not at.told]


def jobs_by_file(context: Context, pairs: Sequence[tuple[str, str]]) -> dict[str, dict[str, str]] | None:
    """Return the jobs that an answer names (job, environment) by the file of their workflow; None where one may be in several.

    A workflow that has them all comes first. Jobs of one name in several files are told apart by what deploys, and where to:
    an answer that was only agreed to means what was found.
    """
    names = {job for job, _ in pairs}
    flows = [f.path for f in context.facts.workflows if names <= {j.id for j in f.jobs}]
    if len(flows) == 1 and len(names) == len(pairs):
        return {flows[0]: dict(pairs)}
    deploys = [(flow.path, job.id, environment) for flow, job, environment in deploy_candidates(context)]
    found: dict[str, dict[str, str]] = {}
    for name, environment in pairs:
        at = {path for path, job, where in deploys if (job, where) == (name, environment)}
        if not at:
            at = {path for path, job, _ in deploys if job == name}
            at = at or {f.path for f in context.facts.workflows if name in {j.id for j in f.jobs}}
            if len(at) != 1:
                return None
        for path in at:
            found.setdefault(path, {})[name] = environment
    return found


def deployed_jobs(context: Context) -> list[tuple[Workflow, Job, Deployed]]:
    """Return every job that deploys, each with its environment and whether a person has to decide about that.

    A job that leaves the deployment to another place is none of them; what it says of its environment, and that others only
    build for it, counts.
    """
    found = []
    handed = set()
    for flow, job, what in deploying_jobs(context.facts):
        if release_editor(flow) is None or job.id.startswith("sentry-release-"):
            continue
        if not what.ends_deployed:
            names = (job.id, job.name or "")
            if not (what.deploys and (any(map(named_so, names)) or to_tests(names))):
                continue
            handed.add((flow.path, job.id))
        elif what.depends and not _says_so(flow, job):
            continue  # a test that may install the application too, by a script that asks what it is given
        found.append((flow, job, deployed_at(context, flow, job, what)))
    by_file: dict[str, list[tuple[Workflow, Job, Deployed]]] = {}
    for one in found:
        by_file.setdefault(one[0].path, []).append(one)
    last = [(ones[0][0], *one) for ones in by_file.values() for one in of_one_file([(j, at) for _, j, at in ones])]
    kept = [one for one in last if (one[0].path, one[1].id) not in handed]
    return [one for one in kept if not _released(context, one[0], one[1])]


def deployed_at(context: Context, flow: Workflow, job: Job, what: Deploying) -> Deployed:
    """Return where a job deploys to: what its file gives it first, then what names and branches say."""
    written = _environment(context, flow, job, "")
    return written_environment(written) if written else deployed_environment(context.facts, flow, job, what)


def _says_so(flow: Workflow, job: Job) -> bool:
    """Return whether a job's names or its environment say that it deploys."""
    stem = flow.path.rpartition("/")[2].rpartition(".")[0]
    return any(named_so(n) for n in (job.id, job.name, stem) if n) or job.environment is not None


def possible_jobs(context: Context) -> list[tuple[Workflow, Job, str]]:
    """Return the jobs of which only a person knows whether they deploy what users meet, each with what makes it possible."""
    others = [(f, j, f"it deploys to {at.environment}: {at.told}") for f, j, at in deployed_jobs(context) if at.told]
    return others + [
        (flow, job, what.why)
        for flow, job, what in deploying_jobs(context.facts)
        if release_editor(flow) is not None and (what.weak or not what.deploys or not what.awaited)
    ]


def _released(context: Context, flow: Workflow, job: Job) -> bool:
    """Return whether a release step that can work is in a job already, or in one that waits for it."""
    steps = [s for s in find_release_steps(context.facts) if s.problem is None and s.workflow.path == flow.path]
    return any(s.job.id == job.id or job.id in s.job.needs for s in steps)


_NAMED = ("environment", "environment-name", "environment_name", "env", "env-name", "env_name", "stage", "target")
"""Inputs of a called workflow that carry the environment's name."""


def _environment(context: Context, flow: Workflow, job: Job, usual: str) -> str:
    """Return the environment as the deploy has it: its own, an expression that another job can read too, what a caller hands on.

    The name that the job of a called workflow has itself comes first.
    """
    written = job.environment
    if job.uses is not None:
        inner = _called_environments(context, job)
        if len(inner) == 1:
            return inner.pop()
        written = next((v for k in _NAMED if (v := y.scalar(y.get(job.node, "with", k)))), None) or written
    if written and ("${{" not in written or re.fullmatch(r"\$\{\{[^{}]+\}\}", written)):
        return written.strip()
    return usual


def reported(context: Context, environment: str) -> str:
    """Return an environment as the running application spells it: GitHub does not tell upper from lower case, and Sentry does.

    Where production has one name in the code and its hosts (`prod`), a deploy to any of its usual names is recorded under that.
    """
    declared = production_environments(context.facts)
    names = declared or frozenset({context.environment})
    if environment in names:
        return environment
    same = sorted(n for n in names if n.lower() == environment.lower())
    own = [n for n in declared or () if PRODUCTION_WORD.match(n)]
    if not same and len(own) == len(names) == 1 and PRODUCTION_WORD.match(environment):
        same = own
    return same[0] if same else environment


def _called_environments(context: Context, job: Job, depth: int = 4) -> set[str]:
    """Return the environments that the deploying jobs of a called workflow write down, through others that it calls."""
    path = join(".", job.uses or "")
    found: set[str] = set()
    for flow in context.facts.workflows if depth else ():
        for inner in flow.jobs if flow.path == path else ():
            if inner.uses is not None and inner.uses.startswith("./"):
                found |= _called_environments(context, inner, depth - 1)
            elif inner.environment and "$" not in inner.environment and deploying(context.facts, flow, inner).deploys:
                found.add(inner.environment.strip())
    return found
