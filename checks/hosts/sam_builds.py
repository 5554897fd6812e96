"""What AWS SAM runs to build a function by a Makefile: the target `build-NAME` of its resource.

Source: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-custom-runtimes.html
"""

from __future__ import annotations

from collections.abc import Iterator

from yaml import Node

from checks.hosts.lambda_templates import FILES
from checks.parsers import yaml as y
from checks.repository.facts import Facts, join, parent
from checks.repository.path_words import NOT_DEPLOYED, folder_purposes
from checks.repository.task_runners import make_rules


def recipes_of_sam(facts: Facts) -> Iterator[tuple[str, str, int]]:
    """Yield each line of the recipes that build the functions of a template, with its Makefile and line (1-based)."""
    for path in facts.configuration:
        if not FILES.search(path) or folder_purposes(path) & NOT_DEPLOYED or "makefile" not in (facts.text(path) or ""):
            continue
        document = facts.yaml(path)
        resources = y.pairs(y.get(document, "Resources")) if isinstance(document, Node) else []
        for name, _, resource in resources:
            if y.scalar(y.get(resource, "Metadata", "BuildMethod")) == "makefile":
                code = y.scalar(y.get(resource, "Properties", "CodeUri")) or "."
                yield from _recipe(facts, join(parent(path), code), f"build-{name}")


def _recipe(facts: Facts, folder: str, target: str) -> Iterator[tuple[str, str, int]]:
    makefile = join(folder, "Makefile")
    rules, _ = make_rules(facts.text(makefile) or "") if makefile in facts.paths else ({}, {})
    rule = rules.get(target)
    for number, text in rule.recipe if rule is not None else ():
        yield text, makefile, number
