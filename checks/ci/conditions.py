"""When a job or step of a GitHub workflow runs, for the events on which code is deployed; three-valued.

Contexts: https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#context-availability
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from checks.parsers import yaml as y
from checks.parsers.github_evaluation import OPEN, evaluate, truth
from checks.parsers.github_expression import (
    STATUS,
    Expression,
    Unknown,
    Value,
    calls,
    dotted,
    names,
    parse_condition,
    walk,
)
from checks.parsers.text import ParseError, clipped

if TYPE_CHECKING:
    from checks.ci.model import Job, Step, Workflow

_LIFTS = STATUS - {"success"}
_STATUS: dict[str, Value] = {"success": True, "failure": False, "cancelled": False}
_PULL = ("pull_request", "pull_request_target", "pull_request_review", "merge_group", "merge_request")
_JOB_CONTEXTS = frozenset({"github", "needs", "vars", "inputs"})
_STEP_CONTEXTS = _JOB_CONTEXTS | {"strategy", "matrix", "job", "runner", "env", "steps"}
_MAX_EVENTS = 24
_DONE: dict[str, object] = {
    **dict.fromkeys(("result", "outcome", "conclusion"), "success"),
    "outputs": {OPEN: Unknown("outputs")},
}
"""A job or step that ran before, as what waits for it sees it."""


def runs(workflow: Workflow, job: Job, step: Step | None = None, *, reviews: bool = False) -> tuple[bool | None, str]:
    """Return whether a job (and its step) runs when code is deployed, and the condition that keeps it from it.

    With `reviews` the question is whether it runs for a pull request that is not merged.
    """
    conditions = [c for c in (job.condition, *(step.conditions if step else ()), step.condition if step else None) if c]
    waited = _waited(workflow, job, reviews=reviews)
    if waited is not None:
        return waited
    started = _reviewed(workflow) if reviews else _started(workflow)
    if started[0] is not True or not conditions:
        return started
    parsed: list[tuple[str, Expression]] = []
    for text in conditions:
        try:
            parsed.append((text, parse_condition(text)))
        except ParseError:
            return None, f"`if: {clipped(text)}`"
    given: dict[str, object] = dict(step.given) if step else {}
    best: tuple[bool | None, str] = (False, f"`if: {conditions[0][:80]}`")
    matrices = _matrices(job) if any("matrix" in names(e) for _, e in parsed) else [{}]
    events = (_reviews if reviews else _events)(workflow, [e for _, e in parsed])
    for github, matrix in ((g, m) for g in events for m in matrices):
        contexts = _contexts(github, step.env if step else job.env, given, workflow) | {"matrix": matrix}
        if step is not None and _hands_on(job, step):
            contexts["env"] = {OPEN: Unknown("env"), **contexts["env"]}  # type: ignore[dict-item]
        if step is None or not step.conditions:
            contexts["needs"] = dict.fromkeys(job.needs, _DONE)
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


def runs_in_reviews(workflow: Workflow, job: Job, step: Step | None = None) -> tuple[bool | None, str]:
    """Return whether a job (and its step) also runs for a pull request that is not merged, and the condition that decides."""
    return runs(workflow, job, step, reviews=True)


_REVIEWED = ("pull_request", "pull_request_target")
_DEFAULT_TYPES = ("opened", "synchronize", "reopened")
"""What `on: pull_request` means (https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows)."""

_NO_DEPLOYMENT = frozenset(
    {
        "schedule",
        "issue_comment",
        "issues",
        "label",
        "watch",
        "fork",
        "discussion",
        "discussion_comment",
        "pull_request_review",
    }
    | {
        "pull_request_review_comment",
        "check_run",
        "check_suite",
        "status",
        "gollum",
        "milestone",
        "branch_protection_rule",
    }
)
"""Events that come without a change of the code that users meet."""


def _started(workflow: Workflow) -> tuple[bool | None, str]:
    """Return whether an event that deploys starts a workflow at all."""
    on = y.get(workflow.node, "on")
    triggers = set(workflow.triggers)
    if triggers and triggers <= _NO_DEPLOYMENT:
        return None, f"`on: {', '.join(sorted(triggers))}`, which no deployment starts"
    if triggers == {"merge_group"}:
        return False, "`on: merge_group`, which runs before a change is merged"
    paths = [p for p in y.strings(y.get(on, "push", "paths")) if not p.startswith("!")]
    if triggers == {"push"} and paths and all(_is_documentation(p) for p in paths):
        return None, f"`paths: {', '.join(paths)[:60]}`, which no change of the application is in"
    ignored = y.strings(y.get(on, "push", "branches-ignore"))
    if triggers == {"push"} and "**" in ignored and y.get(on, "push", "tags") is None:
        return False, "`branches-ignore` leaves every branch out"
    return True, ""


def _is_documentation(pattern: str) -> bool:
    """Return whether a pattern of paths matches documentation only."""
    return pattern.endswith((".md", ".rst", ".mdx")) or pattern.split("/")[0] in ("docs", "doc", "documentation")


def _reviewed(workflow: Workflow) -> tuple[bool | None, str]:
    """Return whether a pull request starts a workflow."""
    return any(t in _REVIEWED for t in workflow.triggers), ""


def _reviews(workflow: Workflow, conditions: list[Expression]) -> list[dict[str, Value]]:
    """Return `github` for each pull request that starts a workflow, without the one that is merged."""
    on = y.get(workflow.node, "on")
    found: list[dict[str, Value]] = []
    for trigger in (t for t in workflow.triggers if t in _REVIEWED):
        filters = y.get(on, trigger)
        branches = [b for b in y.strings(y.get(filters, "branches")) if not re.search(r"[*?\[+!]", b)]
        for branch in branches or ["main", "master", *_literals(conditions)]:
            for action in y.strings(y.get(filters, "types")) or _DEFAULT_TYPES:
                github = _event(trigger, "branch", branch, conditions)
                event: dict[str, object] = github["event"]  # type: ignore[assignment]
                event["action"] = action
                event["pull_request"] = {**event["pull_request"], "merged": False}  # type: ignore[dict-item]
                if trigger == "pull_request":
                    github |= {"ref": "refs/pull/1/merge", "ref_name": "1/merge"}
                found.append(github)
    return found[:_MAX_EVENTS]


def _matrices(job: Job) -> list[dict[str, object]]:
    """Return the combinations of a literal matrix; one that nothing is known of where it is an expression."""
    node = y.get(job.node, "strategy", "matrix")
    unknown: list[dict[str, object]] = [{OPEN: Unknown("matrix")}]
    found: list[dict[str, object]] = [{}]
    for name, _, value in y.pairs(node):
        if name == "exclude":
            continue
        items = y.sequence(value)
        if y.scalar(value) is not None:
            return unknown
        if name == "include":
            plain: list[dict[str, object]] = [
                {k: y.scalar(v) or Unknown(f"matrix.{k}") for k, _, v in y.pairs(item)} for item in items
            ]
            found = [f | {k: v for k, v in p.items() if k not in f} for f in found for p in plain] + plain
            continue
        texts = [y.scalar(item) for item in items]
        found = [f | {name: t if t is not None else Unknown(f"matrix.{name}")} for f in found for t in texts]
        if len(found) > _MAX_EVENTS:
            return unknown
    return found if node is not None else unknown


def _asks_status(condition: str | None) -> bool:
    """Return whether a condition calls a status function, which lifts GitHub's own rule."""
    try:
        return bool(condition) and bool(calls(parse_condition(condition or "")) & _LIFTS)
    except ParseError:
        return True


def _waited(workflow: Workflow, job: Job, depth: int = 0, *, reviews: bool = False) -> tuple[bool | None, str] | None:
    """A job is skipped with the job that it needs, unless it asks for the status itself."""
    if depth > 6 or not job.needs:
        return None
    if _asks_status(job.condition):
        return None
    jobs = {j.id: j for j in workflow.jobs}
    for name in job.needs:
        needed = jobs.get(name)
        if needed is None or needed is job or not needed.condition:
            continue
        answer, why = runs(workflow, needed, reviews=reviews) if depth < 6 and name not in needed.needs else (True, "")
        if answer is False:
            return False, f"{why} of job {name}, which it needs"
    return None


def _events(workflow: Workflow, conditions: list[Expression]) -> list[dict[str, Value]]:
    """Return `github` for each event that may deploy."""
    on = y.get(workflow.node, "on")
    triggers = [t for t in workflow.triggers if t not in _PULL and t not in _NO_DEPLOYMENT] or list(workflow.triggers)
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
    return found[:_MAX_EVENTS] or [_event("push", "branch", "main", conditions)]


def _event(name: str, kind: str, ref: str, conditions: list[Expression]) -> dict[str, Value]:
    full = f"refs/{'heads' if kind == 'branch' else 'tags'}/{ref}"
    open_: dict[str, object] = {OPEN: Unknown("github.event")}
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
        OPEN: Unknown("github"),
        "event_name": name,
        "ref": full,  # of a merged pull request: the branch that it was merged into
        "ref_name": ref,
        "ref_type": kind,
        "base_ref": ref if name in _PULL else "",
        "head_ref": Unknown("github.head_ref") if name in _PULL else "",
        "ref_protected": Unknown("github.ref_protected"),
        "event": event,
    }
    # The repository itself is meant, not a fork; a person starts it, and no bot that is named.
    own = _compared(conditions)
    for key, value in own.items():
        found[key] = value
    return found  # type: ignore[return-value]


def _compared(conditions: list[Expression]) -> dict[str, object]:
    found: dict[str, object] = {}
    bots, people = False, False
    for node in (n for c in conditions for n in walk(c)):
        if node.kind not in ("==", "!="):
            continue
        asked = next((".".join(d) for p in node.parts if (d := dotted(p))), "")
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
    for node in (n for c in conditions for n in walk(c)):
        if node.kind == "literal" and isinstance(node.value, str) and len(found) < 6:
            name = node.value.removeprefix("refs/heads/").removeprefix("refs/tags/")
            if re.fullmatch(r"[\w./-]{1,60}", name):
                found.append(name)
    return list(dict.fromkeys(found))


def _hands_on(job: Job, step: Step) -> bool:
    """Return whether a step before this one may set variables of the job, by its `$GITHUB_ENV` file.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-environment-variable
    """
    before = itertools.takewhile(lambda s: s is not step, job.steps)
    return any("GITHUB_ENV" in (s.run or "") for s in before)


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
    inputs: dict[str, object] = {k: _input(v) for k, v in given.items()}
    on = y.get(workflow.node, "on")
    if not given and ("workflow_dispatch" in workflow.triggers or "workflow_call" in workflow.triggers):
        asked = y.get(on, "workflow_dispatch", "inputs") or y.get(on, "workflow_call", "inputs")
        inputs = {k: Unknown(f"inputs.{k}") for k, _, _ in y.pairs(asked)}
    return {
        "github": github,  # type: ignore[dict-item]
        "env": values,
        "inputs": inputs,
        "needs": {OPEN: _DONE},
        "steps": {OPEN: _DONE},
        "job": {"status": "success", OPEN: Unknown("job")},
    }


def _input(value: object) -> object:
    if value in ("true", "false"):
        return value == "true"
    return Unknown(str(value)) if isinstance(value, str) and "${{" in value else value


def refused(workflow: Workflow) -> str | None:
    """Return why GitHub refuses a workflow file as a whole, or None: then nothing in it ever runs."""
    known = {j.id for j in workflow.jobs}
    for job in workflow.jobs:
        missing = next((n for n in job.needs if n not in known), None)
        if missing is not None:
            return f"job {job.id} needs a job {missing}, which is not there: GitHub refuses the file"
        bad = _reads(job.condition) - _JOB_CONTEXTS
        if bad:
            return f"the `if` of job {job.id} reads `{min(bad)}`, which GitHub refuses there: the whole file is invalid"
        for node in y.sequence(y.get(job.node, "steps")):
            bad = _reads(y.scalar(y.get(node, "if"))) - _STEP_CONTEXTS
            if bad:
                return f"an `if` in job {job.id} reads `{min(bad)}`, which GitHub refuses: the whole file is invalid"
    return None


def _reads(condition: str | None) -> frozenset[str]:
    if not condition:
        return frozenset()
    try:
        return names(parse_condition(condition))
    except ParseError:
        return frozenset()
