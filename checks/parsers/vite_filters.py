"""Variables of the environment that a filter picks by the beginning of their names, so that no token is among them."""

from __future__ import annotations

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.javascript_scopes import parameter_of

_TOKEN = "SENTRY_AUTH_TOKEN"
_LISTED = frozenset({"Object.keys", "Object.entries"})
_BEHIND = frozenset({"map", "forEach", "reduce", "flatMap", "sort"})


def names_filtered(value: Node, wholes: list[Node]) -> bool:
    """Return whether every use of the whole environment in an expression is filtered by names, and the token's is left out.

    `Object.entries(env).filter(([name]) => name.startsWith('APP_'))`, also with `Object.keys` and `env[name]` behind the filter.
    """
    return bool(wholes) and all(_is_listed(n) or _is_read_behind(n, value) for n in wholes)


def _is_listed(node: Node) -> bool:
    """Return whether the environment is only listed, and the list filtered at once."""
    listing = node.parent.parent if node.parent is not None and node.parent.type == "arguments" else None
    function = listing.child_by_field_name("function") if listing is not None else None
    if listing is None or function is None or js.text_of(function) not in _LISTED:
        return False
    member = listing.parent
    call = member.parent if member is not None else None
    return call is not None and _filters(call) and call.child_by_field_name("function") == member


def _is_read_behind(node: Node, value: Node) -> bool:
    """Return whether one variable is read whose name comes from a filtered list."""
    above = node.parent
    index = above.child_by_field_name("index") if above is not None and above.type == "subscript_expression" else None
    if index is None or index.type != "identifier":
        return False
    current: Node | None = above
    while current is not None and current.id != value.id:
        if current.type == "arrow_function" and parameter_of(current, js.text_of(index)) is not None:
            return _behind_filter(current)
        current = current.parent
    return False


def _behind_filter(callback: Node) -> bool:
    call = callback.parent.parent if callback.parent is not None and callback.parent.type == "arguments" else None
    for _ in range(6):
        member = call.child_by_field_name("function") if call is not None and call.type == "call_expression" else None
        of, name = _parts(member)
        if of is None or name not in _BEHIND:
            return False
        call = js.unwrap(of)
        if _filters(call):
            listing = _parts(call.child_by_field_name("function"))[0]
            function = listing.child_by_field_name("function") if listing is not None else None
            return function is not None and js.text_of(function) in _LISTED
    return False


def _parts(member: Node | None) -> tuple[Node | None, str]:
    of = member.child_by_field_name("object") if member is not None and member.type == "member_expression" else None
    name = member.child_by_field_name("property") if of is not None and member is not None else None
    return of, js.text_of(name) if name is not None else ""


def _filters(call: Node) -> bool:
    """Return whether a call is `.filter()` by the beginning of each name, and leaves the token out."""
    arguments = call.child_by_field_name("arguments") if call.type == "call_expression" else None
    given = [a for a in arguments.named_children if a.type != "comment"] if arguments is not None else []
    callback = given[0] if len(given) == 1 else None
    if _parts(call.child_by_field_name("function"))[1] != "filter" or callback is None:
        return False
    body = callback.child_by_field_name("body") if callback.type == "arrow_function" else None
    name = _first_name(callback)
    return body is not None and name is not None and _leaves_out(js.unwrap(body), name)


def _first_name(callback: Node) -> str | None:
    """Return the name of a callback's first parameter: of `name`, `(name)` and `([name])`."""
    single = callback.child_by_field_name("parameter")
    parameters = callback.child_by_field_name("parameters")
    first = single if single is not None else next(iter(parameters.named_children), None) if parameters else None
    pattern = first.child_by_field_name("pattern") or first if first is not None else None
    if pattern is not None and pattern.type == "array_pattern" and len(pattern.children) > 1:
        pattern = pattern.children[1]  # a comma where the name is left out
    return js.text_of(pattern) if pattern is not None and pattern.type == "identifier" else None


def _leaves_out(test: Node, name: str) -> bool:
    """Return whether a test is false for the token's name: it asks for other beginnings, or for one of other names."""
    if test.type == "binary_expression":
        sides = [js.unwrap(n) for n in test.named_children if n.type != "comment"]
        operator = test.child_by_field_name("operator")
        sign = js.text_of(operator) if operator is not None else ""
        if sign == "===" and js.text_of(sides[0]) == name:
            return js.string_of(sides[1]) not in (None, _TOKEN)
        found = [_leaves_out(s, name) for s in sides]
        return all(found) if sign == "||" else any(found) if sign == "&&" else False
    arguments = test.child_by_field_name("arguments")
    of, method = _parts(test.child_by_field_name("function"))
    given = [a for a in arguments.named_children if a.type != "comment"] if arguments is not None else []
    if of is None or len(given) != 1:
        return False
    if method == "startsWith" and js.text_of(of) == name:
        prefix = js.string_of(given[0])
        return bool(prefix) and not _TOKEN.startswith(prefix or "")
    if method == "includes" and js.unwrap(of).type == "array" and js.text_of(given[0]) == name:
        texts = [js.string_of(n) for n in js.unwrap(of).named_children if n.type != "comment"]
        return None not in texts and _TOKEN not in texts
    return False
