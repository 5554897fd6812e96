"""What an expression of a frontend's own code is in the bundle that is deployed; nothing is run.

`import.meta.env.DEV`, `.PROD`, `.MODE` and `.SSR`: https://vite.dev/guide/env-and-mode#built-in-constants; other bundlers replace
`process.env.NODE_ENV` likewise. A page of production is not opened at `localhost`.
"""

from __future__ import annotations

import re

from tree_sitter import Node

from checks.frontends.arguments import argument_of
from checks.frontends.commands import builder, commands, flag
from checks.frontends.configs import function_in, returned
from checks.frontends.names import sdk_part
from checks.frontends.places import Place
from checks.parsers import javascript as js
from checks.parsers.javascript_exports import exported
from checks.parsers.javascript_scopes import FUNCTIONS, parameter_of
from checks.parsers.javascript_values import OBJECT, UNKNOWN
from checks.repository.browser import resolve, script
from checks.repository.vite_builds import values_in_builds

_DEPTH = 14
_MOST = 40
_ASSIGNMENTS = ("assignment_expression", "augmented_assignment_expression")
_OF_THE_PAGE = frozenset({"window", "document", "navigator", "self", "globalThis", "location", "history"})


class _Host:
    """The host that the page is opened at: not known, and not this machine."""


HOST = _Host()


def _is_local(host: str) -> bool:
    """Return whether a host is a developer's machine."""
    names = ("localhost", "127.", "0.0.0.0", "[::1]", "192.168.", "10.")
    return host.startswith(names) or host.endswith((".local", ".test", ".localhost"))


def env_read(node: Node) -> tuple[str, str] | None:
    """Return `(origin, name)` of `import.meta.env.NAME` or `process.env.NAME`, also as a subscript, or None."""
    node = js.unwrap(node)
    if node.type == "member_expression":
        of, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        key = js.text_of(name) if name is not None else None
    elif node.type == "subscript_expression":
        of, name = node.child_by_field_name("object"), node.child_by_field_name("index")
        key = js.string_of(name)
    elif node.type == "shorthand_property_identifier_pattern":
        above = node.parent.parent if node.parent is not None else None
        of, key = above.child_by_field_name("value") if above is not None else None, js.text_of(node)
    else:
        return None
    origin = js.text_of(js.unwrap(of)) if of is not None and of.end_byte - of.start_byte < 40 else ""
    return (
        (origin.replace("?.", "."), key)
        if key and origin.replace("?.", ".") in ("import.meta.env", "process.env")
        else None
    )


_ROUTERS = frozenset({"@tanstack/react-router", "@tanstack/solid-router", "@tanstack/vue-router"})


def followed(place: Place, node: Node, depth: int = _DEPTH) -> tuple[Place, Node]:
    """Follow a name to what it is declared as, in any scope around it or in the module that it is imported from."""
    node = js.unwrap(node)
    for _ in range(depth):
        found = _declaration(place, node)
        if found is None:
            break
        place, node = found[0], js.unwrap(found[1])
    return place, node


def _declaration(place: Place, node: Node) -> tuple[Place, Node] | None:
    if node.type == "member_expression":
        return _of_object(place, node) if env_read(node) is None else None
    if node.type not in ("identifier", "shorthand_property_identifier"):
        return None
    name = js.text_of(node)
    root, current = node, node.parent
    while current is not None:
        root = current
        parameter = parameter_of(current, name) if current.type in FUNCTIONS else None
        if parameter is not None:
            return argument_of(place, current, *parameter)
        if current.type in ("statement_block", "program"):
            value = js.declared(current, name) or _never_changed(current, name) or function_in(current, name)
            if value is not None and not value.start_byte <= node.start_byte < value.end_byte:
                return place, value
            taken = _taken_apart(current, name)
            if taken is not None:
                return place, taken
        current = current.parent
    for module, names, _ in js.imports(root):
        path = resolve(place.facts, place.frontend, place.path, module) if name in names else None
        tree = script(place.facts, path) if path else None
        if path and isinstance(tree, Node) and names[name] != "*":
            given = exported(tree, names[name])
            if given is not None:
                return place.at(path), given
    return None


def _never_changed(scope: Node, name: str) -> Node | None:
    """Return the value of `let name = …` of a block, where nothing of the module assigns to that name again."""
    found = [
        d.child_by_field_name("value")
        for s in scope.named_children
        if s.type in ("lexical_declaration", "variable_declaration")
        for d in s.named_children
        if (target := d.child_by_field_name("name")) is not None and js.text_of(target) == name
    ]
    if len(found) != 1 or found[0] is None:
        return None
    root = scope
    while root.parent is not None:
        root = root.parent
    return None if name in _reassigned(root) else found[0]


def _reassigned(root: Node) -> frozenset[str]:
    """Return the names that a module assigns to, in whatever way."""
    found = set[str]()
    for node in js.descend(root):
        if node.type in _ASSIGNMENTS or node.type == "for_in_statement":
            left = node.child_by_field_name("left")
            found |= {js.text_of(n) for n in js.descend(left) if not n.children} if left is not None else set()
        elif node.type == "update_expression":
            found |= {js.text_of(n) for n in js.descend(node) if not n.children}
    return frozenset(found)


def _of_object(place: Place, node: Node) -> tuple[Place, Node] | None:
    """Follow `config.dsn` into the object that `config` is."""
    of, name = node.child_by_field_name("object"), node.child_by_field_name("property")
    if of is None or name is None or of.type not in ("identifier", "member_expression"):
        return None
    there, owner = followed(place, of, 6)
    if owner.type != "object":
        return None
    key = js.text_of(name)
    if f"{js.text_of(of)}.{key}" in _assigned(place) or any(a.endswith(f".{key}") for a in _assigned(there, place)):
        return None
    found = [v for n, _, v in js.properties(owner) if n == key]
    return (there, found[-1]) if found and found[-1].type != "method_definition" else None


def _assigned(place: Place, but: Place | None = None) -> frozenset[str]:
    """Return the members that a module assigns to (`config.enabled`); of one that is another place's too, none."""
    if but is not None and but.path == place.path:
        return frozenset()

    def compute() -> frozenset[str]:
        tree = script(place.facts, place.path)
        nodes = js.descend(tree) if isinstance(tree, Node) else iter(())
        left = (n.child_by_field_name("left") for n in nodes if n.type in _ASSIGNMENTS)
        return frozenset(js.text_of(n) for n in left if n is not None and n.type == "member_expression")

    return place.facts.memoize(_assigned, place.path, compute)


def _taken_apart(scope: Node, name: str) -> Node | None:
    """Return the pattern's key as a read of the environment: `const { VITE_DSN } = import.meta.env`."""
    for statement in scope.named_children:
        for declarator in statement.named_children if statement.type == "lexical_declaration" else ():
            pattern = declarator.child_by_field_name("name")
            if pattern is not None and pattern.type == "object_pattern":
                for part in pattern.named_children:
                    if part.type == "shorthand_property_identifier_pattern" and js.text_of(part) == name:
                        return part
    return None


def value_of(place: Place, node: Node, depth: int = _DEPTH) -> object:
    """Return a text, number, boolean, None (`undefined`, `null`), `OBJECT`, `HOST`, or `UNKNOWN`."""
    if depth == 0:
        return UNKNOWN
    place, node = followed(place, node)
    kind, text = node.type, js.text_of(node) if node.end_byte - node.start_byte < 200 else ""
    if kind in ("string", "template_string"):
        plain = js.string_of(node)
        return UNKNOWN if plain is None else plain
    if kind in ("true", "false"):
        return kind == "true"
    if kind in ("null", "undefined") or text in ("undefined", "import.meta.hot"):
        return None
    if kind == "number":
        return float(text) if text.replace(".", "", 1).isdecimal() else UNKNOWN
    if kind in ("object", "array", "regex", "new_expression", *FUNCTIONS):
        return OBJECT
    read = env_name(place, node)
    if read is not None:
        return _environment(place, *read)
    if re.fullmatch(r"((window|document|self|globalThis)\??\.)*location\??\.(host|hostname|origin|href)", text):
        return HOST
    if kind == "identifier":
        return OBJECT if text in _OF_THE_PAGE else _named_dsn(text)
    if kind == "member_expression" and _is_server_of_router(place, node):
        return False
    if kind in ("member_expression", "shorthand_property_identifier_pattern", "shorthand_property_identifier"):
        return _named_dsn(text)
    if kind == "unary_expression":
        return _unary(place, node, depth)
    if kind == "ternary_expression":
        return _ternary(place, node, depth)
    if kind == "binary_expression":
        return _binary(place, node, depth)
    return _call(place, node, depth) if kind == "call_expression" else UNKNOWN


def _is_server_of_router(place: Place, node: Node) -> bool:
    """Return whether an expression is `router.isServer` of a router of TanStack's, which is false in the browser.

    https://tanstack.com/router/latest/docs/framework/react/api/router/RouterOptionsType#isserver-property
    """
    of, name = node.child_by_field_name("object"), node.child_by_field_name("property")
    if of is None or name is None or js.text_of(name) != "isServer":
        return False
    there, made = followed(place, of)
    function, arguments = made.child_by_field_name("function"), made.child_by_field_name("arguments")
    tree = script(there.facts, there.path)
    if made.type != "call_expression" or function is None or arguments is None or not isinstance(tree, Node):
        return False
    known = {n for m, names, _ in js.imports(tree) if m in _ROUTERS for n, i in names.items() if i == "createRouter"}
    given = [js.unwrap(a) for a in arguments.named_children if a.type != "comment"]
    plain = len(given) == 1 and given[0].type == "object" and not js.has_spread(given[0])
    return js.text_of(function) in known and plain and all(k != "isServer" for k, _, _ in js.properties(given[0]))


def _named_dsn(text: str) -> object:
    """A DSN is given: whether it is, `frontend-dsn-configured` decides."""
    return "given" if "dsn" in text.rpartition(".")[2].lower() else UNKNOWN


def _environment(place: Place, origin: str, name: str) -> object:
    modes = [
        m for s in place.frontend.scripts.values() for w in commands(s) if builder(w) and (m := flag(w, "--mode", "-m"))
    ]
    mode = modes[0] if len(set(modes)) == 1 else "production"
    built_in = {"DEV": False, "PROD": True, "SSR": False, "MODE": mode} if origin == "import.meta.env" else {}
    built_in |= {"NODE_ENV": "production"}
    if name in built_in:
        return built_in[name]
    if "DSN" in name:
        return "given"
    found = set(map(_known, values_in_builds(place.facts, place.frontend, name)))
    return found.pop() if len(found) == 1 else UNKNOWN


def _known(value: object) -> object:
    """Return a variable's value; of one that is set elsewhere nothing is known here."""
    return value if value is None or isinstance(value, str) else UNKNOWN


def env_name(place: Place, node: Node) -> tuple[str, str] | None:
    """Return `(origin, name)` of a variable that an expression reads: itself, or by a function that is given the name."""
    found = env_read(node)
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if found is not None or node.type != "call_expression" or function is None or arguments is None:
        return found
    given = [a for a in arguments.named_children if a.type != "comment"]
    name = js.string_of(given[0]) if given else None
    _, body = followed(place, function)
    results = returned(body) if name and body.type in FUNCTIONS else []
    while len(results) == 1 and results[0].type == "binary_expression":
        results = results[0].named_children[:1]
    read = js.unwrap(results[0]) if len(results) == 1 else None
    index = read.child_by_field_name("index") if read is not None and read.type == "subscript_expression" else None
    of = read.child_by_field_name("object") if read is not None and index is not None else None
    origin = js.text_of(of).replace("?.", ".") if of is not None else ""
    if name and index is not None and origin in ("import.meta.env", "process.env"):
        return (origin, name) if parameter_of(body, js.text_of(index)) == (0, None) else None
    return None


def tracing_call(place: Place, options: Node) -> bool:
    """Return whether options of `init` create an integration that traces pages, also in a list or function that they name."""
    waiting, seen = [(place, options)], set[int]()
    while waiting and len(seen) < _MOST:
        place, node = waiting.pop()
        if node.id in seen:
            continue
        seen.add(node.id)
        for inner in js.descend(node):
            function = inner.child_by_field_name("function") if inner.type == "call_expression" else None
            made = inner.child_by_field_name("constructor") if inner.type == "new_expression" else None
            name = js.text_of(function or made).rpartition(".")[2] if function is not None or made is not None else ""  # type: ignore[arg-type]
            if name.endswith(("TracingIntegration", "BrowserTracing")):
                return True
            if inner.type in ("identifier", "shorthand_property_identifier"):
                there, found = followed(place, inner)
                if found.id != inner.id and found.type in ("array", "call_expression", "new_expression", *FUNCTIONS):
                    waiting.append((there, found))
    return False


def _unary(place: Place, node: Node, depth: int) -> object:
    operator, argument = js.text_of(node.children[0]), node.children[-1]
    if operator == "typeof":
        name = js.text_of(js.unwrap(argument))
        return "object" if name in _OF_THE_PAGE else UNKNOWN
    value = value_of(place, argument, depth - 1)
    return not value if operator == "!" and value is not UNKNOWN else UNKNOWN


def _ternary(place: Place, node: Node, depth: int) -> object:
    parts = [node.child_by_field_name(n) for n in ("condition", "consequence", "alternative")]
    if any(p is None for p in parts):
        return UNKNOWN
    condition, then, otherwise = (value_of(place, p, depth - 1) for p in parts if p is not None)
    if condition is UNKNOWN:
        return then if then == otherwise else UNKNOWN
    return then if condition else otherwise


def _binary(place: Place, node: Node, depth: int) -> object:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = node.child_by_field_name("operator")
    if left is None or right is None or operator is None:
        return UNKNOWN
    a, b, sign = value_of(place, left, depth - 1), value_of(place, right, depth - 1), js.text_of(operator)
    if sign == "&&":
        return (False if b is not UNKNOWN and not b else UNKNOWN) if a is UNKNOWN else b if a else a
    if sign == "||":
        return (True if b is not UNKNOWN and b else UNKNOWN) if a is UNKNOWN else a or b
    if sign == "??":
        return UNKNOWN if a is UNKNOWN else b if a is None else a
    equal: object = UNKNOWN
    if HOST in (a, b):
        other = b if a is HOST else a
        equal = False if isinstance(other, str) and _is_local(re.sub(r"^https?://", "", other)) else UNKNOWN
    elif UNKNOWN not in (a, b) and OBJECT not in (a, b) and "given" not in (a, b):
        equal = a == b
    elif "given" in (a, b) and (a in ("", None) or b in ("", None)):
        equal = False
    if sign in ("===", "=="):
        return equal
    return not equal if sign in ("!==", "!=") and equal is not UNKNOWN else UNKNOWN


def _call(place: Place, node: Node, depth: int) -> object:
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is None or arguments is None:
        return UNKNOWN
    given = [a for a in arguments.named_children if a.type != "comment"]
    name = js.text_of(function) if function.end_byte - function.start_byte < 80 else ""
    if name.endswith(("isInitialized", "isEnabled", "getClient")) and not given and sdk_part(function) is not None:
        return False  # of the SDK, before it is initialized
    if name in ("Boolean", "String") and len(given) == 1:
        value = value_of(place, given[0], depth - 1)
        return UNKNOWN if value is UNKNOWN else bool(value) if name == "Boolean" else value
    of = function.child_by_field_name("object") if function.type == "member_expression" else None
    method = function.child_by_field_name("property") if function.type == "member_expression" else None
    if of is None or method is None:
        there, body = followed(place, function)
        inner = body.child_by_field_name("body") if body.type == "arrow_function" and not given else None
        return value_of(there, inner, depth - 1) if inner is not None and inner.type != "statement_block" else UNKNOWN
    if js.text_of(method) in ("trim", "toLowerCase", "toString") and not given:
        return value_of(place, of, depth - 1)
    wanted = value_of(place, given[0], depth - 1) if len(given) == 1 else UNKNOWN
    if js.text_of(method) == "includes" and js.unwrap(followed(place, of)[1]).type == "array":
        listed = [value_of(place, n, depth - 1) for n in followed(place, of)[1].named_children]
        if wanted is HOST:
            return False if all(isinstance(v, str) and _is_local(v) for v in listed) else UNKNOWN
        return UNKNOWN if UNKNOWN in listed or wanted is UNKNOWN else wanted in listed
    value = value_of(place, of, depth - 1)
    if value is HOST and isinstance(wanted, str):
        return False if _is_local(wanted) else UNKNOWN
    if not isinstance(value, str) or not isinstance(wanted, str) or value == "given":
        return UNKNOWN
    tests = {"includes": wanted in value, "startsWith": value.startswith(wanted), "endsWith": value.endswith(wanted)}
    return tests.get(js.text_of(method), UNKNOWN)
