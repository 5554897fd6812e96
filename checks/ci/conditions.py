"""When a job or step of a GitHub workflow runs, for the events on which code is deployed; three-valued.

Contexts: https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#context-availability
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from checks.parsers import yaml as y
from checks.parsers.github_expression import (
    Expression,
    Unknown,
    Value,
    evaluate,
    names,
    parse_condition,
    truth,
)
from checks.parsers.text import ParseError

if TYPE_CHECKING:
    from checks.repository.ci import Job, Step, Workflow

_STATUS: dict[str, Value] = {"success": True, "failure": False, "cancelled": False}
_PULL = ("pull_request", "pull_request_target", "pull_request_review", "merge_group", "merge_request")
_JOB_CONTEXTS = frozenset({"github", "needs", "vars", "inputs"})
_MOST_EVENTS = 24


def runs(workflow: Workflow, job: Job, step: Step | None = None) -> tuple[bool | None, str]:
    """Return whether a job (and its step) runs when code is deployed, and the condition that keeps it from it."""
    if workflow.provider != "github":
        return _elsewhere(workflow, job)
    conditions = [c for c in (job.condition, *(step.conditions if step else ()), step.condition if step else None) if c]
    waited = _waited(workflow, job)
    if waited is not None:
        return waited
    if not conditions:
        return True, ""
    parsed: list[tuple[str, Expression]] = []
    for text in conditions:
        try:
            parsed.append((text, parse_condition(text)))
        except ParseError:
            return None, f"`if: {text[:80]}`"
    given: dict[str, object] = dict(step.given) if step else {}
    best: tuple[bool | None, str] = (False, f"`if: {conditions[0][:80]}`")
    for github in _events(workflow, [e for _, e in parsed]):
        contexts = _contexts(github, step.env if step else job.env, given, workflow)
        answers = [(text, truth(evaluate(e, contexts, _STATUS))) for text, e in parsed]
        never = next((t for t, a in answers if a is False), None)
        open_ = next((t for t, a in answers if a is None), None)
        if never is None and open_ is None:
            return True, ""
        if never is None and open_ is not None:
            best = None, f"`if: {open_[:80]}`"
        elif best[0] is False and never is not None:
            best = False, f"`if: {never[:80]}`"
    return best


def _waited(workflow: Workflow, job: Job, depth: int = 0) -> tuple[bool | None, str] | None:
    """A job is skipped with the job that it needs, unless it asks for the status itself."""
    if depth > 6 or not job.needs:
        return None
    if job.condition and re.search(r"(?i)\b(always|cancelled|failure)\s*\(", job.condition):
        return None
    jobs = {j.id: j for j in workflow.jobs}
    for name in job.needs:
        needed = jobs.get(name)
        if needed is None or needed is job or not needed.condition:
            continue
        answer, why = runs(workflow, needed) if depth < 6 and name not in needed.needs else (True, "")
        if answer is False:
            return False, f"{why} of job {name}, which it needs,"
    return None


def _events(workflow: Workflow, conditions: list[Expression]) -> list[dict[str, Value]]:
    """Return `github` for each event that may deploy."""
    on = y.get(workflow.node, "on")
    triggers = [t for t in workflow.triggers if t not in _PULL] or list(workflow.triggers)
    if set(workflow.triggers) <= {"workflow_call"}:
        triggers = ["push", "workflow_dispatch"]
    named = _literals(conditions)
    found: list[dict[str, Value]] = []
    for trigger in triggers:
        filters = y.get(on, trigger)
        branches = [b for b in y.strings(y.get(filters, "branches")) if not b.startswith("!")]
        tags = y.strings(y.get(filters, "tags"))
        plain = [b for b in branches if not re.search(r"[*?\[+]", b)]
        free = (not branches and not tags) or len(plain) < len(branches)
        candidates = plain + (["main", "master", *named] if free and not (tags and not branches) else [])
        if trigger in (
            "push",
            "workflow_dispatch",
            "workflow_run",
            "deployment",
            "deployment_status",
            "repository_dispatch",
            "schedule",
        ):
            if trigger != "push":
                candidates = ["main", "master", *named]
            found += [_event(trigger, "branch", b, conditions) for b in candidates]
        if (trigger == "push" and (tags or not branches)) or trigger == "release":
            found += [_event(trigger, "tag", t, conditions) for t in ("v1.0.0", *named)]
        if trigger in _PULL:
            found += [_event(trigger, "branch", b, conditions) for b in ("main", "master")]
        if trigger not in ("push", "workflow_dispatch", "workflow_run", "release", *_PULL):
            found.append(_event(trigger, "branch", "main", conditions))
    return found[:_MOST_EVENTS] or [_event("push", "branch", "main", conditions)]


def _event(name: str, kind: str, ref: str, conditions: list[Expression]) -> dict[str, Value]:
    full = f"refs/{'heads' if kind == 'branch' else 'tags'}/{ref}"
    open_: dict[str, object] = {"*": Unknown("github.event")}
    event: dict[str, object] = {**open_, "ref": full, "action": Unknown("github.event.action")}
    # An event has its own payload only: https://docs.github.com/en/webhooks/webhook-events-and-payloads
    for other in ("pull_request", "release", "workflow_run", "deployment", "issue", "comment", "client_payload"):
        event[other] = None
    event["deleted"], event["created"], event["forced"] = False, Unknown("github.event.created"), False
    event["repository"] = {**open_, "default_branch": ref if kind == "branch" else "main", "fork": False}
    if name in _PULL:
        event["pull_request"] = {**open_, "merged": True, "draft": False, "base": {**open_, "ref": ref}}
        event["action"] = "closed"
    if name == "release":
        event["release"] = {**open_, "tag_name": ref, "draft": False, "prerelease": False}
        event["action"] = "published"
    if name == "workflow_run":
        event["workflow_run"] = {
            **open_,
            "conclusion": "success",
            "event": "push",
            "head_branch": ref,
            "status": "completed",
        }
        event["action"] = "completed"
    if name == "deployment_status":
        event["deployment_status"] = {**open_, "state": "success"}
        event["deployment"] = open_
    found: dict[str, object] = {
        "*": Unknown("github"),
        "event_name": name,
        "ref": "refs/pull/1/merge" if name in _PULL else full,
        "ref_name": ref,
        "ref_type": kind,
        "base_ref": ref if name in _PULL else "",
        "head_ref": Unknown("github.head_ref") if name in _PULL else "",
        "ref_protected": Unknown("github.ref_protected"),
        "event": event,
    }
    # The repository itself is meant, not a fork; a person starts it, and no bot that is named.
    own = _compared(conditions, "repository")
    for key, value in own.items():
        found[key] = value
    return found  # type: ignore[return-value]


def _compared(conditions: list[Expression], _: str) -> dict[str, object]:
    found: dict[str, object] = {}
    bots, people = False, False
    stack = list(conditions)
    while stack:
        node = stack.pop()
        stack.extend(node.parts)
        if node.kind not in ("==", "!="):
            continue
        asked = next((p.text.lower() for p in node.parts if p.kind == "index"), "")
        literal = next((p.value for p in node.parts if p.kind == "literal"), None)
        if not isinstance(literal, str):
            continue
        if asked in ("github.repository", "github.repository_owner") and node.kind == "==":
            found[asked.partition(".")[2]] = literal
        if asked in ("github.actor", "github.triggering_actor"):
            bots, people = bots or literal.endswith("[bot]"), people or not literal.endswith("[bot]")
    if bots and not people:
        found["actor"] = found["triggering_actor"] = "a person"
    return found


def _literals(conditions: list[Expression]) -> list[str]:
    """Return the branches and tags that conditions name."""
    found: list[str] = []
    stack = list(conditions)
    while stack and len(found) < 6:
        node = stack.pop()
        if node.kind == "literal" and isinstance(node.value, str):
            name = re.sub(r"^refs/(heads|tags)/", "", node.value)
            if re.fullmatch(r"[\w./-]{1,60}", name):
                found.append(name)
        stack.extend(node.parts)
    return list(dict.fromkeys(found))


def _contexts(
    github: dict[str, Value], env: dict[str, str], given: dict[str, object], workflow: Workflow
) -> dict[str, Value]:
    values: dict[str, object] = {}
    for name, text in env.items():
        if "${{" not in text:
            values[name] = text
        elif re.fullmatch(r"\s*\$\{\{\s*secrets\.\w+\s*\}\}\s*", text):
            values[name] = "(a secret)"
        else:
            values[name] = Unknown(f"env.{name}")
    done: dict[str, object] = {"result": "success", "outcome": "success", "conclusion": "success"}
    done["outputs"] = {"*": Unknown("outputs")}
    inputs: dict[str, object] = {k: _input(v) for k, v in given.items()}
    on = y.get(workflow.node, "on")
    if not given and ("workflow_dispatch" in workflow.triggers or "workflow_call" in workflow.triggers):
        asked = y.get(on, "workflow_dispatch", "inputs") or y.get(on, "workflow_call", "inputs")
        inputs = {k: Unknown(f"inputs.{k}") for k, _, _ in y.pairs(asked)}
    return {
        "github": github,  # type: ignore[dict-item]
        "env": values,
        "inputs": inputs,
        "needs": {"*": done},
        "steps": {"*": done},
        "job": {"status": "success", "*": Unknown("job")},
    }


def _input(value: object) -> object:
    if value in ("true", "false"):
        return value == "true"
    return Unknown(str(value)) if isinstance(value, str) and "${{" in value else value


def refused(workflow: Workflow) -> str | None:
    """Return why GitHub refuses a workflow file as a whole, or None: then nothing in it ever runs."""
    if workflow.provider != "github":
        return None
    known = {j.id for j in workflow.jobs}
    for job in workflow.jobs:
        missing = next((n for n in job.needs if n not in known), None)
        if missing is not None:
            return f"job {job.id} needs a job {missing}, which is not there: GitHub refuses the file"
        bad = _reads(job.condition) - _JOB_CONTEXTS
        if bad:
            return f"the `if` of job {job.id} reads `{min(bad)}`, which GitHub refuses there: the whole file is invalid"
        for node in y.sequence(y.get(job.node, "steps")):
            if "secrets" in _reads(y.scalar(y.get(node, "if"))):
                return f"an `if` in job {job.id} reads `secrets`, which GitHub refuses: the whole file is invalid"
    return None


def _reads(condition: str | None) -> frozenset[str]:
    if not condition:
        return frozenset()
    try:
        return names(parse_condition(condition))
    except ParseError:
        return frozenset()


def _elsewhere(workflow: Workflow, job: Job) -> tuple[bool | None, str]:
    return job.runs, job.why
