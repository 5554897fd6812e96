"""Inputs of a workflow that only try a deployment out: where one is on, the job runs and nothing is deployed.

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#inputs-context (a `boolean` stays one there)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from yaml import Node

from checks.ci.programs import words_of
from checks.parsers import yaml as y
from checks.parsers.github_expression import dotted, in_text, parse_condition, walk
from checks.parsers.text import ParseError

if TYPE_CHECKING:
    from checks.ci.model import Job, Workflow


class DryRun(Struct, frozen=True, kw_only=True):
    """An input that a job reads to try its deployment out, and what holds where it does deploy (None: its values are not known)."""

    name: str
    condition: str | None


def dry_run(workflow: Workflow, job: Job, asked: str | None = None) -> DryRun | None:
    """Return the input by which a job only tries its deployment out, None without one; its `if` or that of the step may ask it already."""
    for trigger in ("workflow_dispatch", "workflow_call"):
        for name, _, node in y.pairs(y.get(workflow.node, "on", trigger, "inputs")):
            if not _is_dry(name) or not _is_read(job, name) or any(_is_asked(c, name) for c in (job.condition, asked)):
                continue
            values = {*y.strings(y.get(node, "options")), *y.strings(y.get(node, "default"))}
            if y.scalar(y.get(node, "type")) == "boolean":
                return DryRun(name=name, condition=f"inputs.{name} != true")
            known = bool(values) and values <= {"true", "false"}
            return DryRun(name=name, condition=f"inputs.{name} != 'true'" if known else None)
    return None


def _is_dry(name: str) -> bool:
    words = words_of(name)
    return "dryrun" in words or ("dry" in words and bool({"run", "mode"} & set(words)))


def _is_read(job: Job, name: str) -> bool:
    """Return whether the job hands the input on, to its steps or to the workflow that it calls."""
    parts = (y.get(job.node, key) for key in ("steps", "with", "env"))
    return any(_names(text, name) for part in parts for _, node in y.walk(part) if (text := _text(node)))


def _text(node: Node) -> str:
    return y.scalar(node) or ""


def _names(text: str, name: str) -> bool:
    """Return whether the expressions of a text read an input; one that cannot be parsed reads none."""
    if "inputs" not in text:
        return False
    try:
        return any((dotted(n) or ("",))[-2:] == ("inputs", name.lower()) for e in in_text(text) for n in walk(e))
    except ParseError:
        return False


def _is_asked(condition: str | None, name: str) -> bool:
    try:
        parsed = parse_condition(condition) if condition else None
    except ParseError:
        return False
    return parsed is not None and any((dotted(n) or ("",))[-2:] == ("inputs", name.lower()) for n in walk(parsed))
