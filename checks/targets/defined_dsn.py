"""A DSN that the bundler puts into the code: by `define` of a Vite config, decided with the values of each deployed build."""

from __future__ import annotations

import json

from tree_sitter import Node

from checks.frontends.defines import defining_objects
from checks.frontends.places import Place
from checks.frontends.uploaders import configs
from checks.model import Finding, Verdict, failed, in_repository, passed, unknown
from checks.parsers import javascript as js
from checks.parsers.javascript_environment import environment_source
from checks.parsers.javascript_values import UNKNOWN, production_value
from checks.parsers.text import ParseError
from checks.parsers.vite_objects import Reader, UnresolvedSource, assume_may_define, resolve
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.vite_builds import ViteBuild, config_of, vite_builds
from checks.sentry_api.dsn import is_placeholder, parse_dsn


def is_dsn(value: object) -> bool:
    """Return whether a value is a DSN that is no placeholder."""
    try:
        return isinstance(value, str) and not is_placeholder(value) and bool(parse_dsn(value))
    except ValueError:
        return False


def decide_define(facts: Facts, frontend: Frontend, place: Place, node: Node) -> Verdict | None:
    """Decide where the bundler replaces an expression of the code, by `define` or webpack's DefinePlugin; else None.

    https://vite.dev/config/shared-options.html#define, https://webpack.js.org/plugins/define-plugin/
    """
    target, name = frontend.target, js.text_of(node)
    if node.type not in ("identifier", "member_expression"):
        return None
    evidence = [in_repository(f"`{name}` is read", place.path, js.line_of(node))]
    uncertainty: Verdict | None = None
    for made in vite_builds(facts, frontend):
        found = defined_as(facts, frontend, made, name)
        if found is None:
            return None
        path, defined = found
        value, line, missing = _value(made, defined)
        if value is UNKNOWN or (value is None and made.build is None):
            uncertainty = unknown(
                f"`define` gives `{name}` a value that is not known here",
                path=path,
                line=line,
                hint="set it from a variable of the step that builds",
                target=target,
            )
        elif not value or (isinstance(value, str) and not is_dsn(value)):
            what = f"nothing sets `{missing}` in its build" if missing else "its value is not a DSN"
            finding = Finding(
                message=f"`define` gives `{name}` no DSN: {what}", path=path, line=line, hint="set it there"
            )
            return failed(finding, evidence=evidence, target=target)
        evidence.append(in_repository(f"`define` gives `{name}` its value", path, line))
    return uncertainty or passed(*evidence, target=target)


def defined_as(facts: Facts, frontend: Frontend, made: ViteBuild, name: str) -> tuple[str, Node] | None:
    """Return what a build's config defines for an expression, through constants, with the config's path."""
    if frontend.bundler != "vite":
        given = [(path, o) for path, root in configs(facts, frontend) for o in defining_objects(root)]
        found = ((path, _key(o, name)) for path, o in given)
        return next(((path, v) for path, v in found if v is not None), None)
    config = config_of(facts, made)
    if config is None or isinstance(config, ParseError) or config.chosen is None:
        return None
    define = Reader(config.root, assume_may_define, shared=config.shared).lookup(config.chosen.node, "define")
    literal = resolve(define, config.root) if isinstance(define, Node) else None
    value = _key(literal, name) if literal is not None and literal.type == "object" else None
    return (made.config, value) if value is not None else None


def _key(literal: Node, name: str) -> Node | None:
    """Return the value of a key that spells an expression, also of `process.env` as an object of its own."""
    pairs = {n.strip("\"'"): v for n, _, v in js.properties(literal)}
    owner, _, last = name.rpartition(".")
    if name in pairs:
        return pairs[name]
    inner = js.unwrap(pairs[owner]) if owner in pairs else None
    if inner is not None and inner.type == "object":
        return next((v for n, _, v in js.properties(inner) if n.strip("\"'") == last), None)
    return None


def hands_out(facts: Facts, frontend: Frontend, origin: str, name: str) -> bool | None:
    """Return whether `define` gives the code a variable as part of a whole environment; None where that cannot be determined."""
    states: list[bool | None] = []
    for made in vite_builds(facts, frontend):
        config = config_of(facts, made)
        if config is None or isinstance(config, ParseError) or config.chosen is None:
            states.append(None if config is not None else False)
            continue
        define = Reader(config.root, assume_may_define, shared=config.shared).lookup(config.chosen.node, "define")
        states.append(False if define is None else _whole(config.root, define, origin, name))
    return False if False in states else None if None in states or not states else True


def _whole(root: Node, define: Node | UnresolvedSource, origin: str, name: str) -> bool | None:
    literal = resolve(define, root) if isinstance(define, Node) else None
    if literal is None or literal.type != "object":
        return None
    found = next((v for n, _, v in js.properties(literal) if n == origin), None)
    if found is not None:
        kind = environment_source(_written(found, root))
        return True if kind in ("process", "all") else name.startswith("VITE_") if kind == "public" else None
    computed = any(n.startswith(("[", "`")) for n, _, _ in js.properties(literal))
    return None if computed or js.has_spread(literal) else False


def _written(value: Node, root: Node) -> Node:
    """Return what `JSON.stringify` is given, else the expression itself."""
    node = resolve(value, root)
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is not None and arguments is not None and js.text_of(function) == "JSON.stringify":
        return arguments.named_children[0] if arguments.named_children else node
    return node


def _value(made: ViteBuild, defined: Node) -> tuple[object, int, str]:
    """Return what a definition puts into the code, its line, and the first variable that it reads and nothing sets."""
    made.unset.clear()
    function, arguments = defined.child_by_field_name("function"), defined.child_by_field_name("arguments")
    if function is not None and arguments is not None and js.text_of(function) == "JSON.stringify":
        inner = arguments.named_children[0] if arguments.named_children else defined
        value = production_value(inner, build=made.values)
    else:
        value = production_value(defined, build=made.values)
        try:
            value = json.loads(value) if isinstance(value, str) else value
        except ValueError:
            value = UNKNOWN
    missing = made.unset[0] if made.unset else ""
    made.unset.clear()
    return value, js.line_of(defined), missing
