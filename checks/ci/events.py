"""The events that start a GitHub workflow, as `github` and the matrix have them.

Contexts: https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#context-availability
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from yaml import Node

from checks.ci.ref_filters import default_branches, names_to_try
from checks.parsers import yaml as y
from checks.parsers.github_evaluation import OPEN
from checks.parsers.github_expression import Expression, Unknown, Value, calls, dotted, walk

if TYPE_CHECKING:
    from checks.ci.model import Job, Workflow

_PULL = ("pull_request", "pull_request_target", "pull_request_review", "merge_group", "merge_request")
REVIEWED = ("pull_request", "pull_request_target")
_DEFAULT_TYPES = ("opened", "synchronize", "reopened")
"""What `on: pull_request` means (https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows)."""
NO_DEPLOYMENT = frozenset(
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
_MAX_EVENTS, _MAX_MATRIX = 400, 24


def reviews_of(workflow: Workflow, conditions: list[Expression]) -> list[dict[str, Value]]:
    """Return `github` for each pull request that starts a workflow, without the one that is merged."""
    on = y.get(workflow.node, "on")
    found: list[dict[str, Value]] = []
    for trigger in (t for t in workflow.triggers if t in REVIEWED):
        filters = y.get(on, trigger)
        for branch in _branches(filters, conditions):
            for action in y.strings(y.get(filters, "types")) or _DEFAULT_TYPES:
                github = _event(trigger, "branch", branch, conditions)
                event: dict[str, object] = github["event"]  # type: ignore[assignment]
                event["action"] = action
                event["pull_request"] = {**event["pull_request"], "merged": False}  # type: ignore[dict-item]
                if trigger == "pull_request":
                    github |= {"ref": "refs/pull/1/merge", "ref_name": "1/merge"}
                found.append(github)
    return found[:_MAX_EVENTS]


def matrices_of(job: Job) -> list[dict[str, object]]:
    """Return the combinations of a literal matrix; one that nothing is known of where it is an expression.

    https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations
    """
    node = y.get(job.node, "strategy", "matrix")
    unknown: list[dict[str, object]] = [{OPEN: Unknown("matrix")}]
    if y.scalar(node) is not None:
        return unknown
    found: list[dict[str, object]] = [{}]
    added: dict[str, list[dict[str, object]]] = {"include": [], "exclude": []}
    axes: set[str] = set()
    for name, _, value in y.pairs(node):
        items = y.sequence(value)
        if y.scalar(value) is not None:
            return unknown
        if name in added:
            for item in items:
                added[name].append({k: y.scalar(v) or Unknown(f"matrix.{k}") for k, _, v in y.pairs(item)})
            continue
        axes.add(name)
        texts = [y.scalar(item) for item in items]
        found = [f | {name: t if t is not None else Unknown(f"matrix.{name}")} for f in found for t in texts]
        if len(found) > _MAX_MATRIX:
            return unknown
    found = [f for f in found if not any(_is_part(e, f) for e in added["exclude"])] if axes else []
    whole = list(found)
    for extra in added["include"]:
        shared = {k: v for k, v in extra.items() if k in axes}
        fitting = [i for i, f in enumerate(whole) if _is_part(shared, f)]
        for at in fitting:
            found[at] = found[at] | extra
        found += [] if fitting else [extra]
    return found if node is not None else unknown


def _is_part(asked: dict[str, object], combination: dict[str, object]) -> bool:
    """Return whether a combination surely has what is asked for; what is not known is not the same as anything."""
    return all(k in combination and combination[k] == v and not isinstance(v, Unknown) for k, v in asked.items())


def events_of(workflow: Workflow, conditions: list[Expression]) -> list[dict[str, Value]]:
    """Return `github` for each event that may deploy."""
    on = y.get(workflow.node, "on")
    triggers = [t for t in workflow.triggers if t not in _PULL and t not in NO_DEPLOYMENT] or list(workflow.triggers)
    if set(workflow.triggers) <= {"workflow_call"}:
        triggers = ["push", "workflow_dispatch"]
    found: list[dict[str, Value]] = []
    for trigger in triggers:
        filters = y.get(on, trigger)
        kinds = {k for k, _, _ in y.pairs(filters)} & {*_OF_BRANCHES, *_OF_TAGS}
        if trigger != "push" or not kinds or kinds & {*_OF_BRANCHES}:
            branches = [] if trigger == "release" else _branches(filters, conditions)
            found += [_event(trigger, "branch", b, conditions) for b in branches]
        if trigger == "release" or (trigger == "push" and (not kinds or kinds & {*_OF_TAGS})):
            tags, ignored = (y.strings(y.get(filters, k)) for k in _OF_TAGS)
            tried = names_to_try(tags, ignored, ("v1.0.0",), _literals(conditions), parts=_asks_parts(conditions))
            found += [_event(trigger, "tag", t, conditions) for t in tried]
    return found[:_MAX_EVENTS] or [_event("push", "branch", "main", conditions)]


_OF_BRANCHES, _OF_TAGS = ("branches", "branches-ignore"), ("tags", "tags-ignore")
"""Filters of a push: with one of a kind only, the other kind starts nothing.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#onpushbranchestagsbranches-ignoretags-ignore
"""


def _branches(filters: Node | None, conditions: list[Expression]) -> list[str]:
    """Return the branches that a trigger's filters let in, and that conditions tell apart."""
    only, ignored = (y.strings(y.get(filters, k)) for k in _OF_BRANCHES)
    named = _literals(conditions)
    usual = default_branches([*named, *(p.removeprefix("!") for p in (*only, *ignored))])
    return names_to_try(only, ignored, usual, named, parts=_asks_parts(conditions))


def _asks_parts(conditions: list[Expression]) -> bool:
    """Return whether conditions ask for a part of a text."""
    return any(calls(c) & {"startswith", "endswith", "contains"} for c in conditions)


def _event(name: str, kind: str, ref: str, conditions: list[Expression]) -> dict[str, Value]:
    full = f"refs/{'heads' if kind == 'branch' else 'tags'}/{ref}"
    open_: dict[str, object] = {OPEN: Unknown("github.event")}
    event: dict[str, object] = {**open_, "ref": full, "action": Unknown("github.event.action")}
    # An event has its own payload only: https://docs.github.com/en/webhooks/webhook-events-and-payloads
    for other in ("pull_request", "release", "workflow_run", "deployment", "issue", "comment", "client_payload"):
        event[other] = None
    if name != "workflow_dispatch":
        event["inputs"] = None
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
