"""What of a function runs when an application starts: of a lifespan, all that is before its `yield`.

What is behind the `yield` runs when the application ends (https://asgi.readthedocs.io/en/latest/specs/lifespan.html).
"""

from __future__ import annotations

import ast
import copy

from checks.production.values import Function

_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def until_yield(function: Function) -> Function:
    """Return a function that ends where it first yields; one that does not yield is returned as it is."""
    node = function.node
    if isinstance(node, ast.Lambda) or not any(map(_yields, node.body)):
        return function
    begun = copy.copy(node)
    begun.body = _before(node.body)
    return Function(begun, function.path, function.scopes, function.owner, function.defined_in, function.defaults)


def _yields(node: ast.AST) -> bool:
    if isinstance(node, _NESTED):
        return False
    return isinstance(node, (ast.Yield, ast.YieldFrom)) or any(map(_yields, ast.iter_child_nodes(node)))


def _before(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return the statements that run before the first yield; a condition around one may not be taken, so what follows stays."""
    kept: list[ast.stmt] = []
    for statement in body:
        if not _yields(statement):
            kept.append(statement)
            continue
        if isinstance(statement, ast.If):
            part = copy.copy(statement)
            part.body, part.orelse = _before(statement.body), _before(statement.orelse)
            kept.append(part)
            continue
        if isinstance(statement, (ast.With, ast.AsyncWith)):
            within = copy.copy(statement)
            within.body = _before(statement.body)
            kept.append(within)
        elif isinstance(statement, ast.Try):
            kept += _before(statement.body)
        break
    return kept or [ast.copy_location(ast.Pass(), s) for s in body[:1]]
