"""Where a value of the settings comes from: the environment, a literal, or an expression that is not followed."""

from __future__ import annotations

import ast
import re

from msgspec import Struct

from checks.patterns import lazy_pattern

_ENV_READERS = frozenset(
    {
        "getenv",
        "get",
        "env",
        "str",
        "url",
        "config",
        "get_env",
        "getenv_or_none",
        "env_var",
        "get_secret",
        "get_value",
        "pop",
        "bool",
        "float",
        "int",
        "json",
        "list",
    }
)
_VARIABLE = lazy_pattern(r"^[A-Z][A-Z0-9_]*$")


class EnvRead(Struct, frozen=True, kw_only=True):
    """A value read from the environment: the variable's name, its literal default (None: none), 1-based line."""

    name: str
    default: str | None
    line: int


class Literal(Struct, frozen=True, kw_only=True):
    """A value written in the code."""

    value: object
    line: int


class Unresolved(Struct, frozen=True, kw_only=True):
    """A value that the code computes in a way that is not followed."""

    source: str
    line: int


Value = EnvRead | Literal | Unresolved


def resolve_value(node: ast.expr, names: dict[str, ast.expr], depth: int = 8) -> Value:
    """Say where a value comes from: the environment, a literal, or neither.

    `names` are the assignments in effect. `A or B`, conditional expressions and plain conversions are followed to the
    first environment read.
    """
    line = node.lineno
    if depth == 0:
        return Unresolved(source=ast.unparse(node), line=line)
    match node:
        case ast.Constant():
            return Literal(value=node.value, line=line)
        case ast.Name() if node.id in names and names[node.id] is not node:
            rest = {k: v for k, v in names.items() if k != node.id}
            return resolve_value(names[node.id], rest, depth - 1)
        case ast.Subscript() if _is_environ(node.value) and isinstance(node.slice, ast.Constant):
            return EnvRead(name=str(node.slice.value), default=None, line=line)
        case ast.NamedExpr():
            return resolve_value(node.value, names, depth - 1)
        case ast.BoolOp() | ast.IfExp():
            parts = node.values if isinstance(node, ast.BoolOp) else _branches(node)
            values = [resolve_value(part, names, depth - 1) for part in parts]
            reads = [v for v in values if isinstance(v, EnvRead)]
            return reads[0] if reads else values[-1]
        case ast.Attribute(value=ast.Name(id="settings"), attr=attribute) if attribute in names:
            return resolve_value(names[attribute], names, depth - 1)
        case ast.Call():
            return _resolve_call(node, names, depth)
    return Unresolved(source=ast.unparse(node), line=line)


def _branches(node: ast.IfExp) -> list[ast.expr]:
    """Return the branches of a conditional expression that production can take: `DEBUG` is off there."""
    test = ast.unparse(node.test)
    if re.fullmatch(r"(settings\.)?DEBUG", test):
        return [node.orelse]
    if re.fullmatch(r"not (settings\.)?DEBUG", test):
        return [node.body]
    return [node.body, node.orelse]


def _is_environ(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name.lower() in ("environ", "env", "secrets", "config")


def _resolve_call(node: ast.Call, names: dict[str, ast.expr], depth: int) -> Value:
    function = node.func
    name = (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )
    first = (
        node.args[0] if node.args else next((k.value for k in node.keywords if k.arg in ("key", "name", "var")), None)
    )
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        from_env = name in _ENV_READERS or "env" in name.lower() or "secret" in name.lower()
        if from_env and _VARIABLE.match(first.value):
            fallback: ast.expr | None = node.args[1] if len(node.args) > 1 else None
            fallback = next((k.value for k in node.keywords if k.arg == "default"), fallback)
            default = fallback.value if isinstance(fallback, ast.Constant) else None
            return EnvRead(name=first.value, default=None if default is None else str(default), line=node.lineno)
    if name in ("str", "float", "int", "bool", "strip", "lower") and (node.args or isinstance(function, ast.Attribute)):
        inner = node.args[0] if node.args else function.value if isinstance(function, ast.Attribute) else node
        return resolve_value(inner, names, depth - 1)
    if name == "getattr" and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
        attribute = str(node.args[1].value)
        if attribute in names:
            return resolve_value(names[attribute], names, depth - 1)
    return Unresolved(source=ast.unparse(node), line=node.lineno)
