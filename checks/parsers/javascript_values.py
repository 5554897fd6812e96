"""What an expression of a Vite config is in a production build: `vite build`, mode `production`, no other knowledge.

Nothing is run: the few expressions that configs decide by are interpreted on the syntax tree, everything else is `UNKNOWN`.
`command`, `mode` and their defaults: https://vite.dev/config/#conditional-config.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from checks.parsers import javascript as js


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()
"""A value that the repository alone does not tell."""

OBJECT = object()
"""An object, array or function: true as a condition."""

_ENVIRONMENT = {"mode": "production", "command": "build", "isSsrBuild": False, "ssrBuild": False, "isPreview": False}
_FUNCTIONS = frozenset(
    {"arrow_function", "function_expression", "function", "function_declaration", "method_definition"}
)
_OBJECTS = frozenset({"object", "array", "arrow_function", "function_expression", "regex", "new_expression"})
_DEPTH = 12


def scopes(node: Node) -> Iterator[Node]:
    """Yield the blocks around a node, innermost first, ending with the program."""
    current = node.parent
    while current is not None:
        if current.type in ("statement_block", "program"):
            yield current
        current = current.parent


def production_value(node: Node, depth: int = _DEPTH) -> object:
    """Return a string, number, boolean, None (`undefined`, `null`), `OBJECT` or `UNKNOWN`."""
    node = js.unwrap(node)
    if depth == 0:
        return UNKNOWN
    if node.type in ("string", "template_string"):
        text = js.string_of(node)
        return UNKNOWN if text is None else text
    if node.type in ("true", "false"):
        return node.type == "true"
    if node.type in ("null", "undefined"):
        return None
    if node.type == "number":
        text = js.text_of(node)
        return int(text) if text.isdecimal() else UNKNOWN
    if node.type in _OBJECTS:
        return OBJECT
    if node.type in ("identifier", "shorthand_property_identifier"):
        return _identifier(node, depth)
    if node.type in ("member_expression", "subscript_expression"):
        return _member(node)
    if node.type == "unary_expression" and js.text_of(node.children[0]) == "!":
        value = production_value(node.children[-1], depth - 1)
        return UNKNOWN if value is UNKNOWN else not value
    if node.type == "ternary_expression":
        return _ternary(node, depth)
    if node.type == "binary_expression":
        return _binary(node, depth)
    return _call(node, depth) if node.type == "call_expression" else UNKNOWN


def _ternary(node: Node, depth: int) -> object:
    parts = [node.child_by_field_name(n) for n in ("condition", "consequence", "alternative")]
    if any(p is None for p in parts):
        return UNKNOWN
    condition, then, otherwise = (production_value(p, depth - 1) for p in parts if p is not None)
    if condition is UNKNOWN:
        return then if then == otherwise else UNKNOWN
    return then if condition else otherwise


def _binary(node: Node, depth: int) -> object:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = node.child_by_field_name("operator")
    if left is None or right is None or operator is None:
        return UNKNOWN
    a, sign = production_value(left, depth - 1), js.text_of(operator)
    b = production_value(right, depth - 1)
    if sign == "&&":
        return (False if b is not UNKNOWN and not b else UNKNOWN) if a is UNKNOWN else b if a else a
    if sign == "||":
        return UNKNOWN if a is UNKNOWN else a or b
    if sign == "??":
        return UNKNOWN if a is UNKNOWN else b if a is None else a
    if UNKNOWN in (a, b) or OBJECT in (a, b):
        return UNKNOWN
    if sign in ("===", "=="):
        return a == b
    if sign in ("!==", "!="):
        return a != b
    return UNKNOWN


def _identifier(node: Node, depth: int) -> object:
    name = js.text_of(node)
    if name == "undefined":
        return None
    given = _parameter(node, name)
    if given is not UNKNOWN:
        return given
    for scope in scopes(node):
        value = js.declared(scope, name)
        if value is not None and not value.start_byte <= node.start_byte < value.end_byte:
            return production_value(value, depth - 1)
    if name in _ENVIRONMENT:
        return _ENVIRONMENT[name]
    if re.fullmatch(r"is_?prod(uction)?(Mode|Build)?", name, re.IGNORECASE):
        return True
    return UNKNOWN


def _parameter(node: Node, name: str) -> object:
    """Return what a config function is called with, where the name is one of its parameters taken apart."""
    current: Node | None = node
    while current is not None:
        if current.type in _FUNCTIONS or current.type in ("statement_block", "program"):
            patterns = [p for p in (current.child_by_field_name("parameters"),) if p is not None]
            if current.type in ("statement_block", "program"):
                patterns = [
                    d.named_children[0]
                    for s in current.named_children
                    if s.type in ("lexical_declaration", "variable_declaration")
                    for d in s.named_children
                    if d.named_children
                    and d.named_children[0].type == "object_pattern"
                    and js.text_of(d.named_children[-1]) in ("env", "config", "configEnv", "args", "options")
                ]
            for pattern in patterns:
                for part in js.descend(pattern):
                    if part.type == "shorthand_property_identifier_pattern" and js.text_of(part) == name:
                        return _ENVIRONMENT.get(name, UNKNOWN)
                    if part.type == "pair_pattern":
                        key, value = part.child_by_field_name("key"), part.child_by_field_name("value")
                        if key is not None and value is not None and js.text_of(value) == name:
                            return _ENVIRONMENT.get(js.text_of(key), UNKNOWN)
        current = current.parent
    return UNKNOWN


def _member(node: Node) -> object:
    text = re.sub(r"\[['\"](\w+)['\"]\]", r".\1", js.text_of(node)).replace("?.", ".").replace("!", "")
    owner, _, name = text.rpartition(".")
    if owner in ("process.env", "env") and name == "NODE_ENV":
        return "production"
    if owner == "process.env" and name == "VITEST":
        return None
    if "SENTRY" in name.upper() and re.search(r"(^|\.)env$", owner, re.IGNORECASE):
        return "given"  # where maps are uploaded, Sentry's own variables are there
    if name in _ENVIRONMENT and re.fullmatch(r"env|config|configEnv|args|options|\w*Env", owner):
        return _ENVIRONMENT[name]
    return UNKNOWN


def _call(node: Node, depth: int) -> object:
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is None or arguments is None or len(arguments.named_children) != 1:
        return UNKNOWN
    given = arguments.named_children[0]
    if js.text_of(function) == "Boolean":
        value = production_value(given, depth - 1)
        return UNKNOWN if value is UNKNOWN else bool(value)
    if function.type != "member_expression":
        return UNKNOWN
    of, method = function.child_by_field_name("object"), function.child_by_field_name("property")
    if of is None or method is None:
        return UNKNOWN
    wanted = production_value(given, depth - 1)
    if not isinstance(wanted, str):
        return UNKNOWN
    name, of = js.text_of(method), js.unwrap(of)
    if name == "includes" and of.type == "array":
        values = [production_value(n, depth - 1) for n in of.named_children]
        return UNKNOWN if UNKNOWN in values else wanted in values
    value = production_value(of, depth - 1)
    if not isinstance(value, str):
        return UNKNOWN
    tests = {"includes": wanted in value, "startsWith": value.startswith(wanted), "endsWith": value.endswith(wanted)}
    return tests.get(name, UNKNOWN)
