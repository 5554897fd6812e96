"""The jobs that call a workflow of the repository, and what they hand to it.

Source: https://docs.github.com/en/actions/how-tos/reuse-automations/reuse-workflows#passing-inputs-and-secrets-to-a-reusable-workflow
"""

from __future__ import annotations

from checks.ci.model import Job, Workflow
from checks.parsers import yaml as y
from checks.repository.facts import Facts, join

_DEEPEST = 4
"""GitHub lets workflows call others over four levels."""


def callers_of(facts: Facts, path: str, depth: int = _DEEPEST) -> list[tuple[Workflow, Job]]:
    """Return the jobs outside of called workflows that call a workflow, through others too."""
    found: list[tuple[Workflow, Job]] = []
    for flow, job in direct_callers(facts, path) if depth else ():
        found += callers_of(facts, flow.path, depth - 1) if "workflow_call" in flow.triggers else [(flow, job)]
    return found


def direct_callers(facts: Facts, path: str) -> list[tuple[Workflow, Job]]:
    """Return the jobs that call a workflow themselves; those of pull requests alone hand it nothing."""
    return [
        (flow, job)
        for flow in facts.workflows
        for job in flow.jobs
        if job.uses and job.uses.startswith("./") and join(".", job.uses) == path and not flow.only_pull_requests
    ]


def hands_token(job: Job) -> bool:
    """Return whether a job hands the workflow that it calls the token: by its name, or with all other secrets."""
    secrets = y.get(job.node, "secrets")
    return inherits(job) or y.get(secrets, "SENTRY_AUTH_TOKEN") is not None


def inherits(job: Job) -> bool:
    """Return whether a job hands the workflow that it calls all secrets, declared there or not."""
    return y.scalar(y.get(job.node, "secrets")) == "inherit"


def handed_all(facts: Facts, path: str, depth: int = _DEEPEST) -> bool:
    """Return whether whatever calls a workflow hands it all secrets, on every level."""
    direct = direct_callers(facts, path)
    return bool(direct and depth) and all(
        inherits(j) and ("workflow_call" not in f.triggers or handed_all(facts, f.path, depth - 1)) for f, j in direct
    )
