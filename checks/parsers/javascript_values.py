"""What an expression of a Vite config is in a production build: by default `vite build`, mode `production`, no other knowledge.

Nothing is run: the few expressions that configs decide by are interpreted on the syntax tree, everything else is `UNKNOWN`.
With `BuildValues` they have the mode and the variables of one build.
`command`, `mode` and their defaults: https://vite.dev/config/#conditional-config.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct
from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.javascript_environment import environment_source
from checks.parsers.javascript_scopes import FUNCTIONS, binding_of, calls_of, default_of, is_configuration


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()
"""A value that the repository alone does not tell."""

OBJECT = object()
"""An object, array or function: true as a condition."""

_ENVIRONMENT = {"mode": "production", "command": "build", "isSsrBuild": False, "ssrBuild": False, "isPreview": False}


class BuildValues(Struct, frozen=True):
    """What one build has: its mode (`OBJECT` where a variable gives it), and the value of an environment variable.

    `variable` gets the name, and whether the config read it through `loadEnv` (which reads `.env` files too). `given` gets a
    function and the position of a parameter: it returns what a call that is followed gives, with the values that it has there,
    `UNKNOWN`, or None where only the calls of the function's own module can say.
    """

    mode: object
    variable: Callable[[str, bool], object]
    given: Callable[[Node, int], tuple[Node, BuildValues] | _Unknown | None] | None = None


_OBJECTS = frozenset({"object", "array", "arrow_function", "function_expression", "regex", "new_expression"})
_DEPTH = 12
_CALLS, _HOLES, _TEXT = 8, 8, 10_000
"""How many calls of one function are compared, holes of one template filled, and characters a text may have."""
_HOP = 3
"""What a step that multiplies, from a parameter to the calls or into a template, costs of the depth."""


def scopes(node: Node) -> Iterator[Node]:
    """Yield the blocks around a node, innermost first, ending with the program."""
    current = node.parent
    while current is not None:
        if current.type in ("statement_block", "program"):
            yield current
        current = current.parent


def production_value(node: Node, depth: int = _DEPTH, build: BuildValues | None = None) -> object:
    """Return a string, number, boolean, None (`undefined`, `null`), `OBJECT` or `UNKNOWN`.

    `OBJECT` is also a text of which only is known that it is not empty.
    """
    node = js.unwrap(node)
    if depth == 0:
        return UNKNOWN
    if node.type in ("string", "template_string"):
        text = js.string_of(node)
        return _template(node, depth, build) if text is None else text
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
        return _identifier(node, depth, build)
    if node.type in ("member_expression", "subscript_expression"):
        return _member(node, depth, build)
    if node.type == "unary_expression" and js.text_of(node.children[0]) == "!":
        value = production_value(node.children[-1], depth - 1, build)
        return UNKNOWN if value is UNKNOWN else not value
    if node.type == "ternary_expression":
        return _ternary(node, depth, build)
    if node.type == "binary_expression":
        return _binary(node, depth, build)
    return _call(node, depth, build) if node.type == "call_expression" else UNKNOWN


def _template(node: Node, depth: int, build: BuildValues | None) -> object:
    """Put a template together of which every hole is known."""
    if sum(c.type == "template_substitution" for c in node.named_children) > _HOLES:
        return UNKNOWN
    parts = []
    for child in node.named_children:
        if child.type == "template_substitution":
            left = max(depth - _HOP, 0)
            value = production_value(child.named_children[0], left, build) if child.named_children else UNKNOWN
            if not isinstance(value, str) and type(value) is not int:
                return UNKNOWN
            parts.append(str(value))
        else:
            parts.append(js.text_of(child))
    return _bounded("".join(parts))


def _bounded(text: str) -> object:
    """Return a text, or UNKNOWN where it has grown beyond what a setting is."""
    return text if len(text) <= _TEXT else UNKNOWN


def _ternary(node: Node, depth: int, build: BuildValues | None) -> object:
    parts = [node.child_by_field_name(n) for n in ("condition", "consequence", "alternative")]
    if any(p is None for p in parts):
        return UNKNOWN
    condition, then, otherwise = (production_value(p, depth - 1, build) for p in parts if p is not None)
    if condition is UNKNOWN:
        return then if then == otherwise else UNKNOWN
    return then if condition else otherwise


def _binary(node: Node, depth: int, build: BuildValues | None) -> object:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = node.child_by_field_name("operator")
    if left is None or right is None or operator is None:
        return UNKNOWN
    sign = js.text_of(operator)
    if sign == "in":
        name = js.string_of(js.unwrap(left))
        found = _variable(right, name, build) if name else UNKNOWN
        return UNKNOWN if found is UNKNOWN else found is not None
    a, b = production_value(left, depth - 1, build), production_value(right, depth - 1, build)
    if sign == "&&":
        return (False if b is not UNKNOWN and not b else UNKNOWN) if a is UNKNOWN else b if a else a
    if sign == "||":
        return (OBJECT if b is not UNKNOWN and b else UNKNOWN) if a is UNKNOWN else a or b
    if sign == "??":
        return UNKNOWN if a is UNKNOWN else b if a is None else a
    if sign in ("===", "==", "!==", "!=") and (a is None or b is None) and UNKNOWN not in (a, b):
        return (a is None and b is None) is (sign[0] == "=")
    if UNKNOWN in (a, b) or OBJECT in (a, b):
        return UNKNOWN
    if sign in ("===", "=="):
        return a == b
    if sign in ("!==", "!="):
        return a != b
    return _bounded(a + b) if sign == "+" and isinstance(a, str) and isinstance(b, str) else UNKNOWN


def _identifier(node: Node, depth: int, build: BuildValues | None) -> object:
    name = js.text_of(node)
    if name == "undefined":
        return None
    bound = binding_of(node, name)
    if bound is None or bound.node is None:
        return UNKNOWN
    if bound.index is not None:
        return _argument(bound.node, bound.index, bound.key, depth, build)
    if bound.key is None:
        return OBJECT if bound.node.type in FUNCTIONS else production_value(bound.node, depth - 1, build)
    found = _entry(bound.node, bound.key, depth, build)
    return production_value(bound.default, depth - 1, build) if found is None and bound.default is not None else found


def _known(name: str, build: BuildValues | None) -> object:
    return build.mode if build is not None and name == "mode" else _ENVIRONMENT.get(name, UNKNOWN)


def _entry(source: Node, key: str, depth: int, build: BuildValues | None) -> object:
    """Return what an expression has under a key: what a config function is called with, a variable, or an object's own value."""
    if depth == 0:
        return UNKNOWN
    source = js.unwrap(source)
    bound = binding_of(source, js.text_of(source)) if source.type == "identifier" else None
    if bound is not None and bound.node is not None and bound.index is not None and bound.key is None:
        followed = build.given(bound.node, bound.index) if build is not None and build.given is not None else None
        if followed is not None:
            return UNKNOWN if isinstance(followed, _Unknown) else _of_call(followed, key, None, depth)
    if is_config_argument(source):
        return _known(key, build)
    value = _variable(source, key, build)
    if value is not UNKNOWN or source.type != "identifier":
        return value
    given = js.unwrap(bound.node) if bound is not None and bound.node is not None and bound.key is None else None
    if given is not None and given.type == "object" and not js.has_spread(given):
        found = [v for n, _, v in js.properties(given) if n == key]
        return production_value(found[-1], depth - 1, build) if len(found) == 1 else UNKNOWN
    return UNKNOWN


def is_config_argument(node: Node, depth: int = 4) -> bool:
    """Return whether a name is what the bundler calls a config function with: `{ mode, command }`; of webpack's the second."""
    if node.type != "identifier" or depth == 0:
        return False
    bound = binding_of(node, js.text_of(node))
    if bound is None or bound.node is None or bound.key is not None:
        return False
    if bound.index is None:
        return bound.node.id != node.id and is_config_argument(js.unwrap(bound.node), depth - 1)
    if is_configuration(bound.node):
        return True
    calls = calls_of(bound.node)
    given = [_at(call, bound.index) for call in (calls if len(calls) <= _CALLS else ())]
    return bool(given) and all(g is not None and is_config_argument(g, depth - 1) for g in given)


def _at(call: Node, index: int) -> Node | None:
    arguments = call.child_by_field_name("arguments")
    given = [a for a in arguments.named_children if a.type != "comment"] if arguments is not None else []
    return (
        js.unwrap(given[index]) if len(given) > index and not any(g.type == "spread_element" for g in given) else None
    )


def _argument(function: Node, index: int, key: str | None, depth: int, build: BuildValues | None) -> object:
    """Return a parameter's value: of a config function what the bundler gives it, else what all calls of the module agree on."""
    if depth <= _HOP:
        return UNKNOWN
    followed = build.given(function, index) if build is not None and build.given is not None else None
    if isinstance(followed, _Unknown):
        return UNKNOWN
    if followed is not None:
        return _of_call(followed, key, default_of(function, index, key) if key is not None else None, depth)
    if is_configuration(function):
        return OBJECT if key is None else _known(key, build)
    calls = calls_of(function)
    value: object = UNKNOWN
    for place, call in enumerate(calls if len(calls) <= _CALLS else ()):
        given, left = _at(call, index), depth - _HOP
        if given is None:
            return UNKNOWN
        one = production_value(given, left, build) if key is None else _key(given, key, left, build)
        if one is UNKNOWN or (place and not (type(one) is type(value) and one == value)):
            return UNKNOWN
        value = one
    return value


def _of_call(followed: tuple[Node, BuildValues], key: str | None, default: Node | None, depth: int) -> object:
    """Return what a call gives a parameter, or one key of it; `default` is what the pattern has for a key that is not given."""
    given, build, left = js.unwrap(followed[0]), followed[1], max(depth - _HOP, 0)
    if key is None:
        return production_value(given, left, build)
    if given.type == "object" and not js.has_spread(given) and all(n != key for n, _, _ in js.properties(given)):
        return production_value(default, left, build) if default is not None else None
    found = _key(given, key, left, build)
    return UNKNOWN if found is None and default is not None else found


def _key(given: Node, key: str, depth: int, build: BuildValues | None) -> object:
    if given.type != "object":
        return _entry(given, key, depth - 1, build)
    found = [v for n, _, v in js.properties(given) if n == key]
    return production_value(found[0], depth - 1, build) if len(found) == 1 and not js.has_spread(given) else UNKNOWN


def _variable(source: Node, name: str, build: BuildValues | None) -> object:
    """Return a variable of what may be the environment."""
    kind = environment_source(source)
    if kind is None:
        return UNKNOWN
    if build is None:
        return usual_variable(name, True)
    if kind == "public" and not name.startswith("VITE_"):
        return None
    return build.variable(name, kind != "process")


def usual_variable(name: str, _with_files: bool) -> object:
    """Return a variable of a production build of which nothing else is known."""
    if name == "NODE_ENV":
        return "production"
    if name == "VITEST":
        return None
    return "given" if "SENTRY" in name.upper() else UNKNOWN  # where maps are uploaded, Sentry's own are there


def _member(node: Node, depth: int, build: BuildValues | None) -> object:
    of = node.child_by_field_name("object")
    key = node.child_by_field_name("property") or node.child_by_field_name("index")
    if of is None or key is None:
        return UNKNOWN
    name = js.string_of(key) if node.type == "subscript_expression" else js.text_of(key)
    return _entry(of, name, depth, build) if name is not None else UNKNOWN


def _call(node: Node, depth: int, build: BuildValues | None) -> object:
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is None or arguments is None or arguments.type != "arguments":
        return UNKNOWN
    given = [a for a in arguments.named_children if a.type != "comment"]
    if not given or (function.type == "identifier" and binding_of(function, js.text_of(function)) is not None):
        return _plain_call(function, depth, build)
    if len(given) != 1:
        return UNKNOWN
    if js.text_of(function) in ("Boolean", "String", "JSON.parse"):
        value = production_value(given[0], depth - 1, build)
        if js.text_of(function) == "Boolean":
            return UNKNOWN if value is UNKNOWN else bool(value)
        if js.text_of(function) == "String":
            return value if isinstance(value, str) else UNKNOWN
        return {"true": True, "false": False}.get(value, UNKNOWN) if isinstance(value, str) else UNKNOWN
    if function.type != "member_expression":
        return UNKNOWN
    of, method = function.child_by_field_name("object"), function.child_by_field_name("property")
    if of is None or method is None:
        return UNKNOWN
    wanted = production_value(given[0], depth - 1, build)
    if not isinstance(wanted, str):
        return UNKNOWN
    name, of = js.text_of(method), js.unwrap(of)
    if name == "includes" and of.type == "array":
        values = [production_value(n, depth - 1, build) for n in of.named_children]
        return UNKNOWN if UNKNOWN in values else wanted in values
    value = production_value(of, depth - 1, build)
    if not isinstance(value, str):
        return UNKNOWN
    tests = {"includes": wanted in value, "startsWith": value.startswith(wanted), "endsWith": value.endswith(wanted)}
    return tests.get(name, UNKNOWN)


def _plain_call(function: Node, depth: int, build: BuildValues | None) -> object:
    """Follow `text.toLowerCase()`, or a call of a function of this file that only returns an expression."""
    if function.type == "member_expression":
        of, method = function.child_by_field_name("object"), function.child_by_field_name("property")
        value = production_value(of, depth - 1, build) if of is not None else UNKNOWN
        name = js.text_of(method) if method is not None else ""
        known: dict[str, Callable[[str], str]] = {
            "toLowerCase": str.lower,
            "toUpperCase": str.upper,
            "trim": str.strip,
            "toString": str,
        }
        return known[name](value) if name in known and isinstance(value, str) else UNKNOWN
    if function.type != "identifier":
        return UNKNOWN
    bound = binding_of(function, js.text_of(function))
    value = bound.node if bound is not None and bound.key is None and bound.index is None else None
    body = value.child_by_field_name("body") if value is not None and value.type in FUNCTIONS else None
    if body is None or value is None or any(c.type == "async" for c in value.children):
        return UNKNOWN
    if body.type != "statement_block":
        return production_value(body, depth - 1, build)
    first = body.named_children[0] if len(body.named_children) == 1 else None
    if first is not None and first.type == "return_statement" and first.named_children:
        return production_value(first.named_children[0], depth - 1, build)
    return UNKNOWN
