"""Stacks of the AWS CDK in Python: the variables and secrets that they give containers, as far as these are written down.

Source: https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk.aws_ecs/ContainerDefinitionOptions.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.parsers.position import line_of
from checks.parsers.python import Module
from checks.repository.facts import Facts
from checks.repository.path_words import NOT_DEPLOYED, folder_purposes

_GIVEN = frozenset({"secrets", "environment"})


def given_by_stack(facts: Facts, name: str) -> tuple[str, int] | None:
    """Return where a stack gives containers a variable, None where none does; which containers these are is not followed."""
    return next(_given(facts, name), None) if facts.named("cdk.json") else None


def _given(facts: Facts, name: str) -> Iterator[tuple[str, int]]:
    for path in facts.with_suffix("py"):
        if folder_purposes(path) & NOT_DEPLOYED or "aws_cdk" not in (facts.text(path) or ""):
            continue
        module = facts.python(path)
        nodes = module.nodes if isinstance(module, Module) else ()
        given = [k.value for n in nodes if isinstance(n, ast.Call) for k in n.keywords if k.arg in _GIVEN]
        names = {ast.unparse(g) for g in given if isinstance(g, (ast.Name, ast.Attribute))}
        named = [
            n.value for n in nodes if isinstance(n, ast.Assign) and any(ast.unparse(t) in names for t in n.targets)
        ]
        for written in (*given, *named):
            for key in written.keys if isinstance(written, ast.Dict) else ():
                if isinstance(key, ast.Constant) and key.value == name:
                    yield path, line_of(key)
