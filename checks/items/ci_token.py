"""Where CI has the Sentry token: in no job that runs a stranger's code, and in the one step that needs it."""

from __future__ import annotations

from collections.abc import Sequence

from checks.ci.conditions import runs_in_reviews
from checks.ci.foreign_code import PRIVILEGED, foreign_code
from checks.model import (
    Evidence,
    Finding,
    Verdict,
    failed,
    failed_or_unknown,
    in_repository,
    not_applicable,
    passed,
)
from checks.parsers.position import line_with
from checks.repository.facts import Facts
from checks.targets.applicability import unparsed_workflow_verdict


def ci_token_safe(facts: Facts) -> Sequence[Verdict]:
    """A workflow on `pull_request_target` runs with your secrets; if it builds the pull request's code, a stranger gets them.

    To fix: use `pull_request` (which gets no secrets), or do not check out the pull request's head.
    """
    findings: list[Finding] = []
    evidence: list[Evidence] = []
    open_: list[Finding] = []
    for workflow in facts.workflows:
        users = [(j, s) for j in workflow.jobs for s in j.steps if s.env.get("SENTRY_AUTH_TOKEN")]
        if not users:
            continue
        privileged = [t for t in workflow.triggers if t in PRIVILEGED]
        code = [(s, c) for j in workflow.jobs for s in j.steps if (c := foreign_code(facts, s)) is not False]
        sure = [s for s, c in code if c is True]
        if privileged and code:
            place = sure[0] if sure else code[0][0]
            message = f"on {privileged[0]}, pull request code runs with access to SENTRY_AUTH_TOKEN"
            hint = "do not check out the pull request's head there"
            if not sure:
                message = f"whether `{place.inputs.get('ref', '')}` is code of a pull request on {privileged[0]} cannot be determined"
            (findings if sure else open_).append(Finding(message=message, path=place.path, line=place.line, hint=hint))
        else:
            job, step = users[0]
            reviewed = (
                runs_in_reviews(workflow, job, step)[0] is not False if "pull_request" in workflow.triggers else False
            )
            # https://docs.github.com/en/actions/reference/security/secrets#using-secrets-in-a-workflow
            said = (
                "and GitHub hands no secret to a fork's pull request" if reviewed else "and runs no pull request code"
            )
            evidence.append(in_repository(f"job {job.id} gets the token, {said}", step.path, step.line))
    if findings:
        return [failed(*findings, evidence=evidence)]
    broken = unparsed_workflow_verdict(facts)
    if broken is not None:
        return [broken]
    decided = failed_or_unknown((), open_, evidence=evidence)
    if decided is not None:
        return [decided]
    return [passed(*evidence)] if evidence else [not_applicable("CI is given no Sentry token")]


def ci_token_step_scoped(facts: Facts) -> Sequence[Verdict]:
    """A token in the environment of a whole workflow or job is readable by every action and script that runs in it.

    To fix: set SENTRY_AUTH_TOKEN under `env` of the one step that needs it.
    """
    findings: list[Finding] = []
    evidence: list[Evidence] = []
    for workflow in facts.workflows:
        if not workflow.ci.hands_secrets:
            continue
        if workflow.env.get("SENTRY_AUTH_TOKEN"):
            message = "SENTRY_AUTH_TOKEN is set for the whole workflow"
            findings.append(
                Finding(
                    message=message, path=workflow.path, line=_line(facts, workflow.path), hint="set it at its step"
                )
            )
            continue
        for job in workflow.jobs:
            if job.env.get("SENTRY_AUTH_TOKEN") and len(job.steps) > 1:
                message = f"SENTRY_AUTH_TOKEN is set for the whole job {job.id}"
                findings.append(Finding(message=message, path=workflow.path, line=job.line, hint="set it at its step"))
                continue
            given = next((s for s in job.steps if s.env.get("SENTRY_AUTH_TOKEN")), None)
            if given is not None:
                evidence.append(in_repository(f"one step of job {job.id} gets the token", given.path, given.line))
    if findings:
        return [failed(*findings, evidence=evidence)]
    broken = unparsed_workflow_verdict(facts)
    if broken is not None:
        return [broken]
    return [passed(*evidence)] if evidence else [not_applicable("no GitHub workflow is given a Sentry token")]


def _line(facts: Facts, path: str) -> int | None:
    return line_with(facts.text(path) or "", "SENTRY_AUTH_TOKEN")
