"""Content security policies that Python code sets: a middleware's header, and the argument of Flask-Talisman.

https://github.com/wntrblm/flask-talisman#content-security-policy
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from msgspec import Struct

from checks.parsers.position import line_of
from checks.parsers.python import Module
from checks.repository.facts import Facts, inside
from checks.repository.path_words import NOT_DEPLOYED, folder_purposes, has_part
from checks.repository.text_index import word_index

HEADER, ARGUMENT = "Content-Security-Policy", "content_security_policy"
_TESTS = frozenset({"test", "tests", "testing", "examples", "docs"})
_DEPTH = 6


class WrittenPolicy(Struct, frozen=True):
    """The `text` of a policy, `${…}` for what is computed, with its place; `node` is the expression."""

    text: str
    path: str
    line: int
    node: ast.expr


def python_policies(facts: Facts) -> Iterator[WrittenPolicy]:
    """Yield each policy that the code of a backend gives a response."""
    for path in word_index(facts).files_containing(HEADER, HEADER.lower(), ARGUMENT):
        own = any(inside(path, b.root) for b in facts.backends)
        if not path.endswith(".py") or not own or folder_purposes(path) & NOT_DEPLOYED or has_part(path, _TESTS):
            continue
        module = facts.python(path)
        if isinstance(module, Module):
            names = _constants(module.tree)
            for node in _given(module.tree):
                yield WrittenPolicy(text_of(node, names), path, line_of(node), node)


def _given(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield what is set as the header: by a subscript, `setdefault` and the like, a dictionary's key, or Talisman's argument."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            if any(isinstance(t, ast.Subscript) and _is_header(t.slice) for t in node.targets):
                yield node.value
        elif isinstance(node, ast.Dict):
            yield from (v for k, v in zip(node.keys, node.values, strict=True) if k is not None and _is_header(k))
        elif isinstance(node, ast.Call):
            if len(node.args) == 2 and _is_header(node.args[0]):
                yield node.args[1]
            yield from (k.value for k in node.keywords if k.arg == ARGUMENT)


def _is_header(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.lower() == HEADER.lower()


def _constants(tree: ast.AST) -> dict[str, ast.expr]:
    """Return the names of a module, in functions too, that are assigned once and never added to."""
    found: dict[str, ast.expr | None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for name in (t.id for t in node.targets if isinstance(t, ast.Name)):
                found[name] = None if name in found else node.value
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign)) and isinstance(node.target, ast.Name):
            name = node.target.id
            found[name] = None if name in found or isinstance(node, ast.AugAssign) else node.value
    return {name: value for name, value in found.items() if value is not None}


def text_of(node: ast.expr, names: Mapping[str, ast.expr], depth: int = _DEPTH) -> str:
    """Return the text of an expression, with `${…}` for each part that is computed."""
    hole = f"${{{ast.unparse(node)}}}"
    if depth == 0:
        return hole
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else hole
    if isinstance(node, ast.Name):
        return text_of(names[node.id], names, depth - 1) if node.id in names else hole
    if isinstance(node, ast.JoinedStr):
        parts = (v.value if isinstance(v, ast.FormattedValue) else v for v in node.values)
        return "".join(text_of(p, names, depth - 1) for p in parts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return text_of(node.left, names, depth - 1) + text_of(node.right, names, depth - 1)
    if isinstance(node, ast.Dict):
        pairs = ((k, v) for k, v in zip(node.keys, node.values, strict=True))
        return "; ".join(f"{_word(k, names, depth)} {_words(v, names, depth)}" for k, v in pairs)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _of_method(node, node.func, names, depth - 1) or hole
    return hole


def _word(key: ast.expr | None, names: Mapping[str, ast.expr], depth: int) -> str:
    return text_of(key, names, depth - 1) if key is not None else "${…}"


def _words(value: ast.expr, names: Mapping[str, ast.expr], depth: int) -> str:
    value = names.get(value.id, value) if isinstance(value, ast.Name) else value
    if isinstance(value, (ast.List, ast.Tuple, ast.Set)):
        return " ".join(text_of(e, names, depth - 1) for e in value.elts)
    return text_of(value, names, depth - 1)


def _of_method(call: ast.Call, function: ast.Attribute, names: Mapping[str, ast.expr], depth: int) -> str | None:
    """Return the text of `"; ".join(…)` and of `.strip()`; None for another call."""
    if function.attr in ("strip", "rstrip", "lstrip") and not call.args:
        return text_of(function.value, names, depth)
    if function.attr != "join" or len(call.args) != 1:
        return None
    given = call.args[0]
    given = names.get(given.id, given) if isinstance(given, ast.Name) else given
    if isinstance(given, (ast.List, ast.Tuple)):
        return text_of(function.value, names, depth).join(text_of(e, names, depth) for e in given.elts)
    if isinstance(given, (ast.GeneratorExp, ast.ListComp)) and len(given.generators) == 1:
        # Each directive with its sources, out of a dictionary.
        items = given.generators[0].iter
        of = items.func.value if isinstance(items, ast.Call) and isinstance(items.func, ast.Attribute) else None
        table = names.get(of.id) if isinstance(of, ast.Name) else of
        return text_of(table, names, depth) if isinstance(table, ast.Dict) else None
    return None
