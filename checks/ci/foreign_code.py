"""Whether a step brings the code of a pull request into a job: what `ref` a checkout names, and what git is told to fetch.

https://docs.github.com/en/actions/reference/security/secure-use (untrusted checkouts in privileged workflows)
"""

from __future__ import annotations

from checks.ci.commands import step_commands
from checks.ci.model import Job, Step, Workflow
from checks.parsers.github_expression import Expression, dotted, parse_expression, segments, walk
from checks.parsers.text import ParseError
from checks.repository.facts import Facts

PRIVILEGED = ("pull_request_target", "workflow_run", "issue_comment")
"""Events that run with the repository's secrets for everybody who causes them."""

_HEADS = frozenset({"head_ref", "head_sha", "head_branch", "head_commit", "head", "merge_commit_sha", "number"})
_TRUSTED = frozenset({"sha", "ref", "ref_name", "base_ref", "base_sha", "repository", "default_branch"})
"""What names the branch that the workflow itself is on (https://docs.github.com/en/actions/reference/workflows-and-actions/contexts)."""


def builds_foreign_code(facts: Facts, workflow: Workflow, job: Job) -> bool:
    """Return whether a job with the repository's secrets surely builds the code of a pull request: a preview, never a deploy."""
    asked = {"pull_request_target", "issue_comment"} & set(workflow.triggers)
    return bool(asked) and any(foreign_code(facts, s) for s in job.steps)


def foreign_code(facts: Facts, step: Step) -> bool | None:
    """Return whether a step checks out or fetches the code of a pull request, None where an expression decides it."""
    if (step.uses or "").partition("@")[0] == "actions/checkout":
        ref, repository = _of(step.inputs.get("ref", "")), _of(step.inputs.get("repository", ""))
        return True if True in (ref, repository) else None if None in (ref, repository) else False
    for ran in step_commands(facts, step) if step.run else ():
        if ran.runs is False:
            continue
        if ran.words[:3] == ("gh", "pr", "checkout"):
            return True
        fetched = ran.words[:1] == ("git",) and {"fetch", "pull"} & set(ran.words[1:3])
        if fetched and any(w.lstrip("+").removeprefix("refs/").startswith("pull/") for w in ran.words):
            return True
    return False


def _of(text: str) -> bool | None:
    """Judge the text of `ref` or `repository`."""
    try:
        parts = list(segments(text))
        read = [parse_expression(t) for dynamic, t in parts if dynamic]
    except ParseError:
        return None
    plain = "".join(t for dynamic, t in parts if not dynamic)
    if plain.strip().removeprefix("refs/").startswith("pull/"):
        return True
    answers = [_of_expression(e) for e in read]
    return True if True in answers else None if None in answers else False


def _of_expression(expression: Expression) -> bool | None:
    paths = [d for n in walk(expression) if (d := dotted(n)) and len(d) > 1]
    # `github.event` is within `github.event.number`: only the longest of each counts.
    whole = [p for p in paths if not any(o != p and o[: len(p)] == p for o in paths)]
    answers = [_of_context(p) for p in whole]
    if not answers:
        return False if not any(n.kind == "context" for n in walk(expression)) else None
    return True if True in answers else None if None in answers else False


def _of_context(path: tuple[str, ...]) -> bool | None:
    if path[0] in ("secrets", "vars", "matrix"):
        return False
    if path[0] != "github":
        return None
    if set(path) & _HEADS and "base" not in path:
        return True
    return False if path[-1] in _TRUSTED or "base" in path or path[:3] == ("github", "event", "repository") else None
