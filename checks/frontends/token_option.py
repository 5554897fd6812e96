"""Where the plugin's `authToken` comes from: the variables that it reads, by the syntax tree.

Without a value the plugin takes `SENTRY_AUTH_TOKEN` itself (`authToken` of https://www.npmjs.com/package/@sentry/vite-plugin).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.javascript_environment import environment_source
from checks.parsers.javascript_values import UNKNOWN, BuildValues, production_value, scopes
from checks.parsers.vite_objects import UnresolvedSource, resolve
from checks.repository.vite_builds import option

_PLAIN = frozenset({"trim", "toString"})
_DEPTH = 10


class Token(Struct, frozen=True):
    """The variables that give a token, the preferred one first (empty: only the default), and why that is not certain."""

    variables: tuple[str, ...] = ()
    uncertainty: str | None = None


def read_token(root: Node, options: Node | None, build: BuildValues) -> Token:
    """Return where `authToken` of a plugin's options comes from."""
    value = option(root, options, "authToken")
    if value is None:
        return Token()
    node = value.node if isinstance(value, UnresolvedSource) else value
    found = None if isinstance(value, UnresolvedSource) else tuple(_variables(node, root, build, _DEPTH))
    if found is None or None in found:
        written = " ".join(js.text_of(node).split())[:60]
        return Token((), f"`authToken` is `{written}`, which is not followed")
    return Token(tuple(dict.fromkeys(f for f in found if f)))


def _variables(node: Node, root: Node, build: BuildValues, depth: int) -> Iterator[str | None]:
    """Yield the variables whose value an expression is, None for a part that is not followed, `""` for a text."""
    node = resolve(node, root)
    if not depth:
        yield None
        return
    read = _read(node, root)
    if read is not None:
        yield read
    elif node.type in ("string", "template_string"):
        holes = [c for c in node.named_children if c.type == "template_substitution"]
        whole = len(holes) == 1 and len(node.named_children) == 1 and holes[0].named_children
        if whole:
            yield from _variables(holes[0].named_children[0], root, build, depth - 1)
        else:
            yield None if holes else ""
    elif node.type in ("undefined", "null", "false"):
        yield ""
    elif node.type == "ternary_expression":
        yield from _chosen(node, root, build, depth)
    elif node.type == "binary_expression":
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        sign = js.text_of(operator) if operator is not None else ""
        if left is None or right is None or sign not in ("||", "??", "&&"):
            yield None
            return
        if sign != "&&":
            yield from _variables(left, root, build, depth - 1)
        yield from _variables(right, root, build, depth - 1)
    elif node.type == "call_expression":
        yield from _called(node, root, build, depth)
    else:
        yield None


def _chosen(node: Node, root: Node, build: BuildValues, depth: int) -> Iterator[str | None]:
    condition = node.child_by_field_name("condition")
    value = production_value(condition, build=build) if condition is not None else UNKNOWN
    names = ("consequence", "alternative") if value is UNKNOWN else ("consequence",) if value else ("alternative",)
    for branch in (node.child_by_field_name(n) for n in names):
        if branch is not None:
            yield from _variables(branch, root, build, depth - 1)


def _called(node: Node, root: Node, build: BuildValues, depth: int) -> Iterator[str | None]:
    """Follow `String(x)`, `x.trim()`, and a function of the file that takes nothing and only returns an expression."""
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    given = [a for a in arguments.named_children if a.type != "comment"] if arguments is not None else []
    of = function.child_by_field_name("object") if function is not None else None
    method = function.child_by_field_name("property") if function is not None else None
    if function is not None and js.text_of(function) == "String" and len(given) == 1:
        yield from _variables(given[0], root, build, depth - 1)
        return
    if of is not None and method is not None and js.text_of(method) in _PLAIN and not given:
        yield from _variables(of, root, build, depth - 1)
        return
    called = resolve(function, root) if function is not None and not given else None
    body = called.child_by_field_name("body") if called is not None else None
    if body is not None and body.type == "statement_block":
        only = body.named_children[0] if len(body.named_children) == 1 else None
        body = (
            only.named_children[0]
            if only is not None and only.type == "return_statement" and only.named_children
            else None
        )
    if body is None:
        yield None
    else:
        yield from _variables(body, root, build, depth - 1)


def _read(node: Node, root: Node) -> str | None:
    """Return the variable that an expression reads from the environment: by a member, a subscript or a pattern."""
    of = node.child_by_field_name("object")
    if node.type == "member_expression" and of is not None:
        name = node.child_by_field_name("property")
        return js.text_of(name) if name is not None and _is_environment(of) else None
    if node.type == "subscript_expression" and of is not None:
        index = node.child_by_field_name("index")
        return js.string_of(resolve(index, root)) if index is not None and _is_environment(of) else None
    return _taken_apart(node) if node.type in ("identifier", "shorthand_property_identifier") else None


def _is_environment(of: Node) -> bool:
    return environment_source(of) is not None or js.text_of(js.unwrap(of)) == "import.meta.env"


def _taken_apart(node: Node) -> str | None:
    """Return the variable that a pattern takes a name from: `const { SENTRY_AUTH_TOKEN: token } = process.env`."""
    name = js.text_of(node)
    for scope in scopes(node):
        for declaration in scope.named_children:
            for declarator in declaration.named_children if declaration.type == "lexical_declaration" else ():
                pattern, source = declarator.child_by_field_name("name"), declarator.child_by_field_name("value")
                if pattern is None or source is None or pattern.type != "object_pattern":
                    continue
                for part in pattern.named_children:
                    key, local = part.child_by_field_name("key"), part.child_by_field_name("value")
                    own = part.child_by_field_name("left") if part.type == "object_assignment_pattern" else part
                    if key is not None and local is not None and js.text_of(local) == name:
                        return js.text_of(key) if _is_environment(source) else None
                    if (
                        own is not None
                        and own.type == "shorthand_property_identifier_pattern"
                        and js.text_of(own) == name
                    ):
                        return name if _is_environment(source) else None
    return None
