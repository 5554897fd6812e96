"""What a Python function returns: whether it can end without a return, and what stands behind its returns."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.parsers.position import line_of


def walk(root: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and all below it, level by level, as `ast.walk` does in three times the time; less the contexts (`Load`, …)."""
    nodes = [root]
    for node in nodes:  # grows as it is walked
        yield node
        for name, value in node.__dict__.items():
            if value.__class__ is list:
                nodes += [part for part in value if isinstance(part, ast.AST)]
            elif isinstance(value, ast.AST) and name != "ctx":
                nodes.append(value)


Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def returns(function: Function) -> list[tuple[ast.expr | None, int]]:
    """Return `(value or None, line)` of each return of a function, without those of functions inside it."""
    if isinstance(function, ast.Lambda):
        return [(function.body, line_of(function))]
    return [(n.value, line_of(n)) for n in own_nodes(function) if isinstance(n, ast.Return)]


def own_nodes(function: Function) -> Iterator[ast.AST]:
    """Yield the nodes of a function's body in source order, without nested functions and classes."""
    stack: list[ast.AST] = list(reversed(function.body)) if isinstance(function.body, list) else [function.body]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            stack.extend(reversed(list(ast.iter_child_nodes(node))))


def falls_through(function: Function) -> bool:
    """Return whether a function can reach its end without a `return` (it then returns None)."""
    return not isinstance(function, ast.Lambda) and not _ends(function.body)


def _ends(body: list[ast.stmt]) -> bool:
    """Return whether a block never runs past its last statement."""
    return any(_statement_ends(s) for s in body)


def _statement_ends(statement: ast.stmt) -> bool:
    match statement:
        case ast.Return() | ast.Raise():
            return True
        case ast.If():
            return bool(statement.orelse) and _ends(statement.body) and _ends(statement.orelse)
        case ast.With() | ast.AsyncWith():
            return _ends(statement.body)
        case ast.Try():
            if _ends(statement.finalbody):
                return True
            main = _ends(statement.body) or (bool(statement.orelse) and _ends(statement.orelse))
            return main and all(_ends(h.body) for h in statement.handlers)
        case ast.While():
            endless = isinstance(statement.test, ast.Constant) and bool(statement.test.value)
            return endless and not any(isinstance(n, ast.Break) for n in walk(statement))
        case ast.Match():
            last = statement.cases[-1]
            whole = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None and last.guard is None
            return whole and all(_ends(c.body) for c in statement.cases)
    return False


def parents(root: ast.AST) -> dict[ast.AST, ast.AST]:
    """Return each node's parent below a root."""
    return {child: node for node in walk(root) for child in ast.iter_child_nodes(node)}


def parameters(function: Function) -> list[str]:
    """Return a function's positional parameters by name, `self` and `cls` left out."""
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def call_name(node: ast.Call) -> str:
    """Return the last part of a called name (`set_user` of `sentry_sdk.set_user(…)`), or nothing."""
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
