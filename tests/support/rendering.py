"""Any value of the two packages as one line of text: what differs from a default, syntax by its text and line, nothing of memory."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from enum import Enum

import yaml
from msgspec import NODEFAULT, Struct
from tree_sitter import Node

from checks.parsers.position import Line
from checks.parsers.text import ParseError

_DEEPEST = 24
_OF_MEMORY = frozenset({"cell", "scope", "scopes", "scheme"})
"""Fields that number places of an evaluation, which any change of it renumbers."""


def rendered(value: object, depth: int = 0) -> str:
    """Return a value as one line."""
    if depth > _DEEPEST:
        return "…"
    match value:
        case ParseError():
            return f"ParseError({value.message!r}, line={value.line})"
        case Enum():
            return str(value.value)
        case Line():
            return f"{int(value)}@{value.text or (value.byte if value.column is None else value.column)}"
        case Struct():
            return _struct(value, depth)
        case Node():
            text = " ".join((value.text or b"").decode("utf-8", "replace").split())
            return f"<{value.type} {value.start_point[0] + 1}:{value.start_point[1]} {text[:40]!r}>"
        case yaml.Node():
            return _yaml(value, depth)
        case ast.AST():
            line = getattr(value, "lineno", "")
            return f"<{line}:{getattr(value, 'col_offset', '')} {ast.unparse(value)}>"
        case Mapping():
            return (
                "{" + ", ".join(f"{rendered(k, depth + 1)}: {rendered(v, depth + 1)}" for k, v in value.items()) + "}"
            )
        case frozenset() | set():
            return "{" + ", ".join(sorted(rendered(v, depth + 1) for v in value)) + "}"
        case list() | tuple():
            inner = ", ".join(rendered(v, depth + 1) for v in value)
            return f"[{inner}]" if isinstance(value, list) else f"({inner})"
        case str() | bytes() | int() | float() | None:
            return repr(value)
        case _:
            return f"<{type(value).__name__}>"


def _struct(value: Struct, depth: int) -> str:
    names, defaults = value.__struct_fields__, value.__struct_defaults__
    known = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    shown = []
    for name in names:
        if name in _OF_MEMORY:
            continue
        own, default = getattr(value, name), known.get(name, NODEFAULT)
        default = (
            default.factory() if type(default).__name__ == "Factory" else default
        )  # msgspec keeps this class to itself
        if default is NODEFAULT or type(own) is not type(default) or own != default:
            shown.append(f"{name}={rendered(own, depth + 1)}")
    return f"{type(value).__name__}({', '.join(shown)})"


def _yaml(value: yaml.Node, depth: int) -> str:
    at = f"{value.start_mark.line + 1}:{value.start_mark.column}"
    if isinstance(value, yaml.ScalarNode):
        return f"{at} {value.value!r}"
    inner = (
        [f"{rendered(k, depth + 1)}: {rendered(v, depth + 1)}" for k, v in value.value]
        if isinstance(value, yaml.MappingNode)
        else [rendered(v, depth + 1) for v in value.value]
    )
    return f"{at} {'{' if isinstance(value, yaml.MappingNode) else '['}{', '.join(inner)}"
