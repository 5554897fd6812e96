"""The commands that tell what there is: `list`, `explain`, `schema`."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TypeVar

from checks.errors import ExitCode, UsageError


def list_items(arguments: argparse.Namespace) -> ExitCode:
    """Run `list`: every item, one line each, or as JSON or a Markdown table."""
    from checks.guide import list_json, list_markdown, list_text

    sys.stdout.write(_guide(arguments.format, {"text": list_text, "json": list_json, "markdown": list_markdown})())
    return ExitCode.OK


def explain(arguments: argparse.Namespace) -> ExitCode:
    """Run `explain ID`: what, why, the evidence sought, how to fix, documentation."""
    from checks.checklist import find_item
    from checks.guide import explain_json, explain_markdown, explain_text

    item = find_item(arguments.id)
    show = _guide(arguments.format, {"text": explain_text, "json": explain_json, "markdown": explain_markdown})
    sys.stdout.write(show(item))
    return ExitCode.OK


T = TypeVar("T")


def _guide(name: str, known: dict[str, T]) -> T:
    from checks.errors import nearest

    if name not in known:
        hint = nearest(name, list(known)) or f"one of {', '.join(known)}"
        raise UsageError(f"unknown format `{name}`", hint=hint)
    return known[name]


def schema(arguments: argparse.Namespace) -> ExitCode:
    """Run `schema`: the keys of answers, and the JSON schemas of the configuration and of the report."""
    from checks.config import ANSWER_KEYS
    from checks.schema import config_schema, report_schema

    data = {"answer_keys": list(ANSWER_KEYS), "configuration": config_schema(), "report_v1": report_schema()}
    sys.stdout.write(json.dumps(data, indent=2) + "\n")
    return ExitCode.OK
