"""A DSN that the bundler puts into the code: by `define` of a Vite config, decided with the values of each deployed build."""

from __future__ import annotations

import json

from tree_sitter import Node

from checks.frontends.places import Place
from checks.model import Finding, Verdict, failed, in_repository, passed, unknown
from checks.parsers import javascript as js
from checks.parsers.javascript_values import UNKNOWN, production_value
from checks.parsers.text import ParseError
from checks.parsers.vite_objects import Reader, may_hold, resolve
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
    """Decide where `define` replaces an expression of the code (https://vite.dev/config/shared-options.html#define); else None."""
    target, name = frontend.target, js.text_of(node)
    if node.type not in ("identifier", "member_expression") or frontend.bundler != "vite":
        return None
    evidence = [in_repository(f"`{name}` is read", place.path, js.line_of(node))]
    doubt: Verdict | None = None
    for made in vite_builds(facts, frontend):
        defined = _defined(facts, made, name)
        if defined is None:
            return None
        value, line, missing = _value(made, defined)
        if value is UNKNOWN or (value is None and made.build is None):
            doubt = unknown(
                f"`define` gives `{name}` a value that is not known here",
                path=made.config,
                line=line,
                hint="set it from a variable of the step that builds",
                target=target,
            )
        elif not value or (isinstance(value, str) and not is_dsn(value)):
            what = f"nothing sets `{missing}` in its build" if missing else "it is no DSN"
            finding = Finding(
                message=f"`define` gives `{name}` no DSN: {what}", path=made.config, line=line, hint="set it there"
            )
            return failed(finding, evidence=evidence, target=target)
        evidence.append(in_repository(f"`define` gives `{name}` its value", made.config, line))
    return doubt or passed(*evidence, target=target)


def _defined(facts: Facts, made: ViteBuild, name: str) -> Node | None:
    """Return what a build's config defines for an expression, through constants."""
    config = config_of(facts, made)
    if config is None or isinstance(config, ParseError) or config.chosen is None:
        return None
    define = Reader(config.root, may_hold).lookup(config.chosen.node, "define")
    literal = resolve(define, config.root) if isinstance(define, Node) else None
    if literal is None or literal.type != "object":
        return None
    return next((v for n, _, v in js.properties(literal) if n.strip("\"'") == name), None)


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
