"""What a CI file reads of a store: the expressions of a GitHub workflow, the variables that steps elsewhere are given or use."""

from __future__ import annotations

from collections.abc import Iterator

from yaml import Node

from checks.ci.commands import step_commands
from checks.ci.model import Workflow
from checks.parsers import yaml as y
from checks.parsers.github_expression import dotted, in_text, walk
from checks.parsers.text import ParseError
from checks.repository.facts import Facts
from checks.repository.release_steps import sentry_words


def names_read(node: Node | None, context: str) -> Iterator[str]:
    """Yield what the expressions of a YAML file read of a context (`secrets`, `vars`), as it is written; comments hold none."""
    for _, scalar in y.walk(node):
        text = y.scalar(scalar) or ""
        if "${{" not in text:
            continue
        try:
            found = [n for e in in_text(text) for n in walk(e)]
        except ParseError:
            continue
        for part in found:
            path = dotted(part)
            if len(path) == 2 and path[0] == context:
                yield str(part.parts[1].value)


def uses_secret(facts: Facts, flow: Workflow, name: str) -> bool:
    """Return whether a file of CI takes a secret: GitHub's by an expression, another's by a step that is given it or needs it."""
    if flow.ci.hands_secrets:
        return any(n.upper() == name for n in names_read(flow.node, "secrets"))
    for job in flow.jobs:
        for step in job.steps:
            if name in step.env:
                return True
            for ran in step_commands(facts, step):
                words = (*ran.words, ran.source)
                if ran.runs is not False and (sentry_words(ran.words) or any(f"${name}" in w for w in words)):
                    return True
    return False
