"""What a Vite config puts into the bundle by `define`: single values, or the whole environment with every secret of the build."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.javascript_environment import environment_source
from checks.parsers.javascript_scopes import binding_of
from checks.parsers.vite_filters import names_filtered
from checks.parsers.vite_objects import resolve

_PICKS = frozenset({"filter", "pick", "startsWith", "endsWith", "includes", "has", "test", "match"})
_READERS = frozenset({"JSON", "Object", "console"})
_ENVIRONMENTS = frozenset({"process.env", "import.meta.env"})
_FOLLOWED = 40


class Defined(Struct, frozen=True):
    """A finding about `define`: what it puts there, its place, and whether that is certain (False: it cannot be determined)."""

    what: str
    node: Node
    certain: bool


def defined_secrets(root: Node, define: Node) -> Iterator[Defined]:
    """Yield what of a `define` may hold the Sentry token (https://vite.dev/config/shared-options.html#define)."""
    waiting, seen = [define], set[int]()
    while waiting and len(seen) < _FOLLOWED:
        value = resolve(waiting.pop(), root)
        if value.id in seen:
            continue
        seen.add(value.id)
        if value.type in ("ternary_expression", "binary_expression"):
            parts = (value.child_by_field_name(n) for n in ("consequence", "alternative", "left", "right"))
            waiting += [p for p in parts if p is not None and p.type in ("object", "call_expression", "identifier")]
            continue
        if value.type != "object":
            yield from _computed(value, root)
            continue
        waiting += [c.named_children[0] for c in value.named_children if c.type == "spread_element"]
        for name, pair, inner in js.properties(value):
            if pair.type != "method_definition":
                yield from _put(name, pair, inner, root)
        yield from _added(value, root, waiting)
    if waiting:
        yield Defined(f"`{' '.join(js.text_of(waiting[-1]).split())[:50]}`", define, False)


def _put(name: str, place: Node, inner: Node, root: Node) -> Iterator[Defined]:
    """Judge one value that `define` is given under a name."""
    inner = resolve(inner, root)
    if names_filtered(inner, list(_whole(inner, root))):
        return
    if next(_whole(inner, root), None) is not None:
        yield Defined("the whole environment", place, not _picked(inner, root))
    elif "AUTH_TOKEN" in name.strip("'\"") or any(_reads_token(n, root) for n in js.descend(inner)):
        yield Defined(name, place, True)
    elif any(_holds(other, root) for other in _named_in(inner, root)) or (
        name in _ENVIRONMENTS
        and not _is_public(inner)
        and inner.type not in ("object", "string", "template_string")
        and not _is_written(inner)
    ):
        yield Defined(f"`{' '.join(js.text_of(inner).split())[:50]}`", place, False)


def _is_written(value: Node) -> bool:
    """Return whether a value is the text of an object that is written out: `JSON.stringify({ A: "b" })`."""
    function, arguments = value.child_by_field_name("function"), value.child_by_field_name("arguments")
    if function is None or arguments is None or js.text_of(function) != "JSON.stringify":
        return False
    computed = (
        "identifier",
        "shorthand_property_identifier",
        "call_expression",
        "spread_element",
        "template_substitution",
    )
    return not any(n.type in computed for n in js.descend(arguments))


def _holds(value: Node, root: Node) -> bool:
    wholes = list(_whole(value, root))
    return bool(wholes and not names_filtered(value, wholes)) or any(_reads_token(n, root) for n in js.descend(value))


def _named_in(value: Node, root: Node) -> Iterator[Node]:
    """Yield the functions and constants of the file that an expression uses, also through each other."""
    waiting, seen = [value], {value.id}
    while waiting and len(seen) < _FOLLOWED:
        for node in js.descend(waiting.pop()):
            named = node.type in ("identifier", "shorthand_property_identifier") and not _only_asked(node)
            if not named or environment_source(node) is not None:
                continue
            found = resolve(node, root)
            if found.id not in seen and found.id != node.id:
                seen.add(found.id)
                waiting.append(found)
                yield found


def _added(value: Node, root: Node, waiting: list[Node]) -> Iterator[Defined]:
    """Yield what is put into a constant's object after it is written; what `Object.assign()` adds goes to `waiting`."""
    above = value.parent
    while above is not None and above.type in ("as_expression", "satisfies_expression", "parenthesized_expression"):
        above = above.parent
    target = above.child_by_field_name("name") if above is not None and above.type == "variable_declarator" else None
    name = js.text_of(target) if target is not None else _member_of(above)
    for node in js.descend(root) if name else ():
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if node.type in ("assignment_expression", "augmented_assignment_expression") and left is not None:
            of = left.child_by_field_name("object")
            if of is not None and right is not None and js.text_of(of) == name:
                key = left.child_by_field_name("property") or left.child_by_field_name("index")
                yield from _put(js.text_of(key) if key is not None else "", node, right, root)
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if node.type != "call_expression" or function is None or arguments is None:
            continue
        given = [a for a in arguments.named_children if a.type != "comment"]
        if js.text_of(function) == "Object.assign" and given and js.text_of(given[0]) == name:
            waiting += [o.named_children[0] if o.type == "spread_element" else o for o in given[1:]]
        elif js.text_of(function).partition(".")[0] not in _READERS and name in [js.text_of(g) for g in given]:
            yield Defined(f"`{name}`", node, False)


def _member_of(pair: Node | None) -> str:
    """Return `config.define` for the object that a constant `config` has under that key, else nothing."""
    key = pair.child_by_field_name("key") if pair is not None and pair.type == "pair" else None
    literal = pair.parent if pair is not None else None
    holder = literal.parent if literal is not None else None
    while holder is not None and holder.type in ("as_expression", "satisfies_expression", "parenthesized_expression"):
        holder = holder.parent
    name = holder.child_by_field_name("name") if holder is not None and holder.type == "variable_declarator" else None
    return f"{js.text_of(name)}.{js.text_of(key)}" if key is not None and name is not None else ""


def everything_exposed(root: Node) -> Iterator[Defined]:
    """Yield the calls of vite-plugin-environment that put every variable into the bundle, or Sentry's token by name.

    https://github.com/ElMassimo/vite-plugin-environment#readme
    """
    names = {n for m, local, _ in js.imports(root) if m == "vite-plugin-environment" for n in local}
    for node in js.descend(root) if names else ():
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if node.type != "call_expression" or function is None or arguments is None or js.text_of(function) not in names:
            continue
        first = resolve(arguments.named_children[0], root) if arguments.named_children else None
        if first is not None and js.string_of(first) == "all":
            yield Defined("the whole environment", node, True)
        elif first is not None and "AUTH_TOKEN" in js.text_of(first):
            yield Defined("SENTRY_AUTH_TOKEN", node, True)


def _computed(value: Node, root: Node) -> Iterator[Defined]:
    """Judge a `define`, or what is spread into one, that is not an object literal."""
    value = resolve(value, root)
    if value.type in ("false", "null", "undefined"):
        return
    if environment_source(value) == "public":
        return
    if names_filtered(value, list(_whole(value, root))):
        return
    if next(_whole(value, root), None) is not None:
        yield Defined("the whole environment", value, not _picked(value, root))
        return
    if any(_reads_token(n, root) for n in js.descend(value)):
        yield Defined("SENTRY_AUTH_TOKEN", value, True)
    elif not _is_public(value):
        yield Defined(f"`{' '.join(js.text_of(value).split())[:50]}`", value, False)


_GLOBALS = frozenset({"Object", "JSON", "Array", "String", "undefined", "process", "path", "loadEnv"})


def _is_public(value: Node) -> bool:
    """Return whether an expression is computed from nothing but variables that Vite exposes anyway, and texts."""
    public = False
    for node in js.descend(value):
        if node.type not in ("identifier", "shorthand_property_identifier"):
            continue
        name = js.text_of(node)
        bound = binding_of(node, name)
        if environment_source(node) == "public" or name == "loadEnv":
            public = True
        elif bound is None or bound.node is None:
            if name not in _GLOBALS:
                return False
        elif bound.index is None and js.unwrap(bound.node).type not in ("string", "number", "regex", "array"):
            return False
    return public


def named_secrets(root: Node, given: Node) -> Iterator[Defined]:
    """Yield what of the names given to webpack's EnvironmentPlugin is, or may be, the token's
    (https://webpack.js.org/plugins/environment-plugin/).
    """
    value = resolve(given, root)
    names = [n for n, _, _ in js.properties(value)] if value.type == "object" else None
    if value.type == "array":
        texts = [js.string_of(js.unwrap(n)) for n in value.named_children if n.type != "comment"]
        names = [t for t in texts if t is not None]
        if len(names) < len(texts):
            yield Defined(f"`{' '.join(js.text_of(value).split())[:50]}`", value, False)
    elif names is None or js.has_spread(value):
        yield Defined(f"`{' '.join(js.text_of(value).split())[:50]}`", value, False)
    yield from (Defined(n, value, True) for n in names or () if "AUTH_TOKEN" in n)


def _whole(value: Node, root: Node) -> Iterator[Node]:
    """Yield the places that take the environment as a whole, or a variable of it whose name is computed."""
    for node in js.descend(value):
        if node.type not in ("identifier", "member_expression", "call_expression", "shorthand_property_identifier"):
            continue
        above = node.parent
        if above is not None and above.type in ("member_expression", "subscript_expression") and node.id != value.id:
            of = above.child_by_field_name("object")
            index = above.child_by_field_name("index")
            if (
                of is not None
                and of.id == node.id
                and (index is None or js.string_of(resolve(index, root)) is not None)
            ):
                continue
        if above is not None and above.type == "member_expression" and above.child_by_field_name("property") == node:
            continue
        named_env = node.type == "identifier" and js.text_of(node) == "env" and not _declared(node)
        if environment_source(node) in ("process", "all") or named_env:
            yield node


def _declared(node: Node) -> bool:
    found = resolve(node, node)
    return found.id != node.id


def _picked(value: Node, root: Node) -> bool:
    """Return whether variables are picked from the environment, by a filter, a computed name or a function: which, is not known here."""
    if any(n.type == "property_identifier" and js.text_of(n) in _PICKS for n in js.descend(value)):
        return True
    return not any(_as_a_whole(n, value) for n in _whole(value, root))


def _as_a_whole(node: Node, value: Node) -> bool:
    """Return whether all of the environment is passed on: not one variable of a computed name, nor what some function makes of it."""
    child, above = node, node.parent
    while above is not None and child.id != value.id:
        of = above.child_by_field_name("object") if above.type == "subscript_expression" else None
        if of is not None and of.id == node.id:
            return False
        called = above.parent.child_by_field_name("function") if above.type == "arguments" and above.parent else None
        callback = child.type in ("arrow_function", "function_expression")
        if called is not None and not callback and js.text_of(called).partition(".")[0] not in _READERS:
            return False
        child, above = above, above.parent
    return True


def _reads_token(node: Node, root: Node) -> bool:
    """Return whether an expression is the token, and not only asks whether there is one."""
    name, index = node.child_by_field_name("property"), node.child_by_field_name("index")
    if node.type in ("identifier", "shorthand_property_identifier"):
        bound = binding_of(node, js.text_of(node))  # `const { SENTRY_AUTH_TOKEN } = process.env`
        return bound is not None and (bound.key or "").endswith("AUTH_TOKEN") and not _only_asked(node)
    if node.type not in ("member_expression", "subscript_expression") or (name is None and index is None):
        return False
    text = js.text_of(name) if name is not None else js.string_of(resolve(index, root)) if index is not None else ""
    return (text or "").endswith("AUTH_TOKEN") and not _only_asked(node)


def _only_asked(node: Node) -> bool:
    above = node.parent
    while above is not None and above.type == "parenthesized_expression":
        node, above = above, above.parent
    if above is None:
        return False
    sign = above.child_by_field_name("operator")
    written = js.text_of(sign) if sign is not None else ""
    if above.type in ("unary_expression", "binary_expression"):
        return written in ("!", "==", "===", "!=", "!==")
    if above.type == "ternary_expression":
        condition = above.child_by_field_name("condition")
        return condition is not None and condition.id == node.id
    called = above.parent.child_by_field_name("function") if above.type == "arguments" and above.parent else None
    return called is not None and js.text_of(called) == "Boolean"
